"""Hidden checks of the stream and the backfill: the same numbers, whatever came when."""

from typing import Any

import pandas as pd
from checks import fed, number, plain
from hidden_checks import dice
from hidden_reference import Judge, arrivals, definition_of, due, size_of, span

from autograder.checks import Run, check, expect

KINDS: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("count", {}, 300),
    ("sum", {"present": True}, 600),
    ("mean", {"delay": 900, "window": 1_800}, 300),
    ("max", {"delay": 100, "window": 600}, 900),
    ("std", {"tile": 60, "delay": 1_200, "present": True}, 0),
)


def expect_answers(
    run: Run, definition: dict[str, Any], state: Any, judge: Judge, chance: Any, asked: int = 6
) -> None:
    """Ask at the watermark and later, and hold the answers to a count over what was accepted."""
    low = judge.watermark
    steps = [0, *(60 * chance.randrange(60) + chance.choice((0, 0, 1)) for _ in range(asked))]
    questions = [(f"card-{chance.randrange(4)}", low + step) for step in steps]
    got = expect(run.call("ask_all", definition, state, questions), "the answers of ask")
    got.to_have_length(len(questions))
    tol = 1e-6 if definition["aggregate"] == "std" else 1e-9
    for place, (key, at) in enumerate(questions):
        wanted = number(due(definition, judge.accepted.values(), key, at))
        what = f"ask({definition['aggregate']}, {at - low} s after the watermark)"
        expect(number(got.at(place).value), what).to_equal(wanted, tol=tol)


@check(
    "stream",
    points=2,
    needs="answers_of_a_short_stream",
    feedback="Ask right at the watermark, and with a delay: may a tile be closed, or let go, while "
    "a question can still cut through it? Do copies count?",
)
def equals_batch_under_disorder(run: Run) -> None:
    chance = dice(run, "stream")
    for aggregate, changes, lateness in KINDS:
        definition = definition_of(aggregate, **changes)
        events = arrivals(chance, 130, span_of=14_400, disorder=lateness + 200, cards=3)
        judge, state = Judge(lateness), None
        for start in range(0, len(events), 25):
            batch = events[start : start + 25]
            for event in batch:
                judge.take(event)
            state, _ = fed(run, definition, lateness, state, batch)
            expect_answers(run, definition, state, judge, chance)


@check(
    "stream",
    points=1,
    needs="outcomes_of_arrivals",
    feedback="The watermark belongs to all keys together, moves with every accepted event, and is "
    "the same whether events come in one call or in many. Late is asked before duplicate.",
)
def judges_each_event_as_it_comes(run: Run) -> None:
    chance = dice(run, "outcomes")
    for lateness in (0, 240, 1_500):
        events = arrivals(chance, 120, span_of=7_200, disorder=600, cards=5)
        judge, state = Judge(lateness), None
        for size in (1, 2, 40, 200):
            batch, events = events[:size], events[size:]
            wanted = [judge.take(event) for event in batch]
            state, outcomes = fed(run, definition_of("count"), lateness, state, batch)
            outcomes.to_equal(wanted)
        # Once more what is just in time, and comes back in a later call.
        last = {"event_id": "last", "card": "card-0", "at": judge.watermark, "amount": 1.0}
        for wanted in (["accepted"], ["duplicate"], ["duplicate"]):
            state, outcomes = fed(run, definition_of("count"), lateness, state, [last])
            outcomes.to_equal(wanted)


