"""Processes that are forked for one job each."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from autograder.grading.crew import crew
from autograder.grading.workers import worker_pool

# Modules that neither the grader nor pytest imports.
ONE, OTHER = "tabnanny", "zipapp"


@dataclass(frozen=True)
class Look:
    """Ask a process to write down which of the two modules it began with."""

    answer: Path


def began_with(job: Look) -> None:
    job.answer.write_text(" ".join(name for name in (ONE, OTHER) if name in sys.modules))


def in_crew(preload: str, answer: Path) -> str:
    with crew(began_with, preload=[preload], seconds=30) as hands:
        hands.begin(Look(answer))
        hands.finished()
    return answer.read_text()


def in_pool(preload: str, answer: Path) -> str:
    with worker_pool(1, [preload]) as pool:
        pool.schedule(began_with, args=[Look(answer)]).result()
    return answer.read_text()


@pytest.mark.parametrize("forked", [in_crew, in_pool])
def test_each_group_of_processes_begins_with_its_own_modules(forked, tmp_path: Path) -> None:
    assert forked(ONE, tmp_path / "answer") == ONE
    assert forked(OTHER, tmp_path / "answer") == OTHER


def test_a_second_group_leaves_the_first_at_work(tmp_path: Path) -> None:
    with crew(began_with, preload=[ONE], seconds=30) as first:
        first.begin(Look(tmp_path / "first"))
        in_crew(OTHER, tmp_path / "second")
        assert [done.problem for done in first.finished()] == [""]
    assert (tmp_path / "first").read_text() == ONE
