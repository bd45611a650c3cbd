"""How far a cohort is and how long it will take, by a clock that the test turns."""

from pathlib import Path

import pytest

from autograder.grading.cohort import Graded
from autograder.grading.intake import Submission
from autograder.grading.progress import Progress
from autograder.scoring import Scorecard


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def graded(status: str = "graded", fresh: bool = True) -> Graded:
    card = Scorecard(student="ann", lab="tiny", status=status, score=0, max_score=5)
    return Graded(Submission("ann", "tiny", Path("ann/tiny")), card, fresh)


def test_kept_work_counts_as_done_but_tells_no_rate() -> None:
    clock = Clock()
    progress = Progress(10, clock)
    for _ in range(4):
        progress.ended(graded(fresh=False))
    assert progress.in_words() == "4/10 done, 0 running"
    progress.started()
    progress.started()
    clock.now += 6
    assert progress.per_minute is None and progress.seconds_left is None
    progress.ended(graded())
    progress.ended(graded("rejected"))
    assert progress.figures() == {
        "total": 10,
        "done": 6,
        "running": 0,
        "failed": 1,
        "per_minute": pytest.approx(20),
        "seconds_left": pytest.approx(12),
        "seconds": 6,
    }
    progress.started()
    clock.now += 114
    assert progress.in_words() == "6/10 done, 1 running, 1 failed, 1/min, 4:00 left"


def test_nothing_is_left_at_the_end() -> None:
    progress = Progress(1, Clock())
    progress.started()
    progress.ended(graded("crashed"))
    assert progress.seconds_left == 0
    assert progress.in_words().startswith("1/1 done, 0 running, 1 failed")
