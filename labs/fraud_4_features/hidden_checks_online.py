"""Hidden checks of the online store and of the consistency report."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas as pd
from hidden_checks import dice

from autograder.checks import Run, check, expect


@check(
    "online",
    points=2,
    needs="the_newer_value_stays",
    feedback="Do the same writes in ten orders, some of them twice: what the store holds at the end"
    " must be the same each time, and True must be said of exactly those that changed it.",
)
def any_order_of_writes_and_replays(run: Run) -> None:
    chance = dice(run, "online")
    writes = [
        [f"c{card}", feature, chance.choice((None, chance.randrange(900) / 4)), at, revision]
        for card in range(4)
        for feature in ("spend", "count")
        for at in chance.sample(range(-500, 5_000), 4)
        for revision in chance.sample(range(5), 2)
    ]
    writes += chance.choices(writes, k=20)
    for _ in range(3):
        chance.shuffle(writes)
        kept: dict[tuple[str, str], list[Any]] = {}
        changed = []
        for row in writes:
            place = (row[0], row[1])
            newer = place not in kept or row[3:] > kept[place][3:]
            changed.append(newer)
            if newer:
                kept[place] = row
        got = expect(run.call("store_story", [["put", *row] for row in writes]), "puts, shuffled")
        got.at("rows").to_equal([kept[place] for place in sorted(kept)])
        got.at("answers").to_equal(changed)


@check(
    "online",
    points=1,
    needs="the_newer_value_stays",
    feedback="Another process writes between your look into the store and your write. Let the "
    "database itself decide, in one statement.",
)
def two_writers_at_once(run: Run) -> None:
    chance = dice(run, "race")
    for ours, theirs in ((100, 200), (200, 100)):
        value = chance.randrange(1, 100) / 2
        rows = [["c1", "spend", value + at, at, 1] for at in (ours, theirs)]
        got = run.call("store_race", *rows)
        due = max(rows, key=lambda row: row[3])
        expect(got, f"two puts at once, at {ours} and {theirs}").to_equal([due])
    rows = [["c1", "spend", None, 500, revision] for revision in (3, 4)]
    expect(run.call("store_race", *rows), "two revisions at once").to_equal([rows[1]])


@check(
    "online",
    points=1,
    needs="tells_fresh_from_expired_from_missing",
    feedback="Rows exactly one ttl old, fresh rows that hold None, rows swept away, then replayed.",
)
def values_grow_old(run: Run) -> None:
    chance = dice(run, "ttl")
    now, ttl = 1_760_000_000 + chance.randrange(10**6), chance.randrange(1_000, 9_000)
    old, edge, young = now - ttl - 50, now - ttl, now - ttl + 1
    operations = [
        ["put", "old", "spend", 1.5, old, 1],
        ["put", "edge", "spend", 2.5, edge, 1],
        ["put", "young", "spend", 3.5, young, 1],
        ["put", "none", "spend", None, now, 1],
        ["put", "old", "count", 4.0, old, 1],
        ["look_up", ["young", "edge", "none", "old", "never"], "spend", now, ttl],
        ["sweep", now, ttl],
        ["look_up", ["edge", "old", "young"], "spend", now, ttl],
        ["put", "old", "spend", 1.5, old, 1],
        ["look_up", ["old", "none"], "spend", now, ttl],
        ["sweep", now, ttl],
        ["look_up", [], "spend", now, ttl],
    ]
    got = expect(run.call("store_story", operations), "a store in which rows grow old")
    values = {"young": 3.5, "edge": None, "none": None, "old": None, "never": None}
    looked_up(got.at("answers", 5), values, fresh=2, expired=2, missing=1)
    got.at("answers", 6).to_equal(3)
    values = {"young": 3.5, "edge": None, "old": None}
    looked_up(got.at("answers", 7), values, fresh=1, expired=0, missing=2)
    values = {"old": None, "none": None}
    looked_up(got.at("answers", 9), values, fresh=1, expired=1, missing=0)
    got.at("answers", 10).to_equal(1)
    looked_up(got.at("answers", 11), {}, fresh=0, expired=0, missing=0)
    rows = [["none", "spend", None, now, 1], ["young", "spend", 3.5, young, 1]]
    got.at("rows").to_equal(rows)


def looked_up(got: Any, values: dict[str, float | None], **counts: int) -> None:
    """Hold one answer of look_up to its values and its counts."""
    got.at("values").to_equal(values)
    for name, count in counts.items():
        got.at(name).to_equal(count)


def alike(one: float | None, other: float | None, tolerance: float) -> bool:
    """Say whether two values match; None and nan are the same."""
    gone = [value is None or math.isnan(value) for value in (one, other)]
    if any(gone):
        return all(gone)
    return abs(one - other) <= tolerance  # type: ignore[operator]


def a_log(chance: Any, days: int, rows: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return logged and offline rows: holes on either side, several offsets, unknown cards."""
    start = datetime(2025, 10, 24, tzinfo=UTC)  # clocks in Europe go back on the 26th
    logged, offline = [], []
    taken = set()
    while len(logged) < rows:
        moment = start + timedelta(seconds=chance.randrange(days * 86_400))
        card = chance.randrange(5)
        if (card, moment) in taken:
            continue
        taken.add((card, moment))
        hours = chance.choice((0, 0, -4, 1, 2, 5.5))
        text = moment.astimezone(timezone(timedelta(hours=hours))).isoformat()
        due = {name: chance.choice((None, chance.randrange(8) / 2)) for name in ("x", "y")}
        got = {
            name: value if chance.random() < 0.7 else chance.choice((None, 1.0, 2.5))
            for name, value in due.items()
        }
        logged.append({"card": card, "at": text.replace("+00:00", "Z"), **got})
        if chance.random() < 0.85:
            offline.append({"card": card, "at": int(moment.timestamp()), **due})
    logged += [dict(row) for row in chance.sample(logged, 5)]  # asked again after a timeout
    chance.shuffle(logged)
    chance.shuffle(offline)
    return logged, offline


