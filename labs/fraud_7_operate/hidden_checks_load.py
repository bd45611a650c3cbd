"""Hold load tests and plans to servers that nobody has seen."""

import hidden_answers
import numpy as np
import server
from asking import INF

from autograder.checks import Run, check, expect, prepared

bears, best = prepared(hidden_answers.bears), prepared(hidden_answers.best)

SERVERS = 0x51D7_CE0B_8F26_A394_7E1C_D0B8
LOGS = 0x0D98_5B3F_E672_1CA4_B9F7_3E56
TOLD = (11, 5)  # seconds of a test, and how many of them warm it up
OBJECTIVE = 0.15


@check(
    "load",
    points=1,
    feedback="Who was due before the warm-up ended, and how long did a lost request take?",
)
def counts_what_was_lost_and_not_what_was_cold(run: Run) -> None:
    rng = np.random.default_rng(LOGS + run.parameters["seed"])
    due = np.sort(rng.uniform(0, 30, 701))
    sent = due + rng.exponential(0.05, 701)
    done = sent + rng.exponential(0.1, 701) + np.where(due < 5, 2.0, 0.0)
    done[rng.random(701) < 0.03] = np.nan
    for warmup in (5.0, 0.0, 12.25):
        kept = due >= warmup
        latency = np.sort(np.nan_to_num(done - due, nan=INF)[kept])
        what = f"summarise(701 requests, {warmup})"
        got = expect(run.call("summarise", {"due": due, "sent": sent, "done": done}, warmup), what)
        got.to_be_a(dict).at("requests").to_equal(int(kept.sum()))
        got.at("lost").to_equal(int(np.isnan(done[kept]).sum()))
        for percent in (50, 95, 99):
            rank = int(np.ceil(round(percent * len(latency) / 100, 6)))
            got.at(f"p{percent}").to_equal(float(latency[rank - 1]), tol=1e-9)
    got = run.call("summarise", {"due": due, "sent": sent, "done": done}, 31.0)
    nothing = {"requests": 0, "lost": 0, "p50": None, "p95": None, "p99": None}
    expect(got, "summarise(nothing after the warm-up)").to_equal(nothing)


@check(
    "load",
    points=2,
    feedback="On its schedule, without the warm-up, and a lost request is the slowest of all.",
)
def finds_the_highest_rate(run: Run) -> None:
    service = server.make_service(SERVERS + run.parameters["seed"])
    hasty = {**service, "patience": 0.12}
    for told, setting, rates in (
        (service, {"workers": 1, "batch": 1, "wait": 0.0}, list(range(20, 200, 10))),
        (service, {"workers": 2, "batch": 4, "wait": 0.01}, list(range(100, 700, 25))),
        # It drops what has waited for long: the answers that do come are quick at any rate.
        (hasty, {"workers": 1, "batch": 1, "wait": 0.0}, list(range(20, 300, 10))),
    ):
        due = bears(told, setting, rates, OBJECTIVE, TOLD)
        got = run.call("highest_rate", told, setting, rates, OBJECTIVE, *TOLD)
        expect(got, f"highest_rate(…, {setting}, patience {told['patience']})").to_equal(due)


@check("tune", points=1, feedback="Draw the measurements: are some of them far above the rest?")
def disturbed_measurements_do_not_tilt_it(run: Run) -> None:
    service = server.make_service(SERVERS + 1 + run.parameters["seed"])
    sizes, seconds = server.measured(service, SERVERS + 2 + run.parameters["seed"])
    got = expect(run.call("fit_service", sizes, seconds), "fit_service(150 measurements)")
    for size in (1, 8, 32):
        told = got.at("fixed").to_be_a(float).value + size * got.at("row").to_be_a(float).value
        true = service["fixed"] + size * service["row"]
        expect(
            told / true, f"your seconds for a batch of {size}, over the true ones"
        ).to_be_between(0.95, 1.05)


@check(
    "tune",
    points=2,
    feedback="Fewest workers first, then the smallest p95. Is the headroom that of your choice?",
)
def chooses_what_holds_and_costs_least(run: Run) -> None:
    service = server.make_service(SERVERS + 3 + run.parameters["seed"])
    choices = {"workers": [1, 2, 3], "batch": [1, 4, 16], "wait": [0.0, 0.01, 0.05]}
    rates = list(range(100, 1300, 100))
    for rate, some in (
        (150, {**choices, "workers": [1, 2]}),
        (300, {**choices, "wait": [0.05, 0.0]}),
        (700, {**choices, "batch": [4, 16]}),
        (1500, {**choices, "workers": [1]}),
    ):
        due = best(service, rate, some, rates, OBJECTIVE, TOLD)
        got = run.call("plan", service, rate, some, rates, OBJECTIVE, *TOLD)
        expect(got, f"plan(…, {rate} a second, …)").to_equal(due, tol=1e-9)
