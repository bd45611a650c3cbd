"""Tests that folders and manifest are held against each other in both directions."""

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.course.agreement import folders_agree
from autograder.paths import CoursePaths

Write = Callable[..., CoursePaths]
BUILT = ('lab = "do one thing"', 'lab = "do one thing"\nbuilt = true')
SHOP_BUILT = ('lab = "open the shop"', 'lab = "open the shop"\nbuilt = true')


def problems(paths: CoursePaths) -> list[str]:
    return folders_agree(load_course(paths), paths)


def test_a_course_of_plans_agrees_with_no_folders(write_course: Write) -> None:
    assert problems(write_course()) == []


@pytest.mark.parametrize("folder", ["modules/09_nine", "labs/01_won", "projects/ship"])
def test_a_folder_that_the_manifest_does_not_know_is_told(write_course: Write, folder: str) -> None:
    (found,) = problems(write_course(files=(f"{folder}/README.md",)))
    assert folder in found


def test_what_is_marked_as_built_must_stand(write_course: Write) -> None:
    lesson = ("modules/01_one/README.md", "modules/01_one/lesson.ipynb")
    assert len(problems(write_course(BUILT))) == 3
    (found,) = problems(write_course(BUILT, files=lesson))
    assert "labs/01_one/lab.toml is missing" in found
    assert problems(write_course(BUILT, files=("labs/01_one/lab.toml",))) == []


def test_what_the_demo_shows_must_be_built(write_course: Write) -> None:
    shown = ('lab = "do one thing"', 'lab = "do one thing"\nshowcase = true')
    (found,) = problems(write_course(shown))
    assert "01_one" in found and "built" in found


def test_a_standing_lab_must_be_marked(write_course: Write) -> None:
    (found,) = problems(write_course(files=("labs/shop_1_open/lab.toml",)))
    assert "Add built = true" in found


def test_a_milestone_needs_its_lesson_and_its_package(write_course: Write) -> None:
    missing = " ".join(problems(write_course(SHOP_BUILT)))
    assert "projects/shop/lessons/shop_1_open/README.md" in missing
    assert "projects/shop/__init__.py" in missing


def test_caches_and_hidden_folders_are_no_modules(write_course: Write) -> None:
    caches = ("modules/.ipynb_checkpoints/x", "projects/__pycache__/x", "labs/old/__pycache__/x")
    assert problems(write_course(files=caches)) == []


def test_this_checkout_agrees_with_its_manifest(root: Path) -> None:
    assert problems(CoursePaths(root)) == []
