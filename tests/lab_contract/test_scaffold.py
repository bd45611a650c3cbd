"""A new lab loads at once, and lists what is still to do."""

from pathlib import Path

import pytest

from autograder.contract.formatting import is_formatted
from autograder.contract.lab import Lab, load_lab
from autograder.contract.mutants import load_mutants
from autograder.contract.scaffold import new_lab, todo_list
from autograder.contract.structure import check_structure
from autograder.errors import CourseError
from autograder.paths import CoursePaths


@pytest.fixture
def course(tiny_copy: Path) -> CoursePaths:
    tiny_copy.rename(tiny_copy.parent.parent / "tiny_before")
    return CoursePaths(tiny_copy.parent.parent)


def test_a_new_lab_loads_and_is_full_of_todos(course: CoursePaths) -> None:
    folder = new_lab(course, "tiny", 'Readings: "clean" them')
    lab = load_lab(folder)
    assert (lab.manifest.module, lab.manifest.title) == ("tiny", 'Readings: "clean" them')
    assert check_structure(lab) == []
    assert is_formatted(folder / "lab.ipynb")
    assert len(load_mutants(lab).mutants) == 1
    files = {entry.split(":")[0] for entry in todo_list(lab)}
    assert files == {"lab.toml", "lab.ipynb", "checks.py", "hidden_checks.py", "mutants.toml"}
    assert "lab.toml:4: how long does a learner need?" in todo_list(lab)
    assert sorted(path.name for path in course.labs.iterdir()) == ["tiny"]


def test_nothing_is_overwritten(course: CoursePaths) -> None:
    (course.labs / "tiny").mkdir(parents=True)
    (course.labs / "tiny" / "notes.md").write_text("mine")
    with pytest.raises(CourseError, match="labs/tiny is there already"):
        new_lab(course, "tiny")
    assert (course.labs / "tiny" / "notes.md").read_text() == "mine"


def test_an_unknown_id_is_told_with_the_nearest(course: CoursePaths) -> None:
    with pytest.raises(CourseError) as told:
        new_lab(course, "tinny")
    assert "tiny" in told.value.mend


def test_a_finished_lab_has_nothing_to_do(tiny: Lab) -> None:
    assert todo_list(tiny) == []
