"""Check the lab's answers on examples small enough to be worked out by hand."""

import fleet
import numpy as np
import pandas as pd

from autograder.checks import Run, check, expect, prepared

access_log, night = prepared(fleet.access_log), prepared(fleet.night)
NAN = float("nan")
GOOD = '10.0.1.4 - - [{time}] "GET {path} HTTP/1.1" 200 {size} "-" "curl/8.5.0" {seconds}'


def line(time: str, path: str = "/cart", size: str = "512", seconds: str = "0.120") -> str:
    """Write one line of an access log; `time` is a time of day with its offset from UTC."""
    return GOOD.format(time=f"02/Mar/2026:{time}", path=path, size=size, seconds=seconds)


def clock(*texts: str) -> list[pd.Timestamp]:
    """Read times of day of one morning, in UTC."""
    return [pd.Timestamp(f"2026-03-02 {text}", tz="UTC") for text in texts]


@check("rates", points=1)
def steady_counters(run: Run) -> None:
    counters = np.array([[100, 400, 1000], [7, 7, 37]], dtype=np.uint32)
    rates = run.call("counter_rates", counters, np.array([0.0, 30.0, 60.0]))
    due = np.array([[10.0, 20.0], [0.0, 1.0]])
    expect(rates, "rates of two hosts scraped every 30 seconds").to_equal(due, tol=1e-9)


@check("rates", points=1)
def late_scrapes(run: Run) -> None:
    counters = np.array([[0, 300, 900], [0, 600, 600]], dtype=np.uint32)
    rates = run.call("counter_rates", counters, np.array([5.0, 20.0, 80.0]))
    due = np.array([[20.0, 10.0], [40.0, 0.0]])
    expect(rates, "rates over 15 and then 60 seconds").to_equal(due, tol=1e-9)


@check("parse", points=1)
def reads_plain_lines(run: Run) -> None:
    lines = [
        line("09:00:05 +0000", path="/cart/items?id=3"),
        line("09:00:01 +0000", path="/login", size="80", seconds="1.005"),
    ]
    due = pd.DataFrame(
        {
            "time": clock("09:00:05", "09:00:01"),
            "service": ["cart", "login"],
            "status": [200, 200],
            "bytes": [512, 80],
            "latency_ms": [120.0, 1005.0],
        }
    )
    answer = expect(run.call("parse_log", lines), "parse_log(two good lines)").to_have_length(2)
    answer.at(0).to_equal(due, tol=1e-6)
    answer.at(1).to_have_columns("line_number", "text").to_have_length(0)


@check("parse", points=1)
def puts_bad_lines_apart(run: Run) -> None:
    good = line("09:00:05 +0000")
    bad = [good[:70], good.replace("02/Mar", "31/Feb"), "", good.replace("GET", "get")]
    bad += [good.replace("/cart", path) for path in ("/", "/?id=3", "cart")]
    lines = [good, bad[0], good, *bad[1:]]
    answer = expect(
        run.call("parse_log", lines), "parse_log(2 good and 7 bad lines)"
    ).to_have_length(2)
    answer.at(0).to_have_length(2)
    due = pd.DataFrame({"line_number": [2, 4, 5, 6, 7, 8, 9], "text": bad})
    answer.at(1).to_equal(due)


@check("rollup", points=1)
def one_service_by_hand(run: Run) -> None:
    requests = pd.DataFrame(
        {
            "time": clock("09:00:59", "09:00:10", "09:01:40", "09:00:30"),
            "service": "cart",
            "status": [200, 404, 500, 200],
            "latency_ms": [30.0, 10.0, 70.0, 20.0],
        }
    )
    due = pd.DataFrame(
        {
            "service": "cart",
            "minute": clock("09:00", "09:01"),
            "requests": [3, 1],
            "errors": [0, 1],
            "p50": [20.0, 70.0],
            "p95": [29.0, 70.0],
            "p99": [29.8, 70.0],
        }
    )
    rollup = run.call("minute_rollup", requests)
    expect(rollup, "minute_rollup(four requests)").to_equal(due, tol=1e-9)


@check("rollup", points=1)
def quiet_minutes_stay(run: Run) -> None:
    requests = pd.DataFrame(
        {
            "time": clock("09:00:10", "09:03:10", "09:01:10"),
            "service": ["cart", "cart", "auth"],
            "status": 200,
            "latency_ms": [10.0, 30.0, 5.0],
        }
    )
    due = pd.DataFrame(
        {
            "service": ["auth"] * 4 + ["cart"] * 4,
            "minute": clock("09:00", "09:01", "09:02", "09:03") * 2,
            "requests": [0, 1, 0, 0, 1, 0, 0, 1],
            "errors": 0,
            **{q: [NAN, 5.0, NAN, NAN, 10.0, NAN, NAN, 30.0] for q in ("p50", "p95", "p99")},
        }
    )
    rollup = run.call("minute_rollup", requests)
    expect(rollup, "minute_rollup(two services, four minutes)").to_equal(due, tol=1e-9)


