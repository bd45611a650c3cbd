"""Hidden checks of the incident and of the dashboard that tells it."""

import pandas as pd
from checks import NAN, clock, dashboard_input, rollup_of
from hidden_answers import reference_incidents
from hidden_checks import (
    SLO,
    THRESHOLD,
    WINDOW,
    access_log,
    held_out,
    night,
    reference_parse,
    reference_rollup,
    reference_versions,
)

from autograder.checks import Run, check, expect


@check(
    "incident",
    points=1,
    feedback="Where one service's rows end, another's begin, with short windows at first.",
)
def own_minutes_only(run: Run) -> None:
    per_minute = pd.concat(
        [rollup_of("auth", [4, 4], [0, 4]), rollup_of("cart", [4, 4, 4], [0, 0, 1])]
    )
    burn = run.call("burn_rate", per_minute.reset_index(drop=True), 0.5, 3)
    expect(burn, "burn_rate of two services").to_equal([0.0, 1.0, 0.0, 0.0, 1 / 6], tol=1e-9)


@check(
    "incident",
    points=1,
    feedback="A minute with 1 request weighs less than one with 1,000; one with 0 burns nothing.",
)
def quiet_windows(run: Run) -> None:
    per_minute = rollup_of("cart", [0, 0, 1, 999, 0, 0], [0, 0, 1, 0, 0, 0])
    burn = run.call("burn_rate", per_minute, 0.75, 2)
    due = [0.0, 0.0, 4.0, 0.004, 0.0, 0.0]
    expect(burn, "burn_rate over quiet minutes").to_equal(due, tol=1e-9)


@check(
    "incident",
    points=1,
    feedback="Two services in trouble are two incidents; two spells of one service also.",
)
def neighbours(run: Run) -> None:
    auth = rollup_of("auth", [8, 8, 8, 8], [8, 0, 8, 8])
    cart = rollup_of("cart", [8, 8, 8, 8], [4, 8, 0, 8])
    per_minute = pd.concat([auth, cart], ignore_index=True)
    due = reference_incidents(per_minute, 0.5, 1, 1.0)
    found = run.call("find_incidents", per_minute, 0.5, 1, 1.0)
    expect(found, "find_incidents(window=1, threshold=1)").to_equal(due, tol=1e-9)


@check("incident", points=1, feedback="Compare what you find with night(seed).incident.")
def finds_what_was_planted(run: Run) -> None:
    made = night(held_out(run))
    per_minute = reference_rollup(made.requests)
    found = run.call("find_incidents", per_minute, SLO, WINDOW, THRESHOLD)
    due = reference_incidents(per_minute, SLO, WINDOW, THRESHOLD)
    answer = expect(found, "the incidents of a night").to_equal(due, tol=1e-9)
    answer.at("service").to_contain(made.incident.service)


@check("dashboard", points=1, feedback="What does your line do where nothing was measured?")
def gaps_stay_gaps(run: Run) -> None:
    lines = panel_of(run, 0).at("lines")
    lines.at("p50", "y").to_equal([20.0, NAN, 25.0, 60.0, 30.0], tol=1e-6)
    lines.at("p95", "y").to_equal([40.0, NAN, 50.0, 200.0, 60.0], tol=1e-6)


@check(
    "dashboard",
    points=1,
    feedback="Errors are a share of the requests, in percent; without requests there is none.",
)
def errors_in_percent(run: Run) -> None:
    panel = panel_of(run, 1)
    panel.at("lines", "errors", "y").to_equal([0.0, NAN, 25.0, 50.0, 2.5], tol=1e-6)
    panel.at("ylabel").to_contain("%")


@check(
    "dashboard",
    points=1,
    feedback="Whose deploys belong on this service's dashboard, and on which panels?",
)
def marks_own_deploys(run: Run) -> None:
    for panel in (0, 1):
        panel_of(run, panel).at("marks").to_equal(clock("09:01:30", "09:03:40"))


@check(
    "dashboard",
    points=1,
    feedback="The last minute of an incident lasts a minute, too. And look at both panels.",
)
def shades_whole_minutes(run: Run) -> None:
    for panel in (0, 1):
        panel_of(run, panel).at("shaded").to_equal([tuple(clock("09:02", "09:04"))])


def panel_of(run: Run, panel: int):
    """Step into one panel of the dashboard of "cart"."""
    facts = run.call("dashboard_facts", *dashboard_input(), "cart")
    return expect(facts, "the figure's panels").to_have_length(2).at(panel)


@check(
    "handover",
    points=1,
    feedback="Go back over your chain: parse, roll up, find, join, for this seed.",
)
def tells_the_story(run: Run) -> None:
    seed = int(run.parameters["seed"])
    made = night(seed)
    lines, bad = access_log(made.requests, seed)
    requests = reference_parse(lines, bad)
    found = reference_incidents(reference_rollup(requests), SLO, WINDOW, THRESHOLD)
    worst = found.loc[found["peak_burn"].idxmax()]
    inside = (
        (requests["service"] == worst["service"])
        & (requests["time"] >= worst["start"])
        & (requests["time"] < worst["end"] + pd.Timedelta(minutes=1))
        & (requests["status"] >= 500)
    )
    versions = pd.Series(reference_versions(requests[inside], made.deploys))
    note = expect(run.value("handover"), "handover")
    for key in ("service", "start", "end", "minutes", "peak_burn"):
        note.at(key).to_equal(worst[key], tol=1e-9)
    note.at("version").to_equal(versions.mode()[0])
