"""Aliases move in a real store, and the store remembers who moved them when and why."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from autograder.errors import CourseError
from infra.tracking.alias_history import write_move
from infra.tracking.alias_moves import AliasMove, MoveKind
from infra.tracking.configuration import TrackingConfig
from infra.tracking.registry import Registry

Versions = Callable[[int], str]


@pytest.fixture(scope="module")
def client(config: TrackingConfig) -> MlflowClient:
    return MlflowClient(tracking_uri=config.uri, registry_uri=config.uri)


def now() -> datetime:
    return datetime.now(UTC)


def test_the_history_tells_who_moved_what_when_and_why(
    registry: Registry, config: TrackingConfig, versions_of: Versions
) -> None:
    model, before = versions_of(2), now()
    registry.promote(model, 1, who="ada", why="the first")
    registry.promote(model, 2, who="grace", why="better by 0.02")
    first, second = Registry(config).history(model)
    assert (first.who, first.source, first.target, first.why) == ("ada", None, 1, "the first")
    assert (second.who, second.source, second.target) == ("grace", 1, 2)
    assert before <= first.at < second.at <= now() + timedelta(seconds=1)
    assert registry.live(model) == 2


def test_what_was_live_at_each_time_is_known(registry: Registry, versions_of: Versions) -> None:
    model, start = versions_of(3), now()
    moves = [registry.promote(model, number, who="ada", why="w") for number in (1, 2, 3)]
    assert registry.live_at(model, start - timedelta(days=1)).version is None
    for move in moves:
        found = registry.live_at(model, move.at)
        assert (found.version, found.move, found.certain) == (move.target, move, True)
    with pytest.raises(CourseError, match="is to come"):
        registry.live_at(model, now() + timedelta(hours=1))


def test_rollback_leads_back_one_version_at_a_time(
    registry: Registry, versions_of: Versions
) -> None:
    model = versions_of(3)
    for number in (1, 2, 3):
        registry.promote(model, number, who="ada", why="w")
    back = registry.rollback(model, who="grace", why="alarms")
    assert (back.source, back.target, back.kind) == (3, 2, MoveKind.ROLLED_BACK)
    assert registry.rollback(model, who="grace", why="still alarms").target == 1
    assert registry.live(model) == 1
    with pytest.raises(CourseError, match="no earlier version"):
        registry.rollback(model, who="grace", why="more alarms")
    assert registry.rollback(model, who="grace", why="all clear", to=3).target == 3
    assert registry.live(model) == 3
    assert len(registry.history(model)) == 6


def test_the_history_outlives_a_version_and_rollback_passes_it_over(
    registry: Registry, client: MlflowClient, versions_of: Versions
) -> None:
    model = versions_of(3)
    moves = [registry.promote(model, number, who="ada", why="w") for number in (1, 2, 3)]
    client.delete_model_version(model, "2")
    assert registry.history(model) == moves
    assert registry.live_at(model, moves[1].at).version == 2
    assert registry.rollback(model, who="ada", why="w").target == 1


def test_aliases_have_histories_of_their_own(registry: Registry, versions_of: Versions) -> None:
    model = versions_of(2)
    registry.promote(model, 1, who="ada", why="w")
    registry.promote(model, 2, who="ada", why="w", alias="champion-eu")
    assert [move.target for move in registry.history(model)] == [1]
    assert [move.target for move in registry.history(model, "champion-eu")] == [2]


def test_promoting_what_is_live_changes_nothing(registry: Registry, versions_of: Versions) -> None:
    model = versions_of(1)
    move = registry.promote(model, 1, who="ada", why="w")
    assert registry.promote(model, 1, who="ada", why="again") == move
    assert registry.history(model) == [move]


def test_a_retired_alias_points_at_nothing(registry: Registry, versions_of: Versions) -> None:
    model = versions_of(1)
    with pytest.raises(CourseError, match="points at nothing"):
        registry.retire(model, who="ada", why="w")
    registry.promote(model, 1, who="ada", why="w")
    retired = registry.retire(model, who="ada", why="replaced by rules")
    assert registry.live(model) is None
    assert registry.live_at(model, retired.at).version is None
    assert registry.rollback(model, who="ada", why="rules were worse").target == 1


def test_a_move_that_nobody_recorded_is_noticed(
    registry: Registry, client: MlflowClient, versions_of: Versions
) -> None:
    model = versions_of(3)
    registry.promote(model, 1, who="ada", why="w")
    client.set_registered_model_alias(model, "champion", "2")
    doubtful = registry.live_at(model, now())
    assert (doubtful.version, doubtful.certain) == (1, False)
    registry.promote(model, 3, who="ada", why="w")
    kinds = [(move.kind, move.source, move.target) for move in registry.history(model)]
    assert kinds[1:] == [(MoveKind.FOUND, 1, 2), (MoveKind.PROMOTED, 2, 3)]
    assert registry.live_at(model, now() + timedelta(microseconds=-1)).certain


def test_a_writer_that_dies_between_record_and_move_leaves_a_doubt_not_a_lie(
    registry: Registry, versions_of: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = versions_of(2)
    registry.promote(model, 1, who="ada", why="w")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(MlflowClient, "set_registered_model_alias", die)
        registry.promote(model, 2, who="ada", why="w")
    assert registry.live(model) == 1
    assert not registry.live_at(model, now()).certain
    registry.promote(model, 2, who="ada", why="w")
    assert registry.live(model) == 2
    assert registry.live_at(model, now()).certain


def test_a_move_that_the_store_refuses_is_not_recorded(
    registry: Registry, versions_of: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = versions_of(2)
    registry.promote(model, 1, who="ada", why="w")

    def refuse(*_: object) -> None:
        raise MlflowException("the disk is full")

    with monkeypatch.context() as patched, pytest.raises(CourseError, match="disk is full"):
        patched.setattr(MlflowClient, "set_registered_model_alias", refuse)
        registry.promote(model, 2, who="ada", why="w")
    assert [move.target for move in registry.history(model)] == [1]
    assert registry.live_at(model, now()).certain


def test_two_who_move_at_once_lose_no_record(
    config: TrackingConfig, registry: Registry, versions_of: Versions
) -> None:
    model = versions_of(8)
    barrier = threading.Barrier(4)

    def mover(name: str, numbers: tuple[int, int]) -> None:
        own = Registry(config)
        barrier.wait()
        for number in numbers:
            own.promote(model, number, who=name, why=f"version {number}")

    threads = [
        threading.Thread(target=mover, args=(f"mover-{n}", (2 * n + 1, 2 * n + 2)))
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    recorded = {
        (move.who, move.target)
        for move in registry.history(model)
        if move.kind is MoveKind.PROMOTED
    }
    assert recorded == {(f"mover-{n}", 2 * n + half) for n in range(4) for half in (1, 2)}


def test_moves_of_one_instant_do_not_overwrite_each_other(
    registry: Registry, client: MlflowClient, versions_of: Versions
) -> None:
    model, at = versions_of(2), now()
    for who in ("ada", "grace"):
        write_move(client, model, "champion", AliasMove(at, who, 1, 2, "w", MoveKind.PROMOTED))
    assert {move.who for move in registry.history(model)} == {"ada", "grace"}


def test_a_move_says_who_and_why(registry: Registry, versions_of: Versions) -> None:
    model = versions_of(1)
    for who, why in (("", "w"), ("ada", " "), ("ada", "w" * 6000)):
        with pytest.raises(CourseError, match="must say who and why"):
            registry.promote(model, 1, who=who, why=why)
    assert registry.history(model) == []
    assert registry.live(model) is None


def test_a_version_that_is_not_there_is_not_promoted(
    registry: Registry, versions_of: Versions
) -> None:
    model = versions_of(1)
    with pytest.raises(CourseError, match=f"version 9 of {model}"):
        registry.promote(model, 9, who="ada", why="w")
    assert registry.versions(model) == [1]


def test_a_tag_spoilt_by_hand_is_named(
    registry: Registry, client: MlflowClient, versions_of: Versions
) -> None:
    model = versions_of(1)
    client.set_registered_model_tag(model, "alias_move/champion/20260101", "moved it")
    with pytest.raises(CourseError, match="alias_move/champion/20260101"):
        registry.history(model)
