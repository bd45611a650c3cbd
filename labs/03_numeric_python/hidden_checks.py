"""Check the lab's answers on nights that nobody has seen, against the course's own answers."""

import fleet
import hidden_answers
import numpy as np
import pandas as pd
from checks import NAN, clock, line
from fleet import host_counters

from autograder.checks import ProbeFailed, Run, check, expect, prepared

access_log, busy_day, night = map(prepared, (fleet.access_log, fleet.busy_day, fleet.night))
reference_parse = prepared(hidden_answers.reference_parse)
reference_rollup = prepared(hidden_answers.reference_rollup)
reference_versions = prepared(hidden_answers.reference_versions)

# 96 random bits: whoever holds the generator must not be able to find the seed by trying.
HELD_OUT = 0xC089_AD58_70D3_52E5_4C9A_6E29
SLO, WINDOW, THRESHOLD = 0.99, 5, 14.4


def held_out(run: Run) -> int:
    """Give the seed of a night that differs from run to run and stays in this file."""
    return HELD_OUT + int(run.parameters["seed"])


def shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    """Put rows out of order and keep their labels, as a filter and a sort would."""
    return frame.sample(frac=1.0, random_state=11)


def call_in_time(run: Run, name: str, *args: object) -> object:
    """Call a function with a large input; being too slow is a miss that the learner hears of."""
    try:
        return run.call(name, *args)
    except ProbeFailed as failure:
        if failure.status != "timeout":
            raise
        why = f"{name} must get through a day of 150 services within the time limit"
        expect(False, f"{name} on a whole day").to_be_true(why)
    return None


@check(
    "rates",
    points=1,
    feedback="A process that starts again counts from 0. And what is 5 - 7 in uint32?",
)
def restarted_counters(run: Run) -> None:
    top = 4_000_000_000
    counters = np.array([[top, top + 150, 30, 60], [9, 9, 9, 6], [0, 0, 15, 45]], dtype=np.uint32)
    rates = run.call("counter_rates", counters, np.array([0.0, 15.0, 30.0, 45.0]))
    due = np.array([[10.0, 2.0, 2.0], [0.0, 0.0, 0.4], [0.0, 1.0, 2.0]])
    expect(rates, "rates around restarts").to_equal(due, tol=1e-9)


@check(
    "rates",
    points=1,
    feedback="A fleet has restarts, late scrapes, and maybe as many hosts as intervals. Try each.",
)
def whole_fleet(run: Run) -> None:
    counters, scraped_at = host_counters(held_out(run), hosts=39, scrapes=40)
    wide = counters.astype(np.int64)
    steps = wide[:, 1:] - wide[:, :-1]
    steps = np.where(steps < 0, wide[:, 1:], steps)
    due = np.stack([steps[:, i] / (scraped_at[i + 1] - scraped_at[i]) for i in range(39)], axis=1)
    expect(run.call("counter_rates", counters, scraped_at), "rates of 39 hosts").to_equal(
        due, tol=1e-9
    )


@check(
    "parse",
    points=1,
    feedback="One host writes +0200, another -0400. Are your times the same clock?",
)
def times_are_utc(run: Run) -> None:
    lines = [line("01:30:00 +0200"), line("01:30:00 +0100"), line("20:30:00 -0400")]
    due = [
        pd.Timestamp(text, tz="UTC")
        for text in ("2026-03-01 23:30", "2026-03-02 00:30", "2026-03-03 00:30")
    ]
    expect(run.call("parse_log", lines), "parse_log").at(0, "time").to_equal(due)


@check("parse", points=1, feedback='Two fields may be "-". They do not mean the same.')
def reads_dashes(run: Run) -> None:
    lines = [line("09:00:00 +0000", size="-"), line("09:00:01 +0000", seconds="-")]
    good = expect(run.call("parse_log", lines), "parse_log").at(0)
    good.at("bytes").to_equal([0, 512])
    good.at("latency_ms").to_equal([120.0, NAN], tol=1e-6)


