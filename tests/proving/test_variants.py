"""A few wrong answers at a time, and each has its turn."""

from autograder.proving.variants import Kind, Variant, sample

RIGHT = [Variant(Kind.SOLUTION, "solution"), Variant(Kind.ALTERNATE, "other form")]
WRONG = [Variant(Kind.MUTANT, f"wrong {number}") for number in range(7)]


def taken(count: int, turn: int) -> list[Variant]:
    return [one for one in sample(RIGHT + WRONG, count, turn) if one.kind is Kind.MUTANT]


def test_right_answers_are_always_taken() -> None:
    for turn in range(9):
        assert sample(RIGHT + WRONG, 3, turn)[:2] == RIGHT


def test_every_wrong_answer_has_its_turn() -> None:
    seen = set[Variant]()
    for turn in range(3):
        few = taken(3, turn)
        assert len(few) == 3
        seen |= set(few)
    assert seen == set(WRONG)


def test_no_more_are_taken_than_there_are() -> None:
    assert taken(100, 4) == WRONG
    assert sample(RIGHT, 3, 4) == RIGHT
