"""Intake and compaction under crashes, with logs that nobody has seen."""

import json
import random
from typing import Any

from asking import (
    at_second,
    block_name,
    event,
    files_of,
    places_of,
    record,
    rows_seen,
)
from hidden_answers import due_batch

from autograder.checks import Run, check, expect

WORLD = "a04e6b91d3f85c27e6029b4d"
NOON = 1_780_000_000


def log_of(made: random.Random, count: int, *, gaps: bool = False) -> list[dict[str, Any]]:
    """Return records over some days, with late ones and poison among them."""
    records, offset = [], 0
    for number in range(count):
        offset += made.choice([1, 1, 1, 4]) if gaps and number else int(number > 0)
        second = NOON + 3600 * number - made.choice([0, 0, 0, 86_400, 200_000])
        told: Any = event(made.randrange(10**9), at_second(second), made.randrange(50))
        if made.random() < 0.15:
            told = made.randbytes(9) + b"\xff"
        records.append(record(offset, told, NOON + 3600.0 * number))
    return records


@check(
    "intake",
    points=1,
    needs="each_event_lies_in_its_own_day",
    feedback="Names come from the borders of the block, whatever offsets it has so far.",
)
def cuts_at_fixed_borders(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}")
    for block, partition in ((7, 3), (16, 0), (100, 41)):
        records = log_of(made, 60, gaps=True)
        got = expect(run.call("plan_simply", "t.x", partition, records, block), "plan_batch(…)")
        due = due_batch("t.x", partition, records, block)
        got.at("commit").to_equal(due["commit"])
        got.at("dead").to_equal(due["dead"])
        names = sorted(got.at("files").to_be_a(dict).value)
        expect(names, "the names of the files").to_equal(sorted(due["files"]))
        got.at("files").to_equal(due["files"])
    # Up to a border: the next block begins there.
    records = [record(n, event(n)) for n in range(14)]
    got = expect(run.call("plan_simply", "t", 0, records, 7), "plan_batch(two full blocks)")
    got.at("commit").to_equal(14)
    got = run.call("plan_simply", "t", 0, [], 7)
    expect(got, "plan_batch(no record)").to_equal({"files": {}, "dead": [], "commit": None})


@check(
    "intake",
    points=2,
    needs="commits_only_what_is_safe",
    feedback="The power may go out before any writing, and the log is longer when it is back.",
)
def survives_every_crash(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-crash")
    logs = {0: log_of(made, 23), 1: log_of(made, 16), 2: []}
    # In the second round it comes, and its block is full.
    logs[0][7]["value"] = b"poison"
    parts = [{p: one[: len(one) * n // 3] for p, one in logs.items()} for n in (1, 2, 3)]
    places = {(p, one["offset"]): one["value"] for p, log in logs.items() for one in log}
    for before in range(20):
        crashes = [None, before, None] if before else [1, None, None]
        got = expect(
            run.call("take_in_on_paper", parts, 8, crashes), f"take_in(…), crash at {before}"
        )
        rows = [place for one in got.at("files").value.values() for place in places_of(one)]
        expect(len(rows), "the number of rows in all files").to_equal(
            len({tuple(place) for place in rows})
        )
        letters = {(one["partition"], one["offset"]): one for one in got.at("letters").value}
        found = sorted({*letters, *map(tuple, rows)})
        expect(found, "the places that are in a file or a letter").to_equal(sorted(places))
        both = sorted(set(letters) & set(map(tuple, rows)))
        expect(both, "the places that are in a file and a letter").to_equal([])
        for place, letter in letters.items():
            expect(letter["value"], f"the value of letter {place}").to_equal(places[place])
        got.at("commits").to_equal({0: 16, 1: 16})
        got.at("journal", 2, "told").to_equal({0: 16, 1: 16})
        for step in got.at("journal").value:
            due_error = "Crash" if step["broke"] else None
            expect(step["error"], "the error that leaves take_in").to_equal(due_error)


@check(
    "compaction",
    points=2,
    needs="joins_what_is_closed",
    feedback="What does a reader see after each single writing, and after a second compaction?",
)
def readers_see_one_state_at_any_moment(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-compact")
    day = "2026-05-09"
    rows = {}
    for partition in range(3):
        for first in range(0, 40, 10):
            chosen = sorted(made.sample(range(first, first + 10), made.randint(1, 6)))
            rows[block_name("t", day, partition, first)] = [(partition, n) for n in chosen]
    whole = sorted([p, n] for places in rows.values() for p, n in places)
    files = files_of(rows)
    committed = {0: 30, 1: 20}
    for before in (None, 0, 1):
        got = expect(run.call("compact_on_paper", files, "t", day, committed, before), "compact(…)")
        steps = got.at("steps").value
        for number, step in enumerate(steps):
            expect(rows_seen(step), f"what a reader sees after writing {number}").to_equal(whole)
        got.at("error").to_equal(None if before is None else "Crash")
        expect(len(steps[-1]["live"]), "the number of live files").to_equal(
            8 if before is None else 12
        )
        again = expect(
            run.call("compact_on_paper", got.at("files").value, "t", day, {0: 40, 1: 30}),
            "compact(…), called again",
        )
        last = again.at("steps").value[-1]
        expect(rows_seen(last), "what a reader sees then").to_equal(whole)
        number = 2 if before is None else 1
        again.at("told").to_equal(f"t/day={day}/manifest-{number:06d}.json")
        expect(len(last["live"]), "the number of live files then").to_equal(6)
        kept = {**again.at("files").value, **got.at("files").value}
        expect(again.at("files").value, "all files; none may change or go").to_equal(kept)
        for name, content in files.items():
            again.at("files", name).to_equal(content)


@check(
    "compaction",
    points=1,
    needs="joins_what_is_closed",
    feedback="Two compact at once, and one knows more. Whose manifest counts, whose file is it?",
)
def two_compact_at_once(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-two")
    day = "2026-05-09"
    rows = {
        block_name("t", day, partition, first): [(partition, first + made.randrange(10))]
        for partition, end in ((0, 50), (1, 20))
        for first in range(0, end, 10)
    }
    whole = sorted([p, n] for places in rows.values() for p, n in places)
    # The last two join equally many rows, and not the same.
    for mine, theirs in (({0: 20}, {0: 40}), ({0: 40}, {0: 20}), ({0: 20}, {1: 20})):
        args = ("t", day, mine, None, theirs)
        got = expect(run.call("compact_on_paper", files_of(rows), *args), "compact(…), twice")
        got.at("told").to_equal(None)
        step = {"live": got.at("steps", -1, "live").value, "files": got.at("files").value}
        expect(rows_seen(step), "what a reader sees afterwards").to_equal(whole)
        names = [name for name in step["files"] if name.endswith(".json")]
        expect(names, "the manifests").to_equal([f"t/day={day}/manifest-000001.json"])
        held = json.loads(step["files"][names[0]])["holds"]
        expect(len(held), "the blocks that count as joined").to_equal(sum(theirs.values()) // 10)
