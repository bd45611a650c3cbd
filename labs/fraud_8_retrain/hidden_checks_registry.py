"""Hold promotions and rollbacks to histories that nobody has seen."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import hidden_answers
import numpy as np

from autograder.checks import Run, check, expect

STORIES = 0x7B0E_94D6_21FC_A853_6E49_D1B2
WHO = ("Ada", "Ben", "night")
BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
ALIASES = ("champion", "champion-eu", "shadow")


def text_of(rng: Any, minutes: int) -> str:
    """Return a time as a text in some zone."""
    zone = timezone(timedelta(hours=int(rng.integers(-9, 10))))
    return (BEGIN + timedelta(minutes=minutes)).astimezone(zone).isoformat()


def story(seed: int, count: int = 40, rollbacks: bool = True) -> tuple[Any, list[Any]]:
    """Return a generator and moves of several aliases, with versions in no order."""
    rng = np.random.default_rng(seed)
    moves: list[dict[str, Any]] = []
    minutes = 0
    for number in range(count):
        minutes += int(rng.choice([0, 1, 40, 700]))
        alias = str(rng.choice(ALIASES, p=(0.6, 0.2, 0.2)))
        live = hidden_answers.pointed(moves, alias)
        target, kind = int(rng.choice([v for v in range(1, 9) if v != live])), "promoted"
        if rollbacks and live is not None and rng.random() < 0.35:
            back = hidden_answers.goes_back_to(moves, alias, live, list(range(1, 9)))
            target, kind = (back, "rolled back") if back is not None else (target, kind)
        told = {"alias": alias, "source": live, "target": target, "kind": kind}
        at = text_of(rng, minutes)
        moves.append({"at": at, **told, "who": str(rng.choice(WHO)), "why": f"order {number}"})
    return rng, moves


@check(
    "promote",
    points=1,
    needs="appends_a_move",
    feedback="The champion of the gate's comparison is no champion any more: what then?",
)
def refuses_when_the_champion_changed(run: Run) -> None:
    _, moves = story(STORIES + run.parameters["seed"])
    order = (text_of(np.random.default_rng(1), 99_999), "Eve", "better by 3 %")
    for alias in (*ALIASES, "new"):
        live = hidden_answers.pointed(moves, alias)
        last = next((m["source"] for m in reversed(moves) if m["alias"] == alias), 1)
        for expected in (last, 77, None):
            if expected != live:
                got = run.call("promote", moves, alias, 50, expected, *order)
                due = {"result": "champion changed", "moves": moves}
                expect(got, f"promote({alias}, expected {expected}, live {live})").to_equal(due)
        got = run.call("promote", moves, alias, 50, live, *order)
        expect(got, f"promote({alias}, as expected)").at("result").to_equal("promoted")
        expect(got, f"promote({alias}, as expected)").at("moves", -1, "source").to_equal(live)


@check(
    "promote",
    points=1,
    feedback="Other zones, other aliases, several moves at one instant, rollbacks among them.",
)
def knows_what_was_live_at_any_time(run: Run) -> None:
    rng, moves = story(STORIES + 1 + run.parameters["seed"])
    asked = [move["at"] for move in moves[::3]]
    asked += [text_of(rng, int(minutes)) for minutes in rng.integers(-10, 12_000, 15)]
    for at in asked:
        alias = str(rng.choice(ALIASES))
        due = hidden_answers.pointed(moves, alias, at)
        expect(run.call("live_at", moves, alias, at), f"live_at(…, {alias}, {at})").to_equal(due)


@check(
    "promote",
    points=1,
    needs="appends_a_move",
    feedback="An order may come twice, a lower number may be better, and the list is the caller's.",
)
def the_history_stays_as_it_is(run: Run) -> None:
    _, moves = story(STORIES + 2 + run.parameters["seed"])
    at = text_of(np.random.default_rng(2), 88_888)
    live = hidden_answers.pointed(moves, "champion")
    for version in (live % 8 + 1, (live - 2) % 8 + 1):
        got, after = run.inspect("promote", moves, "champion", version, live, at, "Eve", "so")
        told = {"alias": "champion", "source": live, "target": version, "kind": "promoted"}
        due = [*moves, {"at": at, **told, "who": "Eve", "why": "so"}]
        expect(got, f"promote(…, {version} after {live})").to_equal(
            {"result": "promoted", "moves": due}
        )
        expect(after, "the arguments afterwards").at(0).to_equal(moves)
        for expected in (live, version):
            again = run.call("promote", due, "champion", version, expected, at, "Eve", "so")
            what = f"promote(the same once more, expected {expected})"
            expect(again, what).to_equal({"result": "already live", "moves": due})


def played(*orders: tuple[str, int]) -> list[dict[str, Any]]:
    """Return the champion's moves: each order is a kind and a target."""
    moves: list[dict[str, Any]] = []
    for hour, (kind, target) in enumerate(orders):
        live = moves[-1]["target"] if moves else None
        told = {"alias": "champion", "source": live, "target": target, "kind": kind}
        moves.append({"at": f"2026-09-01T{hour:02}:00:00+00:00", **told, "who": "Ada", "why": "-"})
    return moves


