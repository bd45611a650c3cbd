"""What a run of a plain nbgrader notebook may use can be set, and is refused where it is wrong."""

from pathlib import Path

import pytest
from traitlets.config import Config

from autograder.classic.assignment import PlainAssignment, require_plain_assignment
from autograder.classic.limits import AskedLimits, limits_of
from autograder.cli.plain import PlainRun
from autograder.contract.manifest import Limits
from autograder.errors import CourseError


def limits(*, asked: AskedLimits | None = None, **sections: dict[str, object]) -> Limits:
    return limits_of(Config(sections), asked or AskedLimits())


def test_without_settings_a_run_has_what_the_guide_says() -> None:
    found = limits()
    assert (found.cell_seconds, found.seconds) == (30, 300)
    assert (found.memory_mb, found.output_mb, found.processes, found.file_mb) == (2048, 5, 64, 200)


@pytest.mark.parametrize(
    ("timeout", "cell", "run"), [(2, 2, 60), (120, 120, 1200), (9999, 600, 3600), (-1, 600, 3600)]
)
def test_nbgraders_own_timeout_bounds_cell_and_run(timeout: int, cell: int, run: int) -> None:
    for section in ("Execute", "ExecutePreprocessor"):
        found = limits(**{section: {"timeout": timeout}})
        assert (found.cell_seconds, found.seconds) == (cell, run)


def test_the_course_may_ask_for_more_and_the_command_has_the_last_word() -> None:
    ours = {"memory_mb": 4096, "seconds": 7200, "output_mb": 20, "processes": 128, "file_mb": 400}
    found = limits(LabGrade=ours, Execute={"timeout": -1})
    assert {name: getattr(found, name) for name in ours} == ours
    assert found.cell_seconds == 7200
    asked = limits(LabGrade=ours, asked=AskedLimits(seconds=3, memory_mb=512))
    assert (asked.memory_mb, asked.processes) == (512, 128)
    assert (asked.seconds, asked.cell_seconds, asked.probe_seconds) == (3, 3, 3)


@pytest.mark.parametrize(
    ("settings", "said"),
    [({"memory_mb": "much"}, "memory_mb"), ({"seconds": -1}, "seconds"), ({"processes": 0}, "pro")],
)
def test_a_wrong_limit_is_a_sentence(settings: dict[str, object], said: str) -> None:
    with pytest.raises(CourseError, match=f"A run's {said}"):
        limits(LabGrade=settings)


def test_limits_in_nbgraders_configuration_reach_the_plan(tmp_path: Path) -> None:
    folder = tmp_path / "source" / "ps1"
    folder.mkdir(parents=True)
    (folder / "nb.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4}')
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\nc.LabGrade.memory_mb = 4096\nc.Execute.timeout = 45\n"
    )
    assignment = require_plain_assignment(tmp_path, "ps1")
    assert (assignment.limits.memory_mb, assignment.limits.cell_seconds) == (4096, 45)


@pytest.mark.parametrize(
    ("asked", "course", "found"),
    [
        (None, None, "output"),
        (None, "sqlite:////elsewhere/gradebook.db", "output"),
        (None, "postgresql://course@host/marks", "postgresql://course@host/marks"),
        (
            "postgresql://me@host/mine",
            "postgresql://course@host/marks",
            "postgresql://me@host/mine",
        ),
    ],
)
def test_the_gradebook_is_where_it_was_asked_for_or_where_the_course_has_it(
    tmp_path: Path, asked: str | None, course: str | None, found: str
) -> None:
    config = Config({"CourseDirectory": {"db_url": course}} if course else {})
    assignment = PlainAssignment("ps1", tmp_path, tmp_path, True, config)
    run = PlainRun(assignment, output=tmp_path, db_url=asked)
    own = f"sqlite:///{tmp_path.resolve() / 'gradebook.db'}"
    assert run.gradebook_url() == (own if found == "output" else found)