@check("parse", points=1, feedback='A quoted field may hold \\" and even ] or [.')
def reads_quoted_agents(run: Run) -> None:
    lines = [
        line("09:00:00 +0000").replace("curl/8.5.0", agent)
        for agent in ("curl/8.5.0", 'a \\"blue\\" probe', "bot [v2] (+x)", "")
    ]
    answer = expect(run.call("parse_log", lines), "parse_log")
    answer.at(0, "service").to_equal(["cart"] * 4)
    answer.at(1).to_have_length(0)


@check("parse", points=1, feedback="Read a whole log and compare what you kept with what is in it.")
def reads_a_whole_log(run: Run) -> None:
    seed = held_out(run)
    requests = night(seed, minutes=90).requests
    lines, bad = access_log(requests, seed)
    answer = expect(run.call("parse_log", lines), "parse_log(a night's log)").to_have_length(2)
    answer.at(1, "line_number").to_equal(bad)
    due = reference_parse(lines, bad)
    for column in ("time", "service", "status", "bytes", "latency_ms"):
        answer.at(0, column).to_equal(due[column], tol=1e-6)


@check(
    "rollup",
    points=1,
    feedback="A request that was never measured is still a request; its percentiles are missing.",
)
def unmeasured_requests(run: Run) -> None:
    times = clock("09:00:01", "09:00:02", "09:00:03", "09:01:00", "09:02:00")
    latency = [10.0, NAN, 20.0, NAN, 4.0]
    status = [200, 499, 200, 503, 200]
    requests = pd.DataFrame(
        {"time": times, "service": "auth", "status": status, "latency_ms": latency}
    )
    rollup = expect(run.call("minute_rollup", requests), "minute_rollup")
    rollup.at("requests").to_equal([3, 1, 1])
    rollup.at("errors").to_equal([0, 1, 0])
    rollup.at("p50").to_equal([15.0, NAN, 4.0], tol=1e-9)


@check(
    "rollup",
    points=1,
    feedback="Requests come in no order. Compare some minutes with np.percentile.",
)
def rolls_up_a_night(run: Run) -> None:
    requests = night(held_out(run)).requests
    rollup = run.call("minute_rollup", shuffled(requests))
    expect(rollup, "minute_rollup(a night)").to_equal(reference_rollup(requests), tol=1e-9)


@check(
    "rollup",
    points=2,
    once=True,
    needs="rolls_up_a_night",
    feedback="Time it on busy_day(seed): a day must roll up in seconds. What runs once per group?",
)
def keeps_up(run: Run) -> None:
    requests, _ = busy_day(held_out(run))
    rollup = call_in_time(run, "minute_rollup", requests)
    expect(rollup, "minute_rollup(a day)").to_equal(reference_rollup(requests), tol=1e-9)


@check("versions", points=1, feedback="Two deploys in one second; and a request in that second.")
def same_second(run: Run) -> None:
    requests = pd.DataFrame({"time": clock("09:00:00", "09:00:07"), "service": "cart"})
    deploys = pd.DataFrame(
        {"time": clock("09:00:00") * 3, "service": ["cart"] * 3, "version": ["c3", "c1", "c2"]}
    )
    versions = run.call("serving_version", requests, deploys)
    expect(versions, "versions after three deploys in one second").to_equal(["c2", "c2"])


@check(
    "versions",
    points=1,
    feedback="Requests come in no order, and one answer is due for each, in theirs.",
)
def joins_a_night(run: Run) -> None:
    made = night(held_out(run), minutes=60, per_minute=4.0)
    requests = shuffled(made.requests)
    versions = run.call("serving_version", requests, made.deploys)
    due = reference_versions(requests, made.deploys)
    expect(versions, "versions of a night's requests").to_equal(due)


@check(
    "versions",
    points=1,
    once=True,
    needs="joins_a_night",
    feedback="Time it on busy_day(seed). How often do you look through all deploys?",
)
def keeps_up_joining(run: Run) -> None:
    requests, deploys = busy_day(held_out(run), requests=100_000)
    versions = call_in_time(run, "serving_version", requests, deploys)
    expect(versions, "versions of a day's requests").to_equal(reference_versions(requests, deploys))
