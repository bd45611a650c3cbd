"""A confirmed drift starts one retraining, whoever looks, however often, whatever dies."""

import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from infra.monitoring.drift.detector import DriftReport, Verdict
from projects.fraud.operating.drift_watch import FEATURES, LABELS, SCORES, TESTS, WatchReport
from projects.fraud.operating.retraining import RetrainingTrigger, TriggerConfig

CONFIG = TriggerConfig(least=3, of=5, cooldown_days=14)


def report(day: int, *moved: str) -> WatchReport:
    verdicts = {w: Verdict.DRIFTED if w in moved else Verdict.STABLE for w in TESTS}
    return WatchReport(day, 500, {w: DriftReport(v, 500) for w, v in verdicts.items()})


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    return sa.create_engine(f"sqlite:///{tmp_path / 'decisions.db'}")


def played(engine: sa.Engine, days: dict[int, tuple[str, ...]]) -> list[str]:
    started: list[str] = []
    trigger = RetrainingTrigger(engine, CONFIG)
    for day, moved in days.items():
        trigger.look(report(day, *moved), started.append)
    return started


def test_three_days_of_five_start_one_and_then_it_rests(engine: sa.Engine) -> None:
    days = {day: (FEATURES,) if day not in (2, 3) else () for day in range(1, 40)}
    # Days 1, 4 and 5 are three of five; then every two weeks while it goes on.
    assert played(engine, days) == ["drift-day-5", "drift-day-19", "drift-day-33"]
    history = RetrainingTrigger(engine, CONFIG).history()
    assert "features on 3 of 5 days" in history[5].why and history[5].started_at is not None
    assert "retrained on day 5, which must show first" in history[6].why
    assert history[2].why.startswith("not confirmed: no watch")


def test_two_days_of_five_or_watches_that_take_turns_start_none(engine: sa.Engine) -> None:
    assert played(engine, {day: (LABELS,) if day % 3 == 0 else () for day in range(30)}) == []
    turns = (FEATURES, SCORES, LABELS)
    assert played(engine, {100 + day: (turns[day % 3],) for day in range(30)}) == []


def test_scores_that_move_alone_are_told_and_start_none(engine: sa.Engine) -> None:
    assert played(engine, dict.fromkeys(range(1, 9), (SCORES,))) == []
    found = RetrainingTrigger(engine, CONFIG).history()[8]
    assert found.confirmed == {SCORES} and "no ground for another model" in found.why
    # The same days with another watch are a ground.
    assert played(engine, dict.fromkeys(range(9, 12), (SCORES, FEATURES))) == ["drift-day-11"]


def test_a_day_is_decided_once_whatever_is_said_of_it_later(engine: sa.Engine) -> None:
    started = played(engine, {1: (LABELS,), 2: (LABELS,), 3: (LABELS,)})
    again = RetrainingTrigger(engine, CONFIG)
    found = again.look(report(3), started.append)
    assert started == ["drift-day-3"]
    assert found.confirmed == {LABELS} and found.retrain and not found.is_due


def test_what_could_not_be_started_is_started_by_the_next_look(engine: sa.Engine) -> None:
    def away(name: str) -> None:
        raise ConnectionError("the trainer is away")

    trigger = RetrainingTrigger(engine, CONFIG)
    for day in (1, 2):
        trigger.look(report(day, LABELS), away)
    with pytest.raises(ConnectionError):
        trigger.look(report(3, LABELS), away)
    assert trigger.history()[3].is_due
    started: list[str] = []
    restarted = RetrainingTrigger(engine, CONFIG)
    found = restarted.look(report(4, LABELS), started.append)
    assert started == ["drift-day-3"] and not found.retrain
    assert not restarted.history()[3].is_due


def test_of_several_that_look_at_once_one_decides(engine: sa.Engine) -> None:
    played(engine, {1: (LABELS,), 2: (LABELS,)})
    started: list[str] = []
    gate = threading.Barrier(4)

    def look() -> None:
        trigger = RetrainingTrigger(engine, CONFIG)
        gate.wait()
        trigger.look(report(3, LABELS), started.append)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever starts it may do so twice at once; the name is the same, and the trainer's key.
    assert set(started) == {"drift-day-3"}
    with engine.connect() as session:
        rows = session.execute(sa.text("select count(*) from retraining_decisions where retrain"))
        assert rows.scalar_one() == 1


@pytest.mark.parametrize("wrong", [{"least": 0}, {"least": 6}, {"cooldown_days": -1}])
def test_a_configuration_that_cannot_be_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must hold"):
        TriggerConfig(**wrong)