@check(
    "stream",
    points=1,
    needs="equals_batch_under_disorder",
    feedback="Feed a month of cards that never come back, and count what is left in the state: "
    "events, tiles, keys and ids.",
)
def forgets_what_no_one_can_ask(run: Run) -> None:
    chance = dice(run, "forgets")
    definition = definition_of("sum")
    state, sizes, start = None, [], 1_760_000_400
    for day in range(8):
        batch = [
            {"event_id": f"{day}-{n}", "card": f"c{day}-{n}", "at": start + 60 * n, "amount": 1.5}
            for n in range(300)
        ]
        start += 86_400
        state, _ = fed(run, definition, 600, state, batch)
        sizes.append(size_of(state))
    got = run.call("ask", definition, state, "c7-299", batch[-1]["at"] + 1)
    expect(number(got), "ask for the last card").to_equal(1.5, tol=1e-9)
    # About 40 cards are within the window; a card with its tile and its id takes some 15 values.
    due_size = "the values in the state after 2,400 payments of as many cards, 40 of them in reach"
    expect(max(sizes) <= 2_000, due_size).to_be_true(
        f"at most 2,000 are plenty; there are {max(sizes):,}"
    )
    lone = [{"event_id": "lone", "card": "x", "at": start + 90_000 + chance.randrange(60)}]
    state, _ = fed(run, definition, 600, state, [{**lone[0], "amount": 2.0}])
    expect(size_of(state) <= 120, "the state a day later").to_be_true(
        f"one payment alone is in reach, and the state holds {size_of(state):,} values"
    )


@check(
    "stream",
    points=1,
    needs="equals_batch_under_disorder",
    feedback="Of a tile that lies wholly before the watermark minus the delay, one partial is "
    "enough; the events themselves can go.",
)
def keeps_partials_of_closed_tiles(run: Run) -> None:
    chance = dice(run, "partials")
    definition = definition_of("mean", window=21_600, tile=900, delay=600)
    events = arrivals(chance, 3_000, span_of=21_600, disorder=0, cards=1, grid=1)
    judge = Judge(60)
    judge.accepted = {event["event_id"]: event for event in events}
    state = None
    for start in range(0, len(events), 1_700):
        state, _ = fed(run, definition, 60, state, events[start : start + 1_700])
    expect_answers(run, definition, state, judge, chance, asked=3)
    held = size_of(state)
    expect(held <= 4_200, "the values in the state, of 3,000 payments of one card").to_be_true(
        f"at most 4,200 are plenty (25 tiles, and some 220 payments of the last 26 minutes); "
        f"there are {held:,}"
    )


@check(
    "backfill",
    points=1,
    needs="plan_of_three_chunks",
    feedback="Take the first and the last second of a chunk and ask what their windows hold: the "
    "delay and the present move the span, and the tile moves its beginning.",
)
def reads_what_its_windows_need(run: Run) -> None:
    chance = dice(run, "plan")
    for aggregate, changes, _ in KINDS:
        definition = definition_of(aggregate, **changes)
        tile = definition["tile"]
        start = 1_760_000_000 + chance.randrange(9_999)
        until, chunk = start + chance.randrange(9_000, 20_000), chance.randrange(700, 4_000)
        got = expect(run.call("plan", definition, start, until, chunk), f"plan({changes})")
        firsts = list(range(start, until, chunk))
        got.to_have_length(len(firsts))
        for place, first in enumerate(firsts):
            end = min(first + chunk, until)
            got.at(place).at("rows").to_equal([first, end])
            read = got.at(place).at("events").to_have_length(2)
            oldest, newest = span(definition, first)[0], span(definition, end - 1)[1]
            read.at(0).to_be_between(oldest - tile, oldest)
            read.at(1).to_be_between(newest, newest + tile)
    one = run.call("plan", definition, 5_000, 5_010, 10_000)
    expect(one, "plan(a chunk longer than all)").at(0).at("rows").to_equal([5_000, 5_010])


def work(run: Run, definition: dict[str, Any], job: dict[str, int], history: Any) -> Any:
    """Do every chunk of a job and return the last checkpoint."""
    checkpoint, following = None, job["start"]
    while following < job["until"]:
        following = min(following + job["chunk"], job["until"])
        answer = run.call("advance", definition, job, checkpoint, history)
        got = expect(plain(answer, "the checkpoint"), "advance(…)")
        got.at("next").to_equal(following)
        got.at("done").to_equal(following == job["until"])
        got.at("state")
        checkpoint = got.value
    return checkpoint