@check("versions", points=1)
def by_hand(run: Run) -> None:
    requests = pd.DataFrame(
        {
            "time": clock("09:30:00", "09:10:00", "09:20:00", "09:29:59"),
            "service": ["cart", "cart", "auth", "cart"],
        }
    )
    deploys = pd.DataFrame(
        {
            "time": clock("09:30:00", "09:00:00", "09:00:00", "09:15:00"),
            "service": ["cart", "cart", "auth", "auth"],
            "version": ["c2", "c1", "a1", "a2"],
        }
    )
    versions = run.call("serving_version", requests, deploys)
    expect(versions, "the version that served each request").to_equal(["c2", "c1", "a2", "c1"])


@check("versions", points=1)
def before_the_first_deploy(run: Run) -> None:
    requests = pd.DataFrame({"time": clock("08:59:59", "09:00:01"), "service": "cart"})
    deploys = pd.DataFrame({"time": clock("09:00:00"), "service": ["cart"], "version": ["c1"]})
    versions = run.call("serving_version", requests, deploys)
    expect(versions, "versions before and after the first deploy").to_equal([None, "c1"])


def rollup_of(service: str, requests: list[int], errors: list[int]) -> pd.DataFrame:
    """Give the columns of a roll-up that burn rates are made of, one row a minute from 09:00."""
    minutes = pd.date_range(clock("09:00")[0], periods=len(requests), freq="min")
    return pd.DataFrame(
        {"service": service, "minute": minutes, "requests": requests, "errors": errors}
    )


@check("incident", points=1)
def burn_by_hand(run: Run) -> None:
    per_minute = rollup_of("cart", [10, 10, 10, 10], [0, 5, 10, 0])
    burn = run.call("burn_rate", per_minute, 0.75, 2)
    expect(burn, "burn_rate(four minutes, slo=0.75, window=2)").to_equal(
        [0.0, 1.0, 3.0, 2.0], tol=1e-9
    )


@check("incident", points=1)
def one_incident(run: Run) -> None:
    per_minute = rollup_of("cart", [10, 10, 10, 10, 10], [0, 5, 10, 0, 0])
    due = pd.DataFrame(
        {
            "service": ["cart"],
            "start": clock("09:02"),
            "end": clock("09:03"),
            "minutes": [2],
            "peak_burn": [3.0],
        }
    )
    found = run.call("find_incidents", per_minute, 0.75, 2, 2.0)
    expect(found, "find_incidents(slo=0.75, window=2, threshold=2)").to_equal(due, tol=1e-9)


def dashboard_input() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Give a small roll-up with a minute of no requests, two incidents and four deploys."""
    cart = rollup_of("cart", [10, 0, 20, 40, 40], [0, 0, 5, 20, 1])
    cart = cart.assign(p50=[20.0, NAN, 25, 60, 30], p95=[40.0, NAN, 50, 200, 60])
    auth = rollup_of("auth", [5, 5, 5, 5, 5], [0, 0, 0, 1, 0]).assign(p50=4.0, p95=8.0)
    per_minute = pd.concat([auth, cart], ignore_index=True)
    per_minute["p99"] = per_minute["p95"] * 1.5
    incidents = pd.DataFrame(
        {
            "service": ["auth", "cart"],
            "start": clock("09:03", "09:02"),
            "end": clock("09:03", "09:03"),
            "minutes": [1, 2],
            "peak_burn": [20.0, 50.0],
        }
    )
    deploys = pd.DataFrame(
        {
            "time": clock("09:03:40", "09:01:30", "09:02:15"),
            "service": ["cart", "cart", "auth"],
            "version": ["c3", "c2", "a2"],
        }
    )
    return per_minute, incidents, deploys


@check("dashboard", points=1)
def draws_percentiles(run: Run) -> None:
    per_minute, incidents, deploys = dashboard_input()
    facts = run.call("dashboard_facts", per_minute, incidents, deploys, "auth")
    panel = expect(facts, "the figure's panels").to_have_length(2).at(0)
    auth = per_minute[per_minute["service"] == "auth"]
    for name in ("p50", "p95", "p99"):
        panel.at("lines", name, "x").to_equal(list(auth["minute"]))
        panel.at("lines", name, "y").to_equal(list(auth[name]), tol=1e-6)
    panel.at("ylabel").to_contain("ms")


@check("handover", points=1)
def counts_rejected_lines(run: Run) -> None:
    seed = run.parameters["seed"]
    _, bad = access_log(night(seed).requests, seed)
    note = expect(run.value("handover"), "handover").to_be_a(dict)
    for key in ("service", "version", "start", "end", "minutes", "peak_burn"):
        note.to_contain(key)
    note.at("rejected_lines").to_equal(len(bad))
