"""Documents in any order and by two at once; freshness and completeness of any log."""

import random
import threading
import time
from typing import Any

from asking import at_second, event
from hidden_answers import reconciled
from on_parts import connected, database, left_of, plant

from autograder.checks import Run, check, expect

WORLD = "7d20c9f6418be35a90e1c8b2"
_PATIENCE_SECONDS = 5.0


@check(
    "documents",
    points=1,
    needs="the_newest_stays",
    feedback="Any order, equal times, the same event again: which one of a card must stay?",
)
def any_order_ends_the_same(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}")
    now = time.time()
    cards = [8_000_000_000 + made.randrange(10**6) * 10 + n for n in range(4)]
    events = []
    # The first card's oldest comes first and has expired; all of the second card's have.
    newest, oldest = 90_000, 270_000
    first = [event(n, at_second(now - n), cards[0]) for n in (oldest, newest)]
    for place, card in enumerate(cards):
        times = [now - (oldest if place == 1 else 90_000 * made.randrange(1, 4)) for _ in range(6)]
        numbers = made.sample(range(9, 1200), 6)
        events += [event(n, at_second(at), card) for n, at in zip(numbers, times, strict=True)]
    events += made.sample(events, 6)
    made.shuffle(events)
    events = first + events
    due, told, known = {}, [], {}
    for one in events:
        rank = (one["at"], one["transaction_id"])
        told.append(rank > known.get(one["customer_id"], ("", 0)))
        if told[-1]:
            known[one["customer_id"]], due[one["customer_id"]] = rank, one
    with database(run) as connection:
        # Those of the day before yesterday and earlier have expired.
        got = run.call("remember_all", events, 200_000)
        expect(got, "remember(…), for 32 events").to_equal(told)
        asked = "SELECT card, document FROM recent WHERE card = ANY(%s)"
        found = dict(connection.execute(asked, [cards]).fetchall())
        expect(found, "the documents in Postgres").to_equal(due)
        ends = {card: known[card][0] >= at_second(now - 199_000) for card in cards}
        got = run.call("recall_all", cards)
        expect(got, "recall(…)").to_equal([due[card] if ends[card] else None for card in cards])


@check(
    "documents",
    points=1,
    needs="the_newest_stays",
    feedback="Somebody else writes a newer event of the card between your look and your write.",
)
def two_write_at_once(run: Run) -> None:
    now = time.time()
    card = 8_900_000_000 + random.Random(f"{WORLD}-{run.parameters['seed']}-two").randrange(10**6)
    old, new = (event(n, at_second(now - ago), card) for n, ago in ((1, 900), (2, 60)))
    with database(run) as watching, connected(run) as other:
        entered = threading.Event()

        def finish(transaction: Any) -> None:
            """Commit the newer event once the notebook waits for it, or does not within a while."""
            entered.set()
            until = time.monotonic() + _PATIENCE_SECONDS
            asked = "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
            while time.monotonic() < until:
                if watching.execute(asked, [other.info.backend_pid]).fetchone()[0]:
                    break
                time.sleep(0.02)
            transaction.__exit__(None, None, None)

        transaction = other.transaction()
        transaction.__enter__()
        other.execute(
            "INSERT INTO recent VALUES (%s, %s, 2, %s::jsonb, now() + interval '1 hour')",
            [card, new["at"], f'{{"transaction_id": 2, "customer_id": {card}}}'],
        )
        thread = threading.Thread(target=finish, args=[transaction], daemon=True)
        thread.start()
        entered.wait()
        told = run.call("remember_all", [old], 86_400)
        thread.join()
        asked = "SELECT number FROM recent WHERE card = %s"
        found = watching.execute(asked, [card]).fetchall()
        expect(found, "the number that is kept").to_equal([(2,)])
        expect(told, "remember(an older event) meanwhile").to_equal([False])


@check(
    "documents",
    points=1,
    needs="sweeps_what_has_expired",
    feedback="At most so many, and those first that expired first.",
)
def sweeps_the_oldest_first(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-sweep")
    now = time.time()
    cards = [8_500_000_000 + n for n in range(30)]
    ages = made.sample(range(10, 4000), len(cards))
    expires = [now - age if n % 3 else now + age for n, age in enumerate(ages)]
    with database(run) as connection:
        plant(connection, cards, expires)
        order = sorted((second, card) for second, card in zip(expires, cards, strict=True))
        gone: set[int] = set()
        for most, count in ((6, 6), (0, 0), (9, 9), (100, 5)):
            expect(run.call("sweep_real", most), f"sweep({most})").to_equal(count)
            gone |= {card for _, card in order[len(gone) : len(gone) + count]}
            left = [card for card in cards if card not in gone]
            expect(left_of(connection, cards), f"the cards left after sweep({most})").to_equal(left)


@check(
    "freshness",
    points=1,
    needs="the_slowest_partition_decides",
    feedback="Nothing to do, nothing known, a clock that is ahead: up to when is each complete?",
)
def knows_up_to_when(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-fresh")
    for count in (0, 1, 1, 2, 4, 4, 8, 8):
        now = 1.5e9 + made.randrange(10**6)
        state, upto, behind = [], now, []
        for partition in made.sample(range(50), count):
            end = made.randrange(100)
            stored = made.choice([end, end + 3, max(0, end - made.randrange(1, 9))])
            newest = now - made.choice([5.0, 300.0, 4000.0, -60.0])
            told = {"partition": partition, "end": end, "stored": stored, "newest": newest}
            state.append(told)
            if stored < end:
                behind.append(partition)
                upto = newest if newest < upto else upto
        due: dict[str, Any] = {"watermark": upto, "lag": now - upto, "behind": sorted(behind)}
        got = run.call("freshness", state, now)
        expect(got, f"freshness({state}, {now})").to_equal(due)
        idle = {"partition": 90, "end": 4, "stored": 4, "newest": None}
        got = run.call("freshness", [*state, idle], now)
        expect(got, "freshness(…, and one that never had an event)").to_equal(due)
        unknown = {"partition": 91, "end": 4, "stored": 0, "newest": None}
        due = {"watermark": None, "lag": None, "behind": sorted([*behind, 91])}
        got = run.call("freshness", [unknown, *state], now)
        expect(got, "freshness(…, and one of which nothing is stored)").to_equal(due)


@check(
    "freshness",
    points=2,
    needs="nothing_is_lost_and_nothing_twice",
    feedback="Place by place: a row twice, a row and a letter, what the log has already forgotten.",
)
def finds_what_is_lost_or_twice(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-places")
    for _ in range(4):
        begins = {p: made.randrange(40) for p in made.sample(range(20), 3)}
        log = {p: [begin, begin + made.choice([0, 9, 40])] for p, begin in begins.items()}
        rows, letters = [], []
        for partition, (begin, end) in log.items():
            for offset in range(max(0, begin - 5), end + 4):
                fate = made.random()
                rows += [[partition, offset]] * (fate < 0.8)
                rows += [[partition, offset]] * (fate < 0.1)
                letters += [[partition, offset]] * (0.75 < fate < 0.95)
                letters += [[partition, offset]] * (0.85 < fate < 0.95)
        rows.append([77, 1])
        made.shuffle(rows)
        got = run.call("reconcile", log, rows, letters)
        expect(got, "reconcile(three partitions)").to_equal(reconciled(log, rows, letters))
