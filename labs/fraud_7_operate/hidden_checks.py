"""The checks that learners never see; their seeds of 96 random bits are too many to try."""

import itertools

import hidden_answers
import numpy as np
import pandas as pd
import traffic
from asking import BEGIN, INF, bounds_of, event, scraped

from autograder.checks import Run, check, expect, prepared

states_due = prepared(hidden_answers.states)

EVENTS = 0x7F41_09C3_5E8B_D26A_91F0_44B7
FLEET = 0xB8E2_6D15_0A9C_F347_C1D8_5560
WEEK = 0x3CA9_F80E_7712_64DB_05BE_9A13
RULES = [(14.4, 60, 5, "page"), (6.0, 360, 30, "page"), (1.0, 4320, 360, "ticket")]


@check("export", points=1, feedback="Is the objective a bound, and are there bounds around it?")
def has_bounds_around_the_objective(run: Run) -> None:
    for objective in (0.15, 0.08, 1.2):
        what = f"the bounds for an objective of {objective} s"
        events = [event(0, 41), event(9, 3000)]
        got = scraped(run.call("exposition", events, objective, float(BEGIN), {}), "exposition(…)")
        counts = bounds_of(got)
        expect(counts.get(INF), f"{what}: all events").to_equal(2.0)
        finite = sorted(bound for bound in counts if bound < INF)
        expect(len(finite), f"{what}: how many are finite").to_be_between(4, 20.3)
        near = any(abs(bound - objective) < 1e-9 for bound in finite)
        expect(near, what).to_be_true("the objective must be one of them")
        expect(finite[-1] >= 20 * objective - 1e-9, what).to_be_true("the last is 20 times it")
        low = finite[0] <= objective / 4 + 1e-9
        expect(low, what).to_be_true("one is at most a quarter of the objective")
        coarse = [
            (one, two)
            for one, two in itertools.pairwise(finite)
            if two > objective / 4 + 1e-9 and one < 4 * objective - 1e-9 and two > 2 * one + 1e-9
        ]
        expect(coarse, f"{what}: neighbours too far apart").to_equal([])


@check(
    "export",
    points=1,
    feedback="How many series do a thousand cards and all their errors make? And is every payment "
    "counted once, in one of them?",
)
def labels_take_few_values(run: Run) -> None:
    events = traffic.events(EVENTS + run.parameters["seed"], 500)
    got = scraped(run.call("exposition", events, 0.15, float(BEGIN), {}), "exposition(…)")
    reasons = [None if one["error"] is None else one["error"].partition(":")[0] for one in events]
    due = {
        ("fraud_decisions_total", (("alert", name),)): float(
            sum(one["error"] is None and one["alert"] is flag for one in events)
        )
        for name, flag in (("yes", True), ("no", False))
    }
    named = ("schema", "features", "model")
    for reason in named:
        key = ("fraud_dead_letters_total", (("reason", reason),))
        due[key] = float(reasons.count(reason))
    others = sum(one is not None and one not in named for one in reasons)
    due[("fraud_dead_letters_total", (("reason", "other"),))] = float(others)
    asked = {name for name, _ in due}
    counters = {key: value for key, value in got.items() if key[0] in asked}
    shown = sorted(f"{name} {dict(labels)}" for name, labels in counters)
    expect(shown, "the series of the counters").to_equal(
        sorted(f"{name} {dict(labels)}" for name, labels in due)
    )
    for key, value in due.items():
        expect(counters[key], f"{key[0]} {dict(key[1])}").to_equal(value)


@check("export", points=1, feedback="What does a scrape show before the first event?")
def shows_zeros_before_the_first_event(run: Run) -> None:
    got = scraped(run.call("exposition", [], 0.15, BEGIN + 7.0, {}), "exposition(no events)")
    for name, label, values in (
        ("fraud_decisions_total", "alert", ("yes", "no")),
        ("fraud_dead_letters_total", "reason", traffic.REASONS),
    ):
        for value in values:
            found = got.get((name, ((label, value),)))
            expect(found, f'{name}{{{label}="{value}"}} at first').to_equal(0.0)
    expect(got.get(("fraud_decision_seconds_count", ())), "the count at first").to_equal(0.0)
    newest = got.get(("fraud_newest_payment_timestamp_seconds", ()))
    expect(newest, "the newest payment at first").to_equal(BEGIN + 7.0, tol=1e-12)


@check(
    "export",
    points=1,
    feedback="Which payment is the newest: the one done last, or another? And do two calls differ?",
)
def gauges_say_how_it_is_now(run: Run) -> None:
    events = [event(500, 40), event(9_000, 20, None, "model: slow"), event(700, 90_000)]
    for waiting in ({0: 5, 1: 0}, {0: 2, 1: 9, 2: 1}):
        text = run.call("exposition", events, 0.15, BEGIN + 60.0, waiting)
        got = scraped(text, "exposition(three events)")
        newest = got.get(("fraud_newest_payment_timestamp_seconds", ()))
        expect(newest, "the newest payment").to_equal(BEGIN + 9.0, tol=1e-13)
        shown = {
            int(dict(labels)["partition"]): value
            for (name, labels), value in got.items()
            if name == "fraud_payments_waiting" and "partition" in dict(labels)
        }
        expect(shown, "fraud_payments_waiting by partition").to_equal(waiting)
        count = got.get(("fraud_decision_seconds_count", ()))
        expect(count, "the count, however often it was called").to_equal(2.0)