UP, DOWN = "promoted", "rolled back"


def asked(run: Run, moves: Any, bad: int, existing: Any, due: int | None) -> None:
    order = ("2026-09-02T03:00:00+00:00", "Eve", "alerts everything")
    got, after = run.inspect("rollback", moves, "champion", bad, existing, *order)
    told = {"alias": "champion", "source": bad, "target": due, "kind": DOWN}
    new = {"at": order[0], **told, "who": order[1], "why": order[2]}
    result = {"result": "rolled back", "moves": [*moves, new]}
    if due is None:
        result = {"result": "nowhere to go", "moves": moves}
    path = ", ".join(f"{m['kind']} to {m['target']}" for m in moves if m["alias"] == "champion")
    expect(got, f"rollback(bad {bad}; champion: {path})").to_equal(result)
    expect(after, "the arguments afterwards").at(0).to_equal(moves)


@check(
    "rollback",
    points=1,
    needs="goes_to_what_was_live_before",
    feedback="A second rollback leads further back. When is what was thrown out good again?",
)
def never_back_to_what_was_thrown_out(run: Run) -> None:
    all_of_them = list(range(1, 10))
    asked(run, played((UP, 2), (UP, 5), (UP, 4), (DOWN, 5)), 5, all_of_them, 2)
    asked(run, played((UP, 2), (UP, 5), (DOWN, 2), (UP, 4)), 4, all_of_them, 2)
    asked(run, played((UP, 2), (UP, 5), (DOWN, 2), (UP, 5), (UP, 4)), 4, all_of_them, 5)
    asked(run, played((UP, 5), (UP, 2), (UP, 5), (DOWN, 2)), 2, all_of_them, None)


@check(
    "rollback",
    points=1,
    needs="goes_to_what_was_live_before",
    feedback="Live before, of this alias, and still there: all three must hold.",
)
def only_to_what_exists(run: Run) -> None:
    moves = played((UP, 3), (UP, 8), (UP, 6), (UP, 9))
    asked(run, moves, 9, [1, 2, 3, 5, 8, 9], 8)
    asked(run, moves, 9, [3, 5, 7, 9], 3)
    asked(run, moves, 9, [1, 2, 4, 9], None)
    other = {**moves[2], "alias": "shadow", "target": 7}
    asked(run, [*moves[:3], other, moves[3], other], 9, [3, 7, 9], 3)
    got = run.call("rollback", [other], "champion", 7, [7], "2026-09-02T03:00:00+00:00", "E", "-")
    expect(got, "rollback(an alias without moves)").to_equal(
        {"result": "not live", "moves": [other]}
    )


@check(
    "rollback",
    points=1,
    needs="goes_to_what_was_live_before",
    feedback="The history of this alias, from the newest move to the oldest.",
)
def holds_on_a_long_history(run: Run) -> None:
    rng, moves = story(STORIES + 3 + run.parameters["seed"], 60)
    for end in range(6, 60, 3):
        part = moves[:end]
        bad = hidden_answers.pointed(part, "champion")
        if bad is None:
            continue
        existing = [int(v) for v in rng.permutation(9) if rng.random() < 0.8]
        due = hidden_answers.goes_back_to(part, "champion", bad, existing)
        asked(run, part, bad, existing, due)
