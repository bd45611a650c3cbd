"""A stream gives the batch's answers, however late, shuffled and repeated its events come."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_samples import START, assert_answers, by_brute_force, every_aggregation, made_events

from infra.features.batch import window_features
from infra.features.definition import Aggregation, FeatureSet, WindowAggregate
from infra.features.errors import FeatureError, SnapshotError
from infra.features.on_stream import Arrival, StreamConfig, WindowState
from infra.features.snapshot import restore_snapshot, take_snapshot

LATENESS = timedelta(hours=6)


def arrivals(events: pd.DataFrame, lateness: timedelta, seed: int) -> pd.DataFrame:
    """Order events as they arrive: each one up to `lateness` after it happened, copies too."""
    delay = np.random.default_rng(seed).random(len(events)) * lateness.total_seconds()
    return events.iloc[np.argsort(events["at"] + pd.to_timedelta(delay, unit="s"))]


def streamed(state: WindowState, events: pd.DataFrame, at: pd.DataFrame) -> dict[str, Any]:
    """Ask for each row of `at` before anything arrives, and gather what is settled."""
    for index, row in zip(at.index, at.itertuples(), strict=True):
        state.ask(str(index), row.card, row.at)
    return gathered(state, events)


def gathered(state: WindowState, events: pd.DataFrame) -> dict[str, Any]:
    found = {}
    for event in events.to_dict("records"):
        state.add(event)
        found |= {answer.question: answer.features for answer in state.settled()}
    return found


def as_frame(features: FeatureSet, found: dict[str, Any], at: pd.DataFrame) -> pd.DataFrame:
    rows = [found[str(index)] for index in at.index]
    return pd.DataFrame(rows, index=at.index, columns=list(features.names))


def last_word(at: pd.Timestamp) -> pd.DataFrame:
    """Return an event of another card so late in time that every question is settled."""
    rest = {"card": [-1], "at": [at], "amount": [1.0], "shop": ["x"]}
    return pd.DataFrame({"event": ["last"], **rest})


@pytest.mark.parametrize(("closed", "delay"), [("left", 0.0), ("right", 0.0), ("right", 7.0)])
def test_a_stream_equals_the_batch_to_the_last_bit(closed: str, delay: float) -> None:
    features = every_aggregation(closed=closed, delay_days=delay)
    events = made_events(600, 6, 60).reset_index(drop=True)
    state = WindowState(features, StreamConfig(LATENESS, tidy_every=50))
    coming = pd.concat([arrivals(events, LATENESS, 1), last_word(START + timedelta(days=90))])
    found = as_frame(features, streamed(state, coming, events), events)
    due = window_features(features, events).astype(float)
    pd.testing.assert_frame_equal(found.astype(float), due, check_exact=True)
    assert state.arrivals[Arrival.LATE] == 0 and state.arrivals[Arrival.DUPLICATE] == 30


_times = st.integers(0, 72)
_event = st.tuples(_times, st.integers(0, 2), st.integers(-500, 500), st.integers(0, 3))


@settings(max_examples=40, deadline=None)
@given(
    drawn=st.lists(_event, min_size=1, max_size=25),
    questions=st.lists(st.tuples(_times, st.integers(0, 2)), min_size=1, max_size=6),
    lateness=st.integers(0, 30),
    closed=st.sampled_from(["left", "right"]),
    delay=st.sampled_from([0.0, 0.5]),
    tidy=st.integers(1, 9),
    data=st.data(),
)
def test_shuffled_and_repeated_within_the_lateness_equals_brute_force(
    drawn: list[Any],
    questions: list[Any],
    lateness: int,
    closed: str,
    delay: float,
    tidy: int,
    data: st.DataObject,
) -> None:
    features = every_aggregation(closed=closed, delay_days=delay, windows_days=(0.25, 1))
    hour = pd.Timedelta(hours=1)
    events = pd.DataFrame(
        {
            "event": [f"e{number}" for number in range(len(drawn))],
            "card": [card for _, card, _, _ in drawn],
            "at": [START + time * hour for time, _, _, _ in drawn],
            "amount": [cents / 100 for _, _, cents, _ in drawn],
            "shop": [str(shop) for _, _, _, shop in drawn],
        }
    )
    copies = data.draw(st.lists(st.sampled_from(range(len(drawn))), max_size=8))
    sent = pd.concat([events, events.iloc[copies]], ignore_index=True)
    held = data.draw(st.lists(st.integers(0, lateness), min_size=len(sent), max_size=len(sent)))
    order = np.argsort(sent["at"] + pd.to_timedelta(held, unit="h"), kind="stable")
    at = pd.DataFrame(
        {
            "card": [card for _, card in questions],
            "at": [START + time * hour for time, _ in questions],
        }
    )
    state = WindowState(features, StreamConfig(timedelta(hours=lateness), tidy))
    coming = pd.concat([sent.iloc[order], last_word(START + 200 * hour)])
    found = as_frame(features, streamed(state, coming, at), at)
    assert_answers(features, found, by_brute_force(features, sent, at))
    assert state.arrivals[Arrival.LATE] == 0
    assert state.arrivals[Arrival.ACCEPTED] == len(events) + 1


def test_a_snapshot_goes_on_as_the_state_would_have() -> None:
    features = every_aggregation(windows_days=(7,))
    events = made_events(300, 4, 40).reset_index(drop=True)
    coming = pd.concat([arrivals(events, LATENESS, 3), last_word(START + timedelta(days=60))])
    whole = WindowState(features, StreamConfig(LATENESS, tidy_every=40))
    due = streamed(whole, coming, events)
    state = WindowState(features, StreamConfig(LATENESS, tidy_every=40))
    found = streamed(state, coming.iloc[:0], events)
    for first in range(0, len(coming), 45):
        state = restore_snapshot(features, take_snapshot(state))
        found |= gathered(state, coming.iloc[first : first + 45])
    assert found == due and len(due) == len(events)
    assert take_snapshot(state) == take_snapshot(whole)


def test_a_snapshot_that_is_damaged_cut_or_of_another_definition_is_refused() -> None:
    features = every_aggregation(windows_days=(7,))
    state = WindowState(features, StreamConfig(LATENESS))
    state.add(made_events(1, 1, 1).iloc[0].to_dict())
    good = take_snapshot(state)
    bad = {
        "no snapshot": b"PK" + good,
        "damaged": good[:-3] + b"abc",
        "cut short": good[:-1],
    }
    for said, snapshot in bad.items():
        with pytest.raises(SnapshotError, match=said):
            restore_snapshot(features, snapshot)
    with pytest.raises(SnapshotError, match="another definition"):
        restore_snapshot(every_aggregation(windows_days=(8,)), good)


def counting(window: timedelta = timedelta(days=1)) -> FeatureSet:
    one = WindowAggregate("n", Aggregation.COUNT, window)
    return FeatureSet("f", "card", "at", (one,), "event")


def event(name: str, hours: float, card: int = 1) -> dict[str, Any]:
    return {"event": name, "card": card, "at": START + pd.Timedelta(hours=hours)}


def test_late_events_and_copies_are_told_and_do_not_count() -> None:
    state = WindowState(counting(), StreamConfig(timedelta(hours=2)))
    told = [
        state.add(event(name, hours))
        for name, hours in [("a", 0), ("b", 10), ("b", 10), ("c", 8), ("d", 7.99), ("a", 0)]
    ]
    assert told == ["accepted", "accepted", "duplicate", "accepted", "late", "late"]
    assert state.features_at(1, START + timedelta(hours=11)) == {"n": 3}
    assert state.watermark == (START + timedelta(hours=8)).tz_localize("UTC")


def test_an_answer_waits_until_nothing_can_change_it() -> None:
    state = WindowState(counting(), StreamConfig(timedelta(hours=2)))
    state.ask("q", 1, START + timedelta(hours=5))
    state.add(event("a", 4))
    state.add(event("b", 7))
    # An event of five o'clock is still welcome now.
    assert state.settled() == []
    state.add(event("c", 7.1))
    [answer] = state.settled()
    assert (answer.question, answer.features) == ("q", {"n": 1})
    assert state.settled() == []


def test_memory_holds_the_windows_and_no_more() -> None:
    state = WindowState(counting(timedelta(hours=10)), StreamConfig(timedelta(hours=1), 100))
    for number in range(5000):
        state.add(event(f"e{number}", number / 10, card=number // 500))
    state.forget()
    assert sum(map(len, state.histories.values())) <= 120
    assert len(take_snapshot(state)) < 5000


def test_a_question_about_what_was_let_go_is_refused() -> None:
    state = WindowState(counting(), StreamConfig(timedelta(hours=1), tidy_every=1))
    state.add(event("a", 100))
    for ask in (state.features_at, lambda card, at: state.ask("q", card, at)):
        with pytest.raises(FeatureError, match="let go"):
            ask(1, START)


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ({"card": None}, "entity is None"),
        ({"card": 1.5}, "entity is 1.5"),
        ({"event": None}, "has no 'event'"),
        ({"at": "noon"}, "no instant"),
        ({"amount": "much"}, "no number"),
        ({"shop": []}, "distinct values"),
    ],
)
def test_an_event_that_cannot_be_read_changes_nothing(spoiled: dict[str, Any], said: str) -> None:
    state = WindowState(every_aggregation(), StreamConfig(LATENESS))
    good = made_events(1, 1, 1).iloc[0].to_dict()
    before = take_snapshot(state)
    with pytest.raises(FeatureError, match=said):
        state.add({**good, **spoiled})
    with pytest.raises(FeatureError, match="has no 'shop'"):
        state.add({name: value for name, value in good.items() if name != "shop"})
    assert take_snapshot(state) == before


def test_a_stream_needs_event_ids() -> None:
    one = WindowAggregate("n", Aggregation.COUNT, timedelta(1))
    with pytest.raises(FeatureError, match="event_id"):
        WindowState(FeatureSet("f", "card", "at", (one,)), StreamConfig(LATENESS))


def test_the_state_knows_what_it_holds() -> None:
    features = every_aggregation(windows_days=(1,))
    state = WindowState(features, StreamConfig(LATENESS, tidy_every=1))
    event = made_events(1, 1, 1).to_dict("records")[0]
    card, at, name = event["card"], event["at"], event["event"]
    assert not state.holds(card, at, name)
    state.add(event)
    assert state.holds(card, at, name)
    others = [(card, at, "other"), (card, at + LATENESS, name), (card + 1, at, name)]
    assert not any(state.holds(*other) for other in others)
    state.add(event | {"event": "later", "at": at + timedelta(days=9)})
    assert not state.holds(card, at, name)
