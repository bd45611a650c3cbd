"""Tests that the manifests load, in order, and that mistakes in them are told by file and key."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.course import Course, load_course
from autograder.course.manifest import Milestone, Module
from autograder.errors import CourseError
from autograder.paths import CoursePaths

Write = Callable[..., CoursePaths]


@pytest.fixture
def small(write_course: Write) -> Course:
    return load_course(write_course())


def test_modules_come_in_the_order_of_their_parts(small: Course) -> None:
    assert small.lab_ids() == ("02_two", "01_one", "shop_1_open")


def test_a_track_resolves_to_its_units_in_order_each_step_once(small: Course) -> None:
    route = {stop.unit.id: [step.id for step in stop.steps] for stop in small.route("short")}
    assert route == {"S1": ["01_one", "shop_1_open"], "S2": ["02_two", "01_one"], "S3": []}
    assert [step.id for step in small.steps_of_track("short")] == [
        "01_one",
        "shop_1_open",
        "02_two",
    ]


def test_an_unknown_name_is_answered_with_the_nearest(small: Course) -> None:
    with pytest.raises(CourseError, match="Did you mean shop_1_open"):
        small.step("shop_1_opne")


@pytest.mark.parametrize(
    ("old", "new", "key", "mend"),
    [
        ('part = "early"', 'part = "earyl"', "module[01_one].part", "late, early"),
        ('covers = ["S2"]', 'covers = ["S9"]', "module[02_two].covers", "S1, S2, S3"),
        ('covers = ["S2"]', 'covers = "S2"', "module[02_two].covers", "covers"),
        ('covers = ["S2"]', "", "module[02_two].covers", "Add covers"),
        ('title = "Module two"', 'titel = "Module two"', "module[02_two].", "title"),
        ('units = "S1-S3"', 'units = "S3-S1"', "track[short].units", 'units = "S1-S3"'),
        ('project = "shop"', 'project = "ship"', "milestone[shop_1_open].project", "shop"),
        ('id = "02_two"', 'id = "01_one"', "01_one stands there 2 times", "Keep one"),
        ('lab = "do another"', 'lab = "do another"\nbuilt = "yes"', "module[02_two].built", ""),
        ("[[part]]", "[[part]", "not TOML", "Mend the line"),
    ],
)
def test_a_mistake_names_file_key_and_mend(
    write_course: Write, old: str, new: str, key: str, mend: str
) -> None:
    with pytest.raises(CourseError) as caught:
        load_course(write_course((old, new)))
    error = caught.value
    assert error.message.startswith("modules/course.toml")
    assert key in error.message
    assert mend in error.mend


def test_a_missing_manifest_is_told(write_course: Write) -> None:
    paths = write_course()
    (paths.modules / "units.toml").unlink()
    with pytest.raises(CourseError, match=r"modules/units.toml is missing"):
        load_course(paths)


def test_the_course_holds_the_whole_curriculum(root: Path) -> None:
    course = load_course(CoursePaths(root))
    assert (len(course.modules), len(course.milestones), len(course.projects)) == (54, 47, 6)
    sizes = {syllabus.id: len(syllabus.units) for syllabus in course.syllabi}
    assert sizes == {"industry": 16, "sre": 26, "cloud": 128, "university": 5, "roadmap": 9}
    assert len(course.lab_ids()) == len(set(course.lab_ids())) == 101


def test_every_unit_is_taught_and_every_track_follows_one_syllabus(root: Path) -> None:
    course = load_course(CoursePaths(root))
    assert [unit.id for unit in course.units if not course.steps_covering(unit.id)] == []
    for track in course.tracks:
        assert {unit.syllabus for unit in course.units_of(track.id)} == {track.id}
    assert sum(len(course.units_of(track.id)) for track in course.tracks) == 184


def test_module_numbers_follow_their_order_and_milestones_their_project(root: Path) -> None:
    course = load_course(CoursePaths(root))
    assert [int(step.id[:2]) for step in course.modules] == list(range(1, 55))
    for project in course.projects:
        stones = course.milestones_of(project.id)
        for number, stone in enumerate(stones, start=1):
            assert stone.id.startswith(f"{project.id}_{number}_")


def test_no_title_carries_the_marks_of_a_wrong_encoding(root: Path) -> None:
    raw = (root / "modules/units.toml").read_text(encoding="utf-8")
    titles = [title for row in tomllib.loads(raw)["syllabus"] for title in row["units"].values()]
    assert [title for title in titles if not title.isascii() or len(title) > 70] == []


def test_the_demo_shows_labs_of_a_module_and_of_a_project(root: Path) -> None:
    course = load_course(CoursePaths(root))
    shown = [course.step(step) for step in course.showcase()]
    assert {type(step) for step in shown} == {Module, Milestone} and len(shown) == 3
