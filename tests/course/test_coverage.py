"""Tests that coverage tells proven, built, planned and missing apart."""

import io
import json
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from autograder.course import load_course
from autograder.course.coverage import Coverage, State, coverage
from autograder.course.coverage_table import coverage_table
from autograder.paths import CoursePaths

Write = Callable[..., CoursePaths]


def measured(write: Write, *proven: str, standing: tuple[str, ...] = ()) -> Coverage:
    paths = write(files=tuple(f"labs/{lab}/lab.toml" for lab in standing))
    return coverage(load_course(paths), paths, lambda lab: lab in proven)


def states(found: Coverage) -> dict[str, State]:
    return {row.unit.id: row.state for row in found.units}


def test_nothing_built_is_planned_and_nothing_planned_is_missing(write_course: Write) -> None:
    assert states(measured(write_course)) == {
        "S1": State.PLANNED,
        "S2": State.PLANNED,
        "S3": State.MISSING,
    }


def test_a_standing_lab_is_built_until_it_is_proven(write_course: Write) -> None:
    built = measured(write_course, standing=("02_two",))
    assert states(built)["S2"] is State.BUILT
    proven = measured(write_course, "02_two", standing=("02_two",))
    assert states(proven)["S2"] is State.PROVEN
    assert proven.totals() == {
        State.PROVEN: 1,
        State.BUILT: 0,
        State.PLANNED: 1,
        State.MISSING: 1,
    }


def test_a_proof_without_a_lab_proves_nothing(write_course: Write) -> None:
    assert states(measured(write_course, "01_one"))["S1"] is State.PLANNED


def test_a_unit_is_complete_only_when_all_its_labs_are_proven(write_course: Write) -> None:
    both = ("01_one", "shop_1_open")
    assert measured(write_course, "01_one", standing=both).complete() == 0
    assert measured(write_course, *both, standing=both).complete() == 1


def test_the_data_is_json_and_counts_all_184_units(root: Path) -> None:
    paths = CoursePaths(root)
    data = coverage(load_course(paths), paths, lambda lab: False).data()
    again = json.loads(json.dumps(data))
    assert again["total"] == len(again["units"]) == sum(again["totals"].values()) == 184
    assert again["totals"]["missing"] == 0


def test_one_track_shows_its_units_alone(root: Path) -> None:
    paths = CoursePaths(root)
    found = coverage(load_course(paths), paths, lambda lab: False, track="university")
    assert [row.unit.id for row in found.units] == ["U1", "U2", "U3", "U4", "U5"]


def test_the_table_shows_units_states_labs_and_totals(write_course: Write) -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    found = measured(write_course, "02_two", standing=("02_two",))
    console.print(coverage_table(load_course(write_course()), found))
    text = console.export_text()
    for shown in ("A short syllabus (3 units)", "02_two", "proven", "missing", "3 units in all"):
        assert shown in text
