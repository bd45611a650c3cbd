"""An operator compares a version with the champion, lets it go live, and goes back, by commands."""

from pathlib import Path

import nights
import pytest
from nights import NAME, Lab, Template

from infra.tracking.alias_moves import MoveKind
from infra.tracking.bootstrap import BootstrapConfig
from infra.tracking.promotion_gate import GateConfig, Reason, Refusal
from projects.fraud import columns as c
from projects.fraud.features import add_features
from projects.fraud.learning.gate import ChallengeConfig, challenge
from projects.fraud.learning.registering import register
from projects.fraud.operating import alias_commands
from projects.fraud.operating.logged_payments import Logged

ADA = ("--who", "ada", "--why", "twice the alarms since noon")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """Let two small trees be the champion; version 2 is good, and version 3 is misled."""
    folder = tmp_path_factory.mktemp("alias")
    made = Template(folder, nights.hasty())
    registering = nights.registering_in(folder)
    for learned in (nights.well_learned(), nights.misled()):
        register(learned, nights.champion_material(), registering)
    return made


@pytest.fixture
def lab(template: Template, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = template.lab(tmp_path, monkeypatch)
    world = nights.world()
    lab.write(world[world[c.TX_TIME_DAYS] <= 75])
    return lab


def test_the_report_is_printed_and_the_status_is_the_verdict(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lab.compare(2) == 0
    told = capsys.readouterr().out
    assert f"{NAME}: version 2 against 1, which is live; days 69 to 75\n" in told
    assert "go on: the challenger's scores are like the champion's" in told
    assert "payments; " in told and "frauds expected; PSI" in told
    assert lab.compare(3) == 1
    assert "stop: " in capsys.readouterr().out
    assert lab.compare(2, "--days", "1") == 3
    assert "wait: " in capsys.readouterr().out
    assert lab.live == 1


def test_without_a_folder_the_payments_of_the_log_are_compared(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = nights.world()
    late = world[world[c.TX_TIME_DAYS].between(60, 75)]
    asked = []

    def logged(kafka: object, config: object) -> Logged:
        asked.append(config)
        return Logged(late, None, 0, 0)

    monkeypatch.setattr(alias_commands, "logged_payments", logged)
    # Windows that are too short make both models' scores strange, so nothing goes on by them.
    assert lab.of_registry("compare", "--version", "2", "--payments-topic", "mine") == 1
    told = capsys.readouterr().out
    # Who has but two weeks is told that windows are short.
    assert "days 69 to 75 (their windows reach back to day 32, payments to 60)" in told
    assert [one.payments for one in asked] == ["mine"]
    monkeypatch.setattr(
        alias_commands, "logged_payments", lambda *_: Logged(late.head(0), None, 0, 0)
    )
    assert lab.of_registry("compare", "--version", "2") == 2
    assert "has no payments" in capsys.readouterr().err


def test_only_what_passed_the_gate_goes_live_and_only_when_scores_are_alike(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    go_live = ("--go-live", *ADA)
    assert lab.compare(2, *go_live) == 2
    assert "did not pass the gate" in capsys.readouterr().err
    judge(lab, 3)
    assert lab.compare(3, *go_live) == 2
    assert "did not pass the gate" in capsys.readouterr().err
    judge(lab, 2)
    assert lab.compare(2, "--go-live", "--who", "ada") == 2
    assert "--why" in capsys.readouterr().err
    assert lab.compare(2, "--days", "1", *go_live) == 3 and lab.live == 1
    assert lab.compare(2, *go_live) == 0
    assert f"{NAME}: version 2 is live, 1 was" in capsys.readouterr().out
    move = lab.registry.history(NAME)[-1]
    assert (move.kind, move.who, move.target) == (MoveKind.PROMOTED, "ada", 2)


def judge(lab: Lab, version: int) -> None:
    """Send a version to a gate whose canary has seen too few payments."""
    gate = GateConfig(
        "average precision",
        least_metric=0.2,
        segment_tolerance=1.0,
        reproducible_code=False,
        bootstrap=BootstrapConfig(resamples=50),
    )
    featured = add_features(nights.world())
    week = featured[featured[c.TX_TIME_DAYS].between(56, 62)]
    waits = (Refusal(Reason.NOT_COMPARED, "no payments were there"),)
    challenge(version, week, lab.registering, ChallengeConfig(gate), lambda: waits)


@pytest.mark.parametrize(
    ("version", "options", "said"),
    [
        (1, (), "Version 1 of fraud-night is live"),
        (9, (), "version 9"),
        (2, ("--name", "nobody"), "nobody"),
        (2, ("--payments", "away"), "away is not there"),
    ],
)
def test_what_cannot_be_compared_is_told(
    lab: Lab,
    version: int,
    options: tuple[str, ...],
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert lab.compare(version, *options) == 2
    assert said in capsys.readouterr().err


def test_a_rollback_moves_the_alias_says_what_is_live_and_who_did_it(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.registry.promote(NAME, 2, who="pipeline", why="better")
    assert lab.of_registry("roll-back", *ADA) == 0
    assert capsys.readouterr().out == f"{NAME}: version 1 is live, 2 was\n"
    assert lab.live == 1
    move = lab.registry.history(NAME)[-1]
    assert (move.kind, move.source, move.target) == (MoveKind.ROLLED_BACK, 2, 1)
    assert (move.who, move.why) == ("ada", "twice the alarms since noon")
    assert lab.of_registry("roll-back", *ADA) == 2
    assert "has no earlier version to go back to" in capsys.readouterr().err
    assert lab.live == 1 and len(lab.registry.history(NAME)) == 3
    assert lab.of_registry("roll-back", *ADA, "--to", "3") == 0 and lab.live == 3
    assert lab.of_registry("roll-back", *ADA, "--to", "3") == 2
    assert "is live already" in capsys.readouterr().err


def test_a_rollback_without_a_reason_or_a_model_moves_nothing(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.registry.promote(NAME, 2, who="pipeline", why="better")
    assert lab.of_registry("roll-back", "--who", "ada") == 2
    assert lab.of_registry("roll-back", "--who", " ", "--why", "x") == 2
    assert "is not told" in capsys.readouterr().err
    assert lab.of_registry("roll-back", *ADA, "--name", "nobody") == 2
    assert lab.of_registry("roll-back", *ADA, "--to", "9") == 2
    assert lab.live == 2
