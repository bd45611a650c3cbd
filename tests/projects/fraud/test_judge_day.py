"""A night's command judges a day, decides once, and makes one challenger, whatever dies between."""

import threading
import time
from pathlib import Path

import nights
import pandas as pd
import pytest
import sqlalchemy as sa
from nights import NAME, Lab, Template

from autograder.errors import CourseError
from infra.tracking.promotion_gate import Reason
from projects.fraud import columns as c
from projects.fraud.learning.learning_run import Learned
from projects.fraud.learning.provenance import learned_from, made_for
from projects.fraud.operating import challenger, nightly
from projects.fraud.operating.canary import CanaryVerdict
from projects.fraud.operating.comparing import gate_reasons, held_back, newest_of
from projects.fraud.operating.drift_watch import FEATURES
from projects.fraud.operating.one_at_a_time import one_at_a_time

CHANGE = 72


class Killed(BaseException):
    """Stand for the end of a process, which no handler of errors sees."""


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return Template(tmp_path_factory.mktemp("good"), nights.well_learned())


@pytest.fixture
def lab(good: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    return good.lab(tmp_path, monkeypatch)


def test_a_day_without_drift_is_decided_and_nothing_is_made(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.write(nights.world())
    metrics = lab.folder / "drift.prom"
    assert lab.night(75, "--metrics", str(metrics)) == 0
    told = capsys.readouterr().out
    assert "compared with days 49 to 69" in told and "nothing to do" in told
    decided = lab.history
    assert list(decided) == [75] and not decided[75].retrain
    assert lab.versions == [1] and lab.live == 1
    assert "fraud_retraining_due 0.0" in metrics.read_text()
    assert lab.night(75) == 0
    assert "day 75 was decided at" in capsys.readouterr().out
    assert lab.history == decided


def test_drift_confirmed_over_days_makes_one_challenger_which_is_refused(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.write(nights.dearer(nights.world(), CHANGE))
    for day in (CHANGE, CHANGE + 1):
        assert lab.night(day) == 0
        assert lab.versions == [1], capsys.readouterr().out
    assert lab.night(CHANGE + 2) == 0
    told = capsys.readouterr().out
    assert "retrain: " in told and "features on 3 of 5 days" in told
    assert "refused: version 2 against version 1 on days 61 to 67" in told
    assert "not shown to be better than the champion" in told
    assert lab.versions == [1, 2] and lab.live == 1
    assert made_for(lab.registering, "drift-day-74") == 2
    made = learned_from(lab.registering, 2)
    assert (made.first_day, made.last_day, made.boosting) == (47, 53, nights.GOOD)
    lineage = lab.registry.version(NAME, 2).lineage
    assert (
        lineage.data_hash and lineage.data_hash != lab.registry.version(NAME, 1).lineage.data_hash
    )
    found = lab.history
    assert [day for day, one in found.items() if one.retrain] == [74]
    assert FEATURES in found[74].confirmed and not found[74].is_due
    # The same night once more, and the next one, which rests.
    assert lab.night(74) == 0 and lab.night(75) == 0
    assert "which must show first" in capsys.readouterr().out
    assert lab.versions == [1, 2]


def drifted_until_due(lab: Lab) -> None:
    lab.write(nights.dearer(nights.world(), CHANGE))
    for day in (CHANGE, CHANGE + 1, CHANGE + 2):
        assert lab.night(day, "--no-start") == 0
    assert lab.history[74].is_due and lab.versions == [1]


def test_a_better_challenger_takes_the_champions_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = Template(tmp_path, nights.hasty()).lab(tmp_path / "lab", monkeypatch)
    drifted_until_due(lab)
    assert "due and not started, as was asked: day 74" in capsys.readouterr().out
    metrics = lab.folder / "drift.prom"
    assert lab.night(74) == 0
    told = capsys.readouterr().out
    passed = told.index("version 2 passed the gate; compared with 1 on days 68 to 74")
    went_on = told.index("go on: the challenger's scores are like the champion's")
    assert passed < went_on < told.index("promoted: version 2 against version 1")
    assert lab.live == 2
    move = lab.registry.history(NAME)[-1]
    assert (move.source, move.target, move.who) == (1, 2, "retraining")
    # The next day is compared with what the new champion has seen none of.
    assert lab.night(75, "--metrics", str(metrics)) == 0
    assert "fraud-night/2 is live\n  compared with days 54 to 74" in capsys.readouterr().out
    assert 'fraud_challenger_held_back{verdict="stop"} 0.0' in metrics.read_text()


def test_a_better_challenger_with_other_scores_is_held_back_until_somebody_lets_it_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = Template(tmp_path, nights.misled()).lab(tmp_path / "lab", monkeypatch)
    drifted_until_due(lab)
    metrics = lab.folder / "drift.prom"
    assert lab.night(75, "--metrics", str(metrics)) == 0
    told = capsys.readouterr().out
    assert "version 2 passed the gate" in told and "  stop: " in told
    assert "refused: version 2" in told and "version 1 stays" in told
    assert Reason.SCORES_DIFFER in told
    assert lab.live == 1 and not lab.history[74].is_due
    assert gate_reasons(lab.registering, 2) == {Reason.SCORES_DIFFER}
    assert 'fraud_challenger_held_back{verdict="stop"} 1.0' in metrics.read_text()
    assert held_back(lab.registering) is CanaryVerdict.STOP
    # A person who knows that the champion is the strange one of the two.
    wide = ("--least-shared", "0", "--most-alerts", "99", "--most-expected", "9")
    go_live = ("--go-live", "--who", "ada", "--why", "the champion is broken")
    assert lab.compare(2, *go_live) == 1 and lab.live == 1
    assert lab.compare(2, *wide, *go_live) == 0 and lab.live == 2
    assert "version 2 is live, 1 was" in capsys.readouterr().out
    assert lab.registry.history(NAME)[-1].why == "the champion is broken"
    assert held_back(lab.registering) is None


def test_too_few_payments_to_compare_keep_the_champion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lab = Template(tmp_path, nights.hasty()).lab(tmp_path / "lab", monkeypatch)
    drifted_until_due(lab)
    monkeypatch.setattr(
        challenger, "newest_of", lambda frame, days: newest_of(frame, days).head(999)
    )
    assert lab.night(74) == 0
    told = capsys.readouterr().out
    assert "wait: 999 payments of 1000 were seen" in told and Reason.NOT_COMPARED in told
    assert lab.live == 1 and held_back(lab.registering) is CanaryVerdict.WAIT


def test_a_worse_challenger_is_refused_and_the_champion_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = nights.well_learned()
    poor = Template(tmp_path, Learned(good.model, nights.POOR))
    lab = poor.lab(tmp_path / "lab", monkeypatch)
    drifted_until_due(lab)
    assert lab.night(74) == 0
    told = capsys.readouterr().out
    assert "refused: version 2" in told and "version 1 stays" in told
    assert lab.live == 1 and not lab.history[74].is_due


def test_what_comes_later_changes_nothing(
    good: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = nights.dearer(nights.world(), CHANGE)
    later = world[c.TX_TIME_DAYS] > 74
    until = world[~later]
    known = until[c.TX_TIME_DAYS] <= 74 - 7
    versions = {
        "as it was": world,
        "labels not there": until.assign(**{c.TX_FRAUD: until[c.TX_FRAUD].where(known)}),
        "labels turned, later payments": nights.labels_turned(world, 74 - 7).assign(
            **{c.TX_AMOUNT: world[c.TX_AMOUNT].where(~later, 1e6)}
        ),
    }
    seen = {}
    for name, frame in versions.items():
        lab = good.lab(tmp_path / name, monkeypatch)
        lab.write(frame)
        assert [lab.night(day) for day in (72, 73, 74)] == [0, 0, 0], name
        decided = {day: (one.moved, one.retrain, one.why) for day, one in lab.history.items()}
        seen[name] = decided, lab.registry.version(NAME, 2).lineage.data_hash
    assert seen["as it was"][0][74][1]
    assert all(one == seen["as it was"] for one in seen.values())


@pytest.mark.parametrize(
    "dies_in",
    ["learn", *(pytest.param(one, marks=pytest.mark.long) for one in ("register", "challenge"))],
)
def test_who_dies_between_decision_and_gate_is_followed_by_one_that_makes_one(
    lab: Lab, dies_in: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drifted_until_due(lab)

    def killed(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(challenger, dies_in, killed)
        with pytest.raises(Killed):
            lab.night(75)
    assert lab.history[74].is_due
    assert lab.versions == ([1, 2] if dies_in == "challenge" else [1])
    assert lab.night(76) == 0
    told = capsys.readouterr().out
    assert ("was made before, and not judged" in told) == (dies_in == "challenge")
    assert "refused: version 2" in told
    assert lab.versions == [1, 2] and not lab.history[74].is_due
    learned = learned_from(lab.registering, 2)
    # What was made on day 75 is judged as it is; else day 76 has newer weeks.
    assert learned.first_day == (75 if dies_in == "challenge" else 76) - 27


def test_who_dies_before_taking_note_makes_none_again(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drifted_until_due(lab)
    retrain = challenger.retrain

    def then_killed(*arguments: object) -> None:
        retrain(*arguments)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(nightly, "retrain", then_killed)
        with pytest.raises(Killed):
            lab.night(75)
    assert lab.versions == [1, 2] and lab.history[74].is_due
    capsys.readouterr()
    assert lab.night(75) == 0
    assert "drift-day-74: version 2 was made and judged before" in capsys.readouterr().out
    assert lab.versions == [1, 2] and not lab.history[74].is_due


def test_a_retraining_that_fails_stays_due_and_says_so(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    drifted_until_due(lab)
    world = nights.dearer(nights.world(), CHANGE)
    # Who keeps five weeks of payments alone has none to learn from.
    lab.write(world[world[c.TX_TIME_DAYS] > 40])
    assert lab.night(74) == 1
    assert "reach back far enough" in capsys.readouterr().err
    assert lab.history[74].is_due and lab.versions == [1]


def test_a_retraining_that_failed_is_shown_as_due_until_it_is_done(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    drifted_until_due(lab)
    metrics = lab.folder / "drift.prom"

    def impossible(*_: object) -> None:
        raise CourseError("The disk is full.", mend="Make room.")

    with monkeypatch.context() as patched:
        patched.setattr(challenger, "learn", impossible)
        for day in (74, 75):  # the day of the decision once more, and the next
            metrics.unlink(missing_ok=True)
            assert lab.night(day, "--metrics", str(metrics)) == 1
            assert "fraud_retraining_due 1.0" in metrics.read_text()
    assert lab.night(75, "--metrics", str(metrics)) == 0
    assert "fraud_retraining_due 0.0" in metrics.read_text()


MISTAKES = {
    "no folder": (lambda frame: frame, ("--payments", "away"), "away is not there"),
    "no payments": (lambda frame: frame.head(0), (), "has no payments of day 75"),
    "no day": (lambda frame: frame, ("--day", "99"), "no payments of day 99 (the last before it"),
    "too early": (lambda frame: frame, ("--day", "60"), "Its watch begins on day 70"),
    "half a day": (
        lambda frame: frame[(frame[c.TX_TIME_DAYS] != 75) | (frame[c.TX_TIME_SECONDS] % 9 == 0)],
        (),
        "is judged from 200 on",
    ),
    "short past": (lambda frame: frame[frame[c.TX_TIME_DAYS] > 20], (), "reach back to day 12"),
    "twice": (lambda frame: pd.concat([frame, frame.tail(1)]), (), "twice"),
    "no label": (
        lambda frame: frame.assign(
            **{c.TX_FRAUD: frame[c.TX_FRAUD].where(frame[c.TX_TIME_DAYS] < 66)}
        ),
        (),
        "TX_FRAUD is missing",
    ),
    "no column": (
        lambda frame: frame.drop(columns=c.TERMINAL_ID),
        (),
        "cannot be read as payments",
    ),
    "no registry": (
        lambda frame: frame,
        ("--registry", "sqlite:///away.db"),
        "away.db is not there",
    ),
    "no model": (lambda frame: frame, ("--name", "nobody"), "nobody"),
    "no database": (lambda frame: frame, ("--database", "sqlite:////no/where.db"), "of decisions"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_and_nothing_is_decided(
    lab: Lab, mistake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change, options, said = MISTAKES[mistake]
    world = nights.world()
    lab.write(change(world[world[c.TX_TIME_DAYS] <= 75]))
    assert lab.night(75, *options) == 2
    told = capsys.readouterr()
    assert said in told.err and not told.out
    assert not lab.history


def test_one_at_a_time_is_inside(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter(number: int) -> None:
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'decisions.db'}")
        with one_at_a_time(engine, "test"):
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.02)
            inside.remove(number)

    threads = [threading.Thread(target=enter, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]