@check(
    "backfill",
    points=1,
    needs="chunks_make_the_state",
    feedback="Try chunks of a minute and of a year, a history in random order that goes on beyond "
    "until, events on the edges of chunks, and a log that begins before until.",
)
def any_chunk_then_the_stream(run: Run) -> None:
    chance = dice(run, "backfill")
    for chunk, (aggregate, changes, lateness) in zip((1_200, 60 * 7, 10**7), KINDS, strict=False):
        definition = definition_of(aggregate, **changes)
        events = arrivals(chance, 110, span_of=5_400, disorder=0, cards=3)
        start = min(event["at"] for event in events) - 400
        until = start + 400 + 60 * chance.randrange(50, 60)
        # Two events lie in the last minutes before `until` and came too late for the table.
        tardy = [event for event in events if until - min(lateness, 240) <= event["at"] < until]
        tardy_ids = {event["event_id"] for event in tardy[:2]}
        table = [event for event in events if event["event_id"] not in tardy_ids]
        history = pd.DataFrame(table).sample(frac=1, random_state=chance.randrange(2**31))
        job = {"start": start, "until": until, "chunk": chunk, "lateness": lateness}
        checkpoint = work(run, definition, job, history)
        log = [event for event in events if event["at"] >= until - 900]
        judge = Judge(lateness)
        for event in sorted(table, key=lambda event: event["at"]):
            if event["at"] < until:
                judge.accepted[event["event_id"]] = event
        expect_answers(run, definition, checkpoint["state"], judge, chance)
        wanted = [judge.take(event) for event in log]
        state, outcomes = fed(run, definition, lateness, checkpoint["state"], log)
        outcomes.to_equal(wanted)
        expect_answers(run, definition, state, judge, chance)


@check(
    "backfill",
    points=1,
    needs="chunks_make_the_state",
    feedback="A run died after it had begun a chunk: its old checkpoint, table and job must be as "
    "they were, and a checkpoint that is done stays as it is.",
)
def a_checkpoint_can_be_used_again(run: Run) -> None:
    chance = dice(run, "again")
    definition = definition_of("sum")
    events = arrivals(chance, 60, span_of=3_600, disorder=1_800, cards=2)
    start = min(event["at"] for event in events)
    job = {"start": start, "until": start + 3_600, "chunk": 900, "lateness": 300}
    history = pd.DataFrame(events)
    first = plain(run.call("advance", definition, job, None, history), "the checkpoint")
    second, after = run.inspect("advance", definition, job, first, history)
    expect(after, "the arguments afterwards").at(1).to_equal(job)
    expect(after, "the arguments afterwards").at(2).to_equal(first)
    expect(after, "the arguments afterwards").at(3).to_equal(history, exact=True)
    expect(plain(second, "the checkpoint"), "advance(…)").at("next").to_equal(start + 1_800)
    judge = Judge(300)
    judge.accepted = {e["event_id"]: e for e in events if e["at"] < start + 1_800}
    expect_answers(run, definition, second["state"], judge, chance)
    last = work(run, definition, {**job, "chunk": 3_600}, history)
    again = plain(run.call("advance", definition, {**job, "chunk": 3_600}, last, history), "it")
    expect(again, "advance(a checkpoint that is done)").at("next").to_equal(start + 3_600)
    expect(again, "advance(a checkpoint that is done)").at("done").to_equal(True)
    judge.accepted = {event["event_id"]: event for event in events}
    expect_answers(run, definition, again["state"], judge, chance)
    empty = {**job, "start": start - 1_800, "until": start}
    quiet = plain(run.call("advance", definition, empty, None, history), "the checkpoint")
    expect(quiet, "advance(a chunk without events)").at("next").to_equal(start - 900)
    got = run.call("ask", definition, quiet["state"], "card-0", start)
    expect(number(got), "ask after a chunk without events").to_equal(0.0)
