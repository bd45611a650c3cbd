"""The notebooks inside the nbgrader package get the scores that are known for them."""

import pytest

from autograder.demo.third_party import Fixture, fixtures, grade_fixture
from autograder.execution import Confinement

pytestmark = pytest.mark.slow
FIXTURES = fixtures()


def test_the_package_ships_its_fixtures() -> None:
    assert len(FIXTURES) >= 30


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda f: f.name)
def test_a_fixture_scores_as_known(fixture: Fixture, confinement: Confinement) -> None:
    outcome = grade_fixture(fixture, confinement)
    got = outcome.refusal if outcome.result is None else outcome.result.grades
    assert outcome.as_known, got
    if fixture.score is None:
        assert outcome.refusal
