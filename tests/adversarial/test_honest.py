"""Honest work earns full marks, however unusual its form."""

from collections.abc import Iterator

import pytest

from .arena import Outcome, arena, run_cohorts, student
from .attack import Attack
from .honest import HONEST
from .verdicts import harm_by


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    with arena() as made:
        yield run_cohorts(made, HONEST)


@pytest.mark.slow
@pytest.mark.parametrize("work", HONEST, ids=lambda work: work.name)
def test_honest_work_earns_full_marks(work: Attack, outcome: Outcome) -> None:
    card = outcome.cards[student(HONEST.index(work) + 1, work), "tiny"]
    lost = {c.id: c.message for c in card.checks().values() if c.points < c.max_points}
    assert lost == {} and card.score == card.max_score == 5
    assert outcome.layout().feedback(card.student, "tiny").is_file()


@pytest.mark.slow
def test_nothing_else_came_of_it(outcome: Outcome) -> None:
    assert harm_by(outcome) == []
