"""Tests of `lab coverage` as it is called."""

import json
from collections.abc import Callable

import pytest
import typer
from typer.testing import CliRunner, Result

from autograder.cli.course import register
from autograder.errors import CourseError
from autograder.paths import COURSE_VARIABLE, CoursePaths

Write = Callable[..., CoursePaths]


@pytest.fixture
def run(write_course: Write, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Return a function that calls the command in the small course."""
    paths = write_course(files=("labs/02_two/lab.toml", "labs/02_two/proof.json"))
    monkeypatch.setenv(COURSE_VARIABLE, str(paths.root))
    app = typer.Typer()
    register(app)
    return lambda *words: CliRunner().invoke(app, list(words))


def test_json_tells_every_unit_and_a_broken_proof_proves_nothing(
    run: Callable[..., Result],
) -> None:
    done = run("--json")
    assert done.exit_code == 0
    states = {unit["id"]: unit["state"] for unit in json.loads(done.stdout)["units"]}
    assert states == {"S1": "planned", "S2": "built", "S3": "missing"}


def test_the_table_ends_with_totals(run: Callable[..., Result]) -> None:
    done = run("--track", "short")
    assert done.exit_code == 0
    assert "3 units in all" in done.stdout


def test_an_unknown_track_is_told_with_the_nearest(run: Callable[..., Result]) -> None:
    error = run("--track", "shrt").exception
    assert isinstance(error, CourseError)
    assert "Did you mean short?" in error.mend
