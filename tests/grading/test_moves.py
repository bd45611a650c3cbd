"""Whose score moves, and by which checks."""

from autograder.grading.moves import move_between, move_in_words
from autograder.scoring import CheckScore, Scorecard, TaskScore


def card(status: str = "graded", problem: str = "", **points: float) -> Scorecard:
    checks = tuple(
        CheckScore(
            id=f"clean.{name}",
            verdict="passed" if got else "failed",
            points=got,
            max_points=2,
            hidden=False,
            message="" if got else "found 3, due 4",
        )
        for name, got in points.items()
    )
    total = sum(points.values())
    task = TaskScore(
        id="clean", title="", verdict="passed", points=total, max_points=4, checks=checks
    )
    return Scorecard(
        student="ann",
        lab="tiny",
        status=status,
        problem=problem,
        score=total,
        max_score=4,
        tasks=(task,),
    )


def test_a_score_that_stays_is_no_move() -> None:
    assert move_between(card(zero=2, order=0), card(zero=2, order=0)) is None
    assert move_between(card(zero=2, order=0), card(zero=0, order=2)) is None


def test_each_check_that_changed_is_a_reason() -> None:
    move = move_between(card(zero=2, gone=1, same=1), card(zero=0, fresh=1, same=2))
    assert move is not None
    assert (move.before, move.after) == (4, 3)
    assert move.reasons == (
        "clean.zero passed -> failed (0 of 2): found 3, due 4",
        "clean.gone is gone (1 points)",
        "clean.same gives 2 points, was 1",
        "clean.fresh is new, passed (1 of 2)",
    )
    words = move_in_words(move, {"clean": 2.5})
    assert words.startswith("ann: 4 -> 3. clean.zero") and words.endswith("it stays: clean 2.5")


def test_first_grades_and_other_fates_are_moves_too() -> None:
    first = move_between(None, card(zero=2))
    assert first is not None and "first time" in move_in_words(first, {})
    refused = move_between(card(zero=2), card("rejected", "lab.ipynb is no notebook."))
    assert refused is not None
    assert refused.reasons == ("graded -> rejected: lab.ipynb is no notebook.",)
