"""What was live when, and where a rollback leads, as functions of a list of moves."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import CourseError
from infra.tracking.alias_moves import (
    AliasMove,
    MoveKind,
    live_at,
    next_time,
    rollback_target,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
VERSIONS = st.integers(1, 5)


def move(minute: float, source: int | None, target: int | None, kind: MoveKind) -> AliasMove:
    return AliasMove(START + minute * MINUTE, "ada", source, target, "a reason", kind)


def promoted(*targets: int) -> list[AliasMove]:
    sources = [None, *targets]
    return [
        move(minute, sources[minute], target, MoveKind.PROMOTED)
        for minute, target in enumerate(targets)
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[AliasMove]:
    moves: list[AliasMove] = []
    for minute in sorted(draw(st.sets(st.integers(0, 500), max_size=12))):
        source = moves[-1].target if moves else None
        kind = draw(st.sampled_from(MoveKind))
        target = None if kind is MoveKind.RETIRED else draw(VERSIONS)
        if kind is MoveKind.ROLLED_BACK:
            target = rollback_target(moves, range(1, 6))
            if target is None:
                continue
        moves.append(move(minute, source, target, kind))
    return moves


@given(histories(), st.integers(-1, 501), st.randoms())
def test_what_was_live_is_what_replaying_the_moves_gives(
    moves: list[AliasMove], minute: int, random: Random
) -> None:
    shuffled = moves[:]
    random.shuffle(shuffled)
    pointing = None
    for each in moves:
        if each.at <= START + minute * MINUTE:
            pointing = each.target
    assert live_at(shuffled, START + minute * MINUTE).version == pointing


@given(histories(), st.integers(-1, 501))
def test_later_moves_do_not_change_the_past(moves: list[AliasMove], minute: int) -> None:
    time = START + minute * MINUTE
    known = [each for each in moves if each.at <= time]
    assert live_at(moves, time).version == live_at(known, time).version
    assert live_at(moves, time).move == live_at(known, time).move


@given(histories())
def test_a_rollback_leads_to_what_was_live_before_and_was_not_rolled_back_from(
    moves: list[AliasMove],
) -> None:
    target = rollback_target(moves, range(1, 6))
    if target is None:
        return
    assert target in {each.target for each in moves}
    assert target != moves[-1].target
    since = max(place for place, each in enumerate(moves) if each.target == target)
    left = [each for each in moves[since:] if each.kind is MoveKind.ROLLED_BACK]
    assert target not in {each.source for each in left}


@given(histories())
def test_rolling_back_again_and_again_ends_and_meets_no_version_twice(
    moves: list[AliasMove],
) -> None:
    met: list[int | None] = [moves[-1].target] if moves else []
    while (target := rollback_target(moves, range(1, 6))) is not None:
        assert target not in met
        met.append(target)
        moves = [*moves, move(501 + len(met), moves[-1].target, target, MoveKind.ROLLED_BACK)]
    assert len(met) <= 6


@given(histories(), st.sets(VERSIONS))
def test_a_rollback_never_leads_to_a_version_that_is_gone(
    moves: list[AliasMove], existing: set[int]
) -> None:
    assert rollback_target(moves, existing) in existing | {None}


def test_rolling_back_twice_leads_two_versions_back() -> None:
    moves = promoted(1, 2, 3)
    assert rollback_target(moves, {1, 2, 3}) == 2
    moves.append(move(3, 3, 2, MoveKind.ROLLED_BACK))
    assert rollback_target(moves, {1, 2, 3}) == 1


def test_a_bad_version_that_was_live_twice_is_not_gone_back_to() -> None:
    moves = [*promoted(1, 3, 2, 3), move(4, 3, 2, MoveKind.ROLLED_BACK)]
    assert rollback_target(moves, {1, 2, 3}) == 1
    moves.append(move(5, 2, 3, MoveKind.PROMOTED))
    moves.append(move(6, 3, 4, MoveKind.PROMOTED))
    assert rollback_target(moves, {1, 2, 3, 4}) == 3


def test_a_deleted_version_is_passed_over() -> None:
    assert rollback_target(promoted(1, 2, 3), {1, 3}) == 1
    assert rollback_target(promoted(1), {1}) is None
    assert rollback_target([], {1}) is None


def test_a_retired_alias_goes_back_to_what_it_last_pointed_at() -> None:
    moves = [*promoted(1, 2), move(2, 2, None, MoveKind.RETIRED)]
    assert live_at(moves, START + 3 * MINUTE).version is None
    assert rollback_target(moves, {1, 2}) == 2


def test_a_move_counts_from_its_own_instant_on() -> None:
    moves = promoted(1, 2)
    assert live_at(moves, START - MINUTE).version is None
    assert live_at(moves, START).version == 1
    assert live_at(moves, START + MINUTE - timedelta(microseconds=1)).version == 1
    assert live_at(moves, START + MINUTE).version == 2
    elsewhere = (START + MINUTE).astimezone(timezone(timedelta(hours=9)))
    assert live_at(moves, elsewhere).version == 2


def test_it_is_uncertain_what_was_live_before_a_move_that_was_only_found() -> None:
    moves = [*promoted(1, 2), move(9, 2, 5, MoveKind.FOUND)]
    assert live_at(moves, START).certain
    between = live_at(moves, START + 4 * MINUTE)
    assert (between.version, between.certain) == (2, False)
    assert live_at(moves, START + 9 * MINUTE).certain


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(CourseError, match="no time zone"):
        live_at(promoted(1), datetime(2026, 1, 1))


@given(histories(), st.integers(-5, 600))
def test_a_clock_that_is_behind_does_not_put_a_move_into_the_past(
    moves: list[AliasMove], minute: int
) -> None:
    now = START + minute * MINUTE
    time = next_time(moves, now)
    assert time >= now
    assert all(time > each.at for each in moves)
    assert time == now or time - max(each.at for each in moves) == timedelta(microseconds=1)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.timezones()),
    st.text(),
    st.none() | VERSIONS,
    st.sampled_from(MoveKind),
)
def test_a_move_reads_back_as_it_was_written(
    at: datetime, why: str, target: int | None, kind: MoveKind
) -> None:
    written = AliasMove(at, "ada", 1, target, why, kind)
    read = AliasMove.from_json(written.to_json())
    assert read == written.__class__(at.astimezone(UTC), "ada", 1, target, why, kind)