@check("quantile", points=1, feedback="Which samples belong to a window, and what if none does?")
def windows_hold_both_their_ends(run: Run) -> None:
    rng = np.random.default_rng(FLEET + run.parameters["seed"])
    values = rng.integers(1, 50, 40).cumsum().astype(float)
    for restart in (9, 10, 30):
        values[restart:] -= values[restart] - rng.integers(0, 3)
    samples = [(60.0 * place, float(value)) for place, value in enumerate(values)]
    for start, end in ((0, 2340), (540, 1800), (601, 660), (1790, 1870), (601, 659), (0, 1e9)):
        due = hidden_answers.grown(samples, start, end)
        got = run.call("increase", samples, start, end)
        expect(got, f"increase(40 samples, {start}, {end})").to_equal(due, tol=1e-9)


@check(
    "quantile",
    points=2,
    feedback="Grow each counter first, add up the instances then, and ask for the quantile last.",
)
def asks_the_fleet_as_a_whole(run: Run) -> None:
    found = traffic.series(FLEET + run.parameters["seed"])
    fleet = traffic.fleet_buckets(found, "fraud-scorer")
    # A third instance has just been started: it has one sample, and nothing can be said of it.
    fleet["new"] = {bound: [(BEGIN + 5340, 1e6)] for bound in fleet["a:9000"]}
    for q, start, end in ((0.95, 0, 90), (0.5, 20, 30), (0.99, 40, 90), (0.9, 60, 61)):
        window = (BEGIN + 60 * start, BEGIN + 60 * end)
        due = hidden_answers.fleet(q, fleet, *window)
        got = run.call("fleet_quantile", q, fleet, *window)
        expect(got, f"fleet_quantile({q}, minutes {start} to {end})").to_equal(due, tol=1e-9)
    got = run.call("fleet_quantile", 0.5, fleet, BEGIN + 1, BEGIN + 2)
    expect(got, "fleet_quantile(a window without samples)").to_equal(None)


@check("burn", points=1, feedback="What if minutes are missing: at the beginning, in the middle?")
def half_of_a_window_must_be_known(run: Run) -> None:
    rng = np.random.default_rng(WEEK + run.parameters["seed"])
    total = rng.poisson(1.2, 600).astype(float)
    bad = rng.binomial(total.astype(int), 0.2).astype(float)
    missing = rng.random(600) < np.where(np.arange(600) < 300, 0.1, 0.55)
    bad[missing], total[missing] = np.nan, np.nan
    for minutes in (5, 12, 61):
        got, after = run.inspect("burn_rates", bad, total, minutes, 0.97)
        due = hidden_answers.burns(bad, total, minutes, 0.97)
        expect(got, f"burn_rates(600 minutes, {minutes}, 0.97)").to_equal(due, tol=1e-9)
        expect(after, "the arguments afterwards").at(0).to_equal(bad)
        expect(after, "the arguments afterwards").at(1).to_equal(total)


@check(
    "burn",
    points=2,
    feedback="Look at the quiet nights, at the hour nobody could scrape, and at when a page ends.",
)
def calls_somebody_when_it_matters(run: Run) -> None:
    week = traffic.bad_week(WEEK + run.parameters["seed"])
    for rules, least, silent in ((RULES, 5, 10), ([(4.0, 45, 9, "ticket")], 12, 4)):
        due = states_due(week, 0.99, rules, least, silent)
        args = (week["bad"], week["total"], 0.99, rules, least, silent)
        got = expect(run.call("alert_states", *args), "alert_states(a bad week, …)")
        got.to_be_a(list, np.ndarray).to_have_length(len(due))
        shown = list(got.value)
        wrong = [at for at, (one, two) in enumerate(zip(shown, due, strict=True)) if one != two]
        first = f"{shown[wrong[0]]!r} at minute {wrong[0]}" if wrong else "nothing"
        expect(not wrong, "alert_states(a bad week, …)").to_be_true(
            f"{len(wrong)} of {len(due)} minutes are wrong, the first: {first}"
        )


@check("burn", points=1, feedback="Two states may follow each other without an ok between them.")
def tells_the_episodes(run: Run) -> None:
    rng = np.random.default_rng(WEEK + 1 + run.parameters["seed"])
    names = np.array(["ok", "page", "no data", "ticket"])
    states = np.repeat(names[rng.integers(0, 4, 60)], rng.integers(1, 6, 60)).tolist()
    for some in (states, ["page", "page"], ["ok"], []):
        got = run.call("episodes", some)
        due = hidden_answers.stretches(some) if some else []
        expect(got, f"episodes({len(some)} states)").to_equal(due)


@check("burn", points=1, feedback="Sums over all known minutes, then one division.")
def budget_of_a_whole_week(run: Run) -> None:
    week = traffic.bad_week(WEEK + 2 + run.parameters["seed"])
    frame = pd.DataFrame(week).dropna()
    for target in (0.99, 0.995):
        due = 1 - frame["bad"].sum() / frame["total"].sum() / (1 - target)
        got = run.call("budget_left", week["bad"], week["total"], target)
        expect(got, f"budget_left(a bad week, {target})").to_equal(due, tol=1e-9)
