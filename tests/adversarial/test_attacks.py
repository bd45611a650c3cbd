"""No hostile submission gains a point, does harm, or stops the cohort."""

from collections.abc import Iterator

import pytest

from .arena import Outcome, arena, run_cohorts
from .attack import Attack
from .families import FAMILIES, every_attack
from .verdicts import Judged, harm_by, judge_all

ALL = [attack for _, attack in every_attack()]
QUICK = [attack for attack in ALL if attack.quick]


def test_there_are_attacks_of_every_family() -> None:
    families = [family for family, _ in every_attack()]
    assert set(families) == set(FAMILIES) and len(families) >= 50
    assert len({attack.name for attack in ALL}) == len(ALL)
    assert all(attack.tries and attack.stopped_by for attack in ALL)


@pytest.fixture(scope="module")
def whole() -> Iterator[tuple[Outcome, dict[str, Judged]]]:
    with arena() as made:
        outcome = run_cohorts(made, ALL)
        yield outcome, {found.attack.name: found for found in judge_all(outcome, ALL)}


@pytest.mark.long
@pytest.mark.parametrize("attack", ALL, ids=lambda attack: attack.name)
def test_an_attack_gains_nothing(attack: Attack, whole: tuple[Outcome, dict[str, Judged]]) -> None:
    found = whole[1][attack.name]
    assert found.gained == ()
    assert found.score == found.honest is not None


@pytest.mark.long
def test_the_machine_is_as_before_and_the_cohort_went_on(
    whole: tuple[Outcome, dict[str, Judged]],
) -> None:
    assert harm_by(whole[0]) == []


def test_a_handful_gains_nothing() -> None:
    with arena() as made:
        outcome = run_cohorts(made, QUICK)
        assert {found.attack.name: found.gained for found in judge_all(outcome, QUICK)} == {
            attack.name: () for attack in QUICK
        }
        assert harm_by(outcome) == []


@pytest.mark.long
def test_the_tests_can_fail() -> None:
    """Without walls the same attacks find the secret and reach the machine's loopback."""
    chosen = [attack for attack in ALL if attack.name in ("source_tree", "loopback")]
    with arena() as made:
        outcome = run_cohorts(made, chosen, walls=False)
        [found] = [f for f in judge_all(outcome, chosen) if f.attack.name == "source_tree"]
        assert "shows a secret" in found.gained
        assert any(line.startswith("called: ") for line in harm_by(outcome))