def paired(
    logged: list[dict[str, Any]], offline: list[dict[str, Any]]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each logged row that has a partner, with it."""
    known = {(row["card"], row["at"]): row for row in offline}
    moments = [int(datetime.fromisoformat(row["at"]).timestamp()) for row in logged]
    found = ((row, known.get((row["card"], at))) for row, at in zip(logged, moments, strict=True))
    return [(row, due) for row, due in found if due is not None]


def frame_of(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a frame with numbers in x and y."""
    made = pd.DataFrame(rows, columns=["card", "at", "x", "y"])
    return made.astype({"x": float, "y": float})


@check(
    "consistency",
    points=2,
    needs="report_of_five_rows",
    feedback="Offsets of several places, values missing on one side or on both, rows that batch "
    "does not know, rows that were logged twice, and no rows at all.",
)
def report_with_holes_and_zones(run: Run) -> None:
    chance = dice(run, "report")
    for tolerance in (1e-6, 0.75):
        logged, offline = a_log(chance, 4, 90)
        pairs = paired(logged, offline)
        frames = frame_of(logged), frame_of(offline)
        got, after = run.inspect("consistency", *frames, ["x", "y"], tolerance)
        report = expect(got, "consistency(a log of four days)")
        report.at("rows").to_equal(len(logged))
        report.at("unknown").to_equal(len(logged) - len(pairs))
        for name in ("x", "y"):
            both = [(row[name], due[name]) for row, due in pairs]
            line = report.at("features", name)
            line.at("compared").to_equal(len(pairs))
            share = sum(alike(*values, tolerance) for values in both) / len(both)
            line.at("matching").to_equal(share, tol=1e-9)
            line.at("one_missing").to_equal(sum((a is None) != (b is None) for a, b in both))
            gaps = [abs(a - b) for a, b in both if a is not None and b is not None]
            line.at("largest").to_equal(max(gaps), tol=1e-9)
        expect(after, "the arguments afterwards").at(0).to_equal(frames[0], exact=True)
        expect(after, "the arguments afterwards").at(1).to_equal(frames[1], exact=True)
    strangers = frames[0].assign(card=99)
    got = expect(run.call("consistency", strangers, frames[1], ["x"], 1e-6), "nobody is known")
    got.at("unknown").to_equal(len(strangers))
    due = {"compared": 0, "matching": None, "one_missing": 0, "largest": 0.0}
    for name, value in due.items():
        got.at("features", "x", name).to_equal(value)


@check(
    "consistency",
    points=1,
    needs="report_of_five_rows",
    feedback="Days of UTC, not of the text; a bad day that good ones follow is over; and a share "
    "that is just the floor is not below it.",
)
def tells_the_first_day(run: Run) -> None:
    chance = dice(run, "since")
    # How many of four rows match on each day; then the day that is due, with a floor of 0.75.
    for matches, due in (
        ((4, 4, 2, 4, 2, 1, 0), 4),
        ((4, 3, 4, 4, 4, 4, 4), None),
        ((0, 0, 1, 2, 2, 2, 0), 0),
        ((0, 0, 1, 2, 2, 3, 0), 6),
        ((4, 4, 4, 4, 4, 0, 3), None),
    ):
        logged, offline = [], []
        for day, good in enumerate(matches):
            for number in range(4):
                # Before one in the morning and after eleven at night: elsewhere another day.
                hour = chance.choice((0, 23))
                moment = datetime(2025, 10, 20 + day, hour, chance.randrange(60), tzinfo=UTC)
                zone = timezone(timedelta(hours=-4 if hour == 0 else 2))
                card = 10 * day + number
                served = 1.0 if number < good else 2.0
                text = moment.astimezone(zone).isoformat()
                logged.append({"card": card, "at": text, "x": served, "y": 0.0})
                offline.append({"card": card, "at": int(moment.timestamp()), "x": 1.0, "y": 0.0})
        logged.append({"card": 99, "at": "2025-10-27T12:00:00Z", "x": 0.0, "y": 0.0})
        chance.shuffle(logged)
        got = run.call("skewed_since", frame_of(logged), frame_of(offline), "x", 1e-6, 0.75)
        wanted = None if due is None else f"2025-10-{20 + due}"
        expect(got, f"skewed_since({matches} of four rows match)").to_equal(wanted)


@check(
    "consistency",
    points=1,
    needs="names_the_culprit",
    feedback="Rows that match anyway say nothing; nan and None explain nan and None; half is "
    "enough, less is not.",
)
def a_culprit_among_many(run: Run) -> None:
    chance = dice(run, "culprit")
    due = [float(chance.randrange(20)) for _ in range(40)]
    served = [*due[:30], *(value + 100 for value in due[30:38]), None, math.nan]
    suspects = {
        "explains only what is right": [*due[:30], *due[30:]],
        "explains six of ten": [*([7.5] * 30), *served[30:34], *([0.0] * 4), math.nan, None],
        "explains four of ten": [*due[:30], *served[30:34], *([0.25] * 6)],
    }
    got = run.call("culprit", served, due, suspects, 1e-6)
    expect(got, "culprit(forty rows, ten of them wrong)").to_equal("explains six of ten")
    del suspects["explains six of ten"]
    got = run.call("culprit", served, due, suspects, 1e-6)
    expect(got, "culprit(nobody explains half)").to_equal(None)
    half = [0.0] * 35 + served[35:]
    got = run.call("culprit", served, due, {**suspects, "half": half}, 1e-6)
    expect(got, "culprit(one explains just half)").to_equal("half")
    expect(run.call("culprit", served, due, {}, 1e-6), "culprit(no suspects)").to_equal(None)


@check(
    "consistency",
    points=1,
    once=True,
    feedback="Run the two cells above with functions that pass their checks; they print features, "
    "days and causes.",
)
def finds_what_is_wrong_with_the_log(run: Run) -> None:
    got = expect(run.value("findings"), "findings")
    got.to_equal(
        {
            "terminal_payments_30m": {"since": "2025-10-20", "cause": "present counted"},
            "card_spend_24h": {"since": "2025-10-15", "cause": "clock four hours behind"},
        }
    )
