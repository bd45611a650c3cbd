"""What learners never see, of the canary, of the colours and of the pipeline."""

import random

import day
import hidden_answers
from asking import (
    SECRETS,
    WHOLE,
    gone_back,
    minutes,
    moved,
    piped,
    stands,
    unscathed,
    verbs,
    whole,
)
from pipelines import BEFORE, NEEDED

from autograder.checks import Run, check, expect, prepared

CANARIES = "d2815c0e9f7ab3466ce10b94"
RELEASES = "60f3ab92c1d7e5480b9a2f6d"
decided = prepared(hidden_answers.decided)


@check("canary", points=1, feedback="Many requests: factorials overflow, and small chances matter.")
def chance_of_many(run: Run) -> None:
    rng = random.Random(f"{CANARIES}-{run.parameters['seed']}")
    cases = [(0, 500, 12, 4500), (12, 12, 0, 400), (9, 900, 91, 9100), (40, 2_000, 60, 90_000)]
    for _ in range(12):
        seen, stable = rng.randint(50, 3_000), rng.randint(50, 30_000)
        cases.append((rng.randint(0, seen // 30), seen, rng.randint(0, stable // 60), stable))
    for case in cases:
        due = hidden_answers.chance(*case)
        expect(run.call("p_value", *case), f"p_value{case}").to_equal(due, tol=1e-7)


def _planted() -> list[tuple[list, dict, tuple]]:
    """Return rows, limits and minutes `now` at which one reading of the rule alone is right."""
    usual = minutes("stable", 0, 30, 270, 3, 3)
    limits = {"looks": [10, 20, 30], "least": 100, "chance": 0.01}
    # Everything fails in the minute of the first look, which that look has not seen.
    burst = minutes("canary", 0, 10, 20, 0, 0) + minutes("canary", 10, 11, 20, 20, 0)
    burst += minutes("canary", 11, 30, 20, 0, 0)
    broken, late = minutes("canary", 0, 30, 30, 15, 15), minutes("canary", 0, 15, 30, 0, 15)
    # At the first look p is about 0.002: under a share of the chance, and not under a sixth of it.
    doubtful = minutes("stable", 0, 30, 500, 5, 5) + minutes("canary", 0, 1, 100, 22, 1)
    doubtful += minutes("canary", 1, 10, 100, 0, 1) + minutes("canary", 10, 30, 100, 1, 1)
    # As bad as the others in the minutes that both saw, and worse than them all in all.
    shared = minutes("stable", 0, 5, 2000, 0, 0) + minutes("stable", 5, 30, 270, 27, 3)
    shared += minutes("canary", 5, 30, 30, 3, 0)
    return [
        (usual + burst, limits, (10, 11, 20, 30)),
        # The first look has just the requests that it needs.
        (usual + broken, limits | {"least": 300}, (9, 10, 30)),
        (usual + broken, limits | {"least": 301}, (10, 20)),
        (usual + late + minutes("canary", 15, 30, 30, 25, 0), limits, (10, 30)),
        (usual + minutes("canary", 0, 30, 30, 0, 0), limits | {"looks": [12]}, (11, 12, 90)),
        (doubtful, limits, (10, 30)),
        (shared, limits, (10, 20, 30)),
    ]


def _answers(run: Run, rows: list, limits: dict, nows: tuple) -> None:
    for now in nows:
        due = decided(rows, now, limits)
        got = run.call("verdict", rows, now, limits)
        expect(got, f"verdict(…, {now}, looks {limits['looks']})").to_equal(due)


@check(
    "canary",
    points=2,
    feedback="Which minutes count, which look decides, and what if a look has seen too little?",
)
def decides_as_it_should(run: Run) -> None:
    for number, (errors, slow, least, chance) in enumerate(
        ((1, 1, 200, 0.01), (3, 1, 500, 0.01), (1, 3, 700, 0.05), (2, 2, 1_300, 0.001))
    ):
        seed = f"{CANARIES}-{run.parameters['seed']}-{number}"
        rows = day.canary(seed, errors, slow, rate=200)
        limits = {"looks": [7, 20, 35, 50, 60], "least": least, "chance": chance}
        _answers(run, rows, limits, (6, 7, 20, 50, 59, 60, 500))
    for rows, limits, nows in _planted():
        _answers(run, rows, limits, nows)


@check(
    "canary", points=1, feedback="How often may a good canary be rolled back, all looks together?"
)
def pays_for_every_look(run: Run) -> None:
    looks = list(range(5, 61, 5))
    stable = minutes("stable", 0, 60, 1000, 10, 10)
    for errors, due in ((24, "promote"), (60, "roll back")):
        # At minute 5, 24 of 1,000 against 1 %: p is about 0.0006. Twelve looks with one test each
        # may roll back for that at 0.01, or one look with two; twelve looks with two may not.
        first = minutes("canary", 0, 1, 200, errors, 2) + minutes("canary", 1, 5, 200, 0, 2)
        rows = stable + first + minutes("canary", 5, 60, 200, 2, 2)
        limits = {"looks": looks, "least": 500, "chance": 0.01}
        got = expect(run.call("verdict", rows, 60, limits), f"verdict({errors} errors at first)")
        got.to_be_a(dict).at("verdict").to_equal(due)
        got.to_equal(decided(rows, 60, limits))
    # What is found once stays found, however well the rest goes.
    got = expect(run.call("verdict", rows, 60, limits), "verdict(60 errors at first)")
    got.at("minute").to_equal(5)


@check(
    "canary",
    points=1,
    feedback="Minutes that only one track saw, a canary that nobody asked, rows that others use.",
)
def knows_what_it_does_not_know(run: Run) -> None:
    limits = {"looks": [10, 20, 30], "least": 300, "chance": 0.01}
    stable = minutes("stable", -1440, 30, 270, 3, 3)
    wait = {"verdict": "wait", "minute": None, "why": ""}
    for rows in (stable, stable + minutes("canary", 0, 30, 9, 0, 0)):
        got = run.call("verdict", rows, 30, limits)
        expect(got, "verdict(a canary that hardly anybody asked)").to_equal(wait)
    # The last look says nothing of these: the stable one has a row in 14 minutes alone.
    rows = minutes("stable", 0, 14, 270, 3, 3) + minutes("canary", 0, 30, 20, 0, 0)
    got = run.call("verdict", rows, 30, limits)
    expect(got, "verdict(280 requests in minutes that both saw)").to_equal(wait)
    # In half of the minutes everything failed for everybody; the canary was not there.
    rows = minutes("stable", 0, 15, 270, 3, 3) + minutes("stable", 15, 30, 270, 200, 3)
    rows += minutes("canary", 15, 30, 30, 22, 0)
    got, after = run.inspect("verdict", rows, 30, limits)
    due = {"verdict": "promote", "minute": 30, "why": ""}
    expect(got, "verdict(as bad as the others, 30)").to_equal(due)
    expect(after, "the arguments afterwards").at(0).to_equal(rows)
    expect(after, "the arguments afterwards").at(2).to_equal(limits)


def _releases(run: Run) -> list[dict]:
    rng = random.Random(f"{RELEASES}-{run.parameters['seed']}")
    names = [("green", "blue"), ("blue", "green"), (f"c{rng.randrange(99)}", "white")]
    names.append(("white", f"d{rng.randrange(99)}"))
    schemas = [(False, True), (True, True), (False, False), (True, False)]
    return [
        {"live": live, "new": new, "expands": expands, "removes": removes}
        for (live, new), (expands, removes) in zip(names, schemas, strict=True)
    ]


@check(
    "switch",
    points=1,
    feedback="The next release goes the other way. And who still needs the columns that go?",
)
def moves_either_way_with_any_schema(run: Run) -> None:
    for release in _releases(run):
        what = f"handover({release['live']} to {release['new']})"
        done = moved(release, run.call("handover", release), what)
        unscathed(release, done, what)
        stands(done, release["new"], what)
        due = ["new"] * release["expands"] + ["old"] * (not release["removes"])
        expect(done["columns"], f"{what}: the columns in the end").to_equal(due)


@check(
    "switch",
    points=1,
    feedback="When is the new colour tried, and when is the old one no longer needed?",
)
def looks_while_it_can_still_go_back(run: Run) -> None:
    for release in _releases(run):
        what = f"handover({release['live']} to {release['new']})"
        done = moved(release, run.call("handover", release), what)
        expect(done["checked"], what).to_be_true("the new colour is checked without customers")
        expect(done["watched"], what).to_be_true("it is watched while the old one is warm")


@check(
    "switch",
    points=2,
    needs="comes_back",
    feedback="Break the move off after each of its actions. Who reads payments, and from where?",
)
def comes_back_from_anywhere(run: Run) -> None:
    for release in _releases(run):
        live, new = release["live"], release["new"]
        expand = ["migrate expand"] * release["expands"]
        tried = [*expand, f"start {new}", f"warm {new}", f"check {new}"]
        other = [f"start {new}", *expand, f"check {new}", f"warm {new}"]
        payments = [f"pause {live}", f"carry {new}", f"consume {new}"]
        for way in (
            [*tried, *payments, f"route {new}", f"watch {new}"],
            [*tried, f"route {new}", *payments, f"watch {new}"],
            [*tried, *payments[:2], f"route {new}", payments[2], f"watch {new}"],
            [*other, payments[0], f"route {new}", *payments[1:], f"watch {new}"],
        ):
            for many in range(len(way) + 1):
                done = way[:many]
                what = f"the way back after {done[-1] if done else 'nothing'!r}"
                found = gone_back(run, release, done, what)
                unscathed(release, found, what)
                stands(found, live, what)
                columns = ["new"] * ("migrate expand" in done) + ["old"]
                expect(found["columns"], f"the columns, {what}").to_equal(columns)
        expect(run.call("way_back", release, []), "way_back(…, nothing done)").to_equal([])


def _version(run: Run) -> str:
    rng = random.Random(f"{RELEASES}-{run.parameters['seed']}")
    return f"{rng.randint(2, 9)}.{rng.randint(0, 99)}.{rng.randint(0, 99)}"


def _pipeline(run: Run) -> dict:
    return run.call("pipeline", _version(run))


@check(
    "pipeline",
    points=1,
    feedback="Let somebody push another image under the same version while your pipeline runs. "
    "And under which name was yours pushed?",
)
def names_images_by_digest(run: Run) -> None:
    done = piped(_pipeline(run), foreign=True, build="f0")
    expect(done["builds"], "images that were built").to_have_length(1)
    (image,) = done["builds"]
    expect(done["registry"], "what the registry has of you").to_equal({_version(run): image})
    found = {digest for _, _, digest in done["history"]}
    expect(sorted(map(str, found)), "images that ran anywhere").to_equal([image])
    expect(done["places"]["production"], "what everybody has in the end").to_equal(image)


@check(
    "pipeline",
    points=1,
    feedback="What fails half-way has begun. Which three steps touch production or wait for it?",
)
def goes_back_from_production(run: Run) -> None:
    steps = _pipeline(run)
    for fails in ("deploy production", "judge", "promote"):
        done = piped(steps, [fails])
        places = done["places"]
        what = f"after {fails} failed"
        expect(places["production"], f"what everybody has {what}").to_equal(BEFORE)
        expect(places["canary"], f"the canary {what}").to_equal(None)
        ran = list(verbs(steps, done).values())
        expect(ran.count("rollback"), f"rollbacks {what}").to_equal(1)
        if fails != "promote":
            expect(ran.count("promote"), f"promotions {what}").to_equal(0)
    for fails in ("lint", "test", "build", "scan", "push", "deploy staging", "smoke staging", None):
        done = piped(steps, [fails] if fails else [])
        ran = list(verbs(steps, done).values())
        what = f"{fails} failed" if fails else "nothing failed"
        expect(ran.count("rollback"), f"rollbacks when {what}").to_equal(0)
        if fails:
            touched = {place for _, place, _ in done["history"]} - {"staging"}
            expect(sorted(touched), f"places beside staging when {what}").to_equal([])


@check(
    "pipeline",
    points=1,
    feedback="Who runs code that somebody proposed, and who writes what to the log?",
)
def keeps_its_secrets(run: Run) -> None:
    steps = _pipeline(run)
    for fails in ([], ["judge"]):
        done = piped(steps, fails)
        expect(whole(steps, done), "what a whole pipeline runs").to_equal(WHOLE)
        for name, verb in verbs(steps, done).items():
            due = [NEEDED[verb]] if verb in NEEDED else []
            got = list(steps[name].get("secrets") or [])
            expect(got, f"the secrets of a step that runs {verb}").to_equal(due)
        told = [name for name, value in SECRETS.items() if value in "\n".join(done["log"])]
        expect(told, "secrets that stand in the log").to_equal([])


@check(
    "pipeline",
    points=1,
    feedback="Which steps could begin earlier than they do?",
)
def waits_for_nothing_needless(run: Run) -> None:
    steps = _pipeline(run)
    done = piped(steps)
    begin = {verb: done["start"][name] for name, verb in verbs(steps, done).items()}
    for verb in ("lint", "test", "build"):
        expect(begin.get(verb), f"second at which {verb} begins").to_equal(0)
    expect(begin.get("scan"), "second at which the scan begins").to_equal(240)
    last = [second for second, place, _ in done["history"] if place == "production"][-1:]
    expect(last, "second at which everybody has it").to_equal([2340])
