"""The learner's commands, from the outside."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
import typer
from nbgrader.utils import parse_utc
from small_course import LAB, solve
from typer.testing import CliRunner

from autograder.cli import learner, learner_work
from autograder.errors import CourseError
from autograder.learning.memory import FILE_NAME, remembered
from autograder.paths import CoursePaths

APP = typer.Typer()
learner.register(APP)
learner_work.register(APP)


def lab(*words: str, width: int = 100) -> str:
    """Run the command, which must succeed, and return what it printed."""
    result = CliRunner(env={"COLUMNS": str(width)}).invoke(APP, words)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def answer(course: CoursePaths, cell: str, body: str) -> None:
    path = course.work / LAB / "lab.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.write(solve(cell, body, notebook), path)


def source(path: Path, cell: str) -> str:
    notebook = nbformat.read(path, as_version=4)
    return next(found.source for found in notebook.cells if found.id == cell)


def test_start_copies_the_release_and_never_overwrites(course: CoursePaths) -> None:
    assert "lab check 01_small" in lab("start", LAB)
    work = course.work / LAB
    assert {"lab.ipynb", "checks.py", "lab-release.toml"} <= {p.name for p in work.iterdir()}
    assert not (work / "hidden_checks.py").exists()
    (work / "lab.ipynb").write_text("mine")
    (work / "checks.py").unlink()
    said = lab("start", LAB)
    assert (work / "lab.ipynb").read_text() == "mine"
    assert (work / "checks.py").is_file()
    assert "copied checks.py" in said
    assert "already" in lab("start", LAB)
    assert not (course.root / "gradebook.db").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("start", "01_smal"), "Did you mean 01_small"),
        (("start", "02_planned"), "planned, but not written"),
        (("check",), "started no lab"),
        (("check", LAB), "have not started"),
        (("hint", "double"), "started no lab"),
        (("reset",), "Name one task"),
        (("list", "--track", "al"), "Did you mean all"),
    ],
)
def test_mistakes_are_told_in_words(course: CoursePaths, words, said) -> None:
    with pytest.raises(CourseError, match=said) as told:
        lab(*words)
    assert told.value.mend or said.startswith("Did")


def test_listing_shows_states_and_fits_narrow_terminals(course: CoursePaths) -> None:
    assert "not started" in lab("list")
    assert "02_planned" not in lab("list")
    assert "02_planned" in lab("list", "--all")
    lab("start", LAB)
    rows = json.loads(lab("list", "--json"))
    assert [(r["id"], r["state"], r["tracks"]) for r in rows] == [
        (LAB, "in progress", ["all"]),
        ("02_planned", "planned", ["all"]),
    ]
    for line in lab("list", width=40).splitlines():
        assert len(line) <= 40


def test_hints_go_on_and_are_remembered(course: CoursePaths) -> None:
    lab("start", LAB)
    assert "What is twice a number?" in lab("hint", "double")
    assert "Multiply." in lab("hint", "double")
    assert "What is twice" in lab("hint", "double", "1")
    last = lab("hint", "double")
    assert "return 2 * x" in last
    assert "That was the last" in last
    assert "return 2 * x" in lab("hint", "double")
    with pytest.raises(CourseError, match="hints 1 to 3"):
        lab("hint", "double", "4")
    with pytest.raises(CourseError, match="no task 'dubble'") as told:
        lab("hint", "dubble")
    assert "double" in told.value.mend
    (course.work / LAB / FILE_NAME).write_text('{"hints": ["broken"]}')
    assert "What is twice a number?" in lab("hint", "double")


@pytest.mark.slow
def test_check_tells_unattempted_wrong_and_right_apart(course: CoursePaths) -> None:
    lab("start", LAB)
    answer(course, "double-answer", "return x + 3")
    result = CliRunner(env={"COLUMNS": "100"}).invoke(APP, ["check", LAB])
    assert result.exit_code == 1
    assert "doubles two" in result.output
    assert "5" in result.output
    assert "not attempted yet - that is not wrong" in result.output
    assert "lab hint double" in result.output
    assert "doubles_negative" not in result.output
    assert dict(remembered(course.work / LAB).verdicts) == {
        "double": "failed",
        "shift": "unattempted",
    }
    answer(course, "double-answer", "return 2 * x")
    answer(course, "shift-answer", "return x + 7")
    assert "lab submit" in lab("check")
    assert "1/1" in lab("progress")
    result = CliRunner().invoke(APP, ["check", "--thorough", "--json"])
    assert result.exit_code == 1
    card = json.loads(result.stdout)
    assert [task["verdict"] for task in card["tasks"]] == ["passed", "failed"]
    assert "90210" not in result.output
    assert "90211" not in result.output


def test_reset_of_a_task_leaves_the_rest_and_keeps_a_copy(course: CoursePaths) -> None:
    lab("start", LAB)
    path = course.work / LAB / "lab.ipynb"
    fresh = source(path, "double-answer")
    answer(course, "double-answer", "return 1")
    answer(course, "shift-answer", "return 2")
    said = lab("reset", "double")
    assert source(path, "double-answer") == fresh
    assert "return 2" in source(path, "shift-answer")
    backup = next((course.work / ".backups" / LAB).iterdir())
    assert backup.name in said.replace("\n", "")
    assert "return 1" in source(backup / "lab.ipynb", "double-answer")
    (course.work / LAB / "notes.txt").write_text("mine")
    lab("reset", "--all", "--lab", LAB)
    assert source(path, "shift-answer") == source(
        course.release / LAB / "lab.ipynb", "shift-answer"
    )
    assert (course.work / LAB / "notes.txt").read_text() == "mine"
    assert len(list((course.work / ".backups" / LAB).iterdir())) == 2
    assert len(json.loads(lab("list", "--json"))) == 2  # backups are no labs


def test_reset_of_a_task_whose_cell_is_lost_says_so(course: CoursePaths) -> None:
    lab("start", LAB)
    path = course.work / LAB / "lab.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.id != "double-answer"]
    nbformat.write(notebook, path)
    with pytest.raises(CourseError, match="lost the cell double-answer"):
        lab("reset", "double")


def test_submit_copies_what_is_due_with_the_time(course: CoursePaths) -> None:
    lab("start", LAB)
    answer(course, "double-answer", "return 2 * x")
    (course.work / LAB / "secret.txt").write_text("mine")
    said = lab("submit", LAB, "--student", "ada")
    folder = course.root / "submitted" / "ada" / LAB
    assert {p.name for p in folder.iterdir()} == {"lab.ipynb", "timestamp.txt"}
    stamp = parse_utc((folder / "timestamp.txt").read_text())
    assert abs((datetime.now(UTC).replace(tzinfo=None) - stamp).total_seconds()) < 60
    assert "shift: not attempted yet" in said
    assert "double: not" not in said
    answer(course, "shift-answer", "return x + seed")
    again = lab("submit")  # the name is remembered, the lab is the only one started
    assert "not attempted" not in again
    assert "seed" in source(folder / "lab.ipynb", "shift-answer")
    assert len(list((course.state / "submitted" / "ada" / LAB).iterdir())) == 1
    assert [p.name for p in (course.root / "submitted" / "ada").iterdir()] == [LAB]
    assert "yes" in lab("progress")


@pytest.mark.parametrize("name", ["../eve", "a/b", ".hidden", "-x", "x" * 101])
def test_a_name_that_is_no_folder_is_refused(course: CoursePaths, name: str) -> None:
    lab("start", LAB)
    with pytest.raises(CourseError, match="cannot be a student's name"):
        lab("submit", LAB, "--student", name)
    assert not (course.root / "submitted").exists()


def test_a_broken_notebook_is_not_handed_in(course: CoursePaths) -> None:
    lab("start", LAB)
    lab("submit", LAB, "--student", "ada")
    (course.work / LAB / "lab.ipynb").write_text("{")
    with pytest.raises(CourseError, match="not a notebook"):
        lab("submit", LAB)
    (course.work / LAB / "lab.ipynb").unlink()
    with pytest.raises(CourseError, match="missing"):
        lab("submit", LAB)
    assert (course.root / "submitted" / "ada" / LAB / "lab.ipynb").is_file()


def test_doctor_names_what_is_wrong_and_its_mend(course: CoursePaths, monkeypatch) -> None:
    findings = json.loads(CliRunner().invoke(APP, ["doctor", "--json"]).stdout)
    by_name = {finding["what"]: finding for finding in findings}
    assert by_name["Course"]["found"] == str(course.root)
    assert all(f["mend"] for f in findings if f["state"] != "good")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 10**8))
    result = CliRunner(env={"COLUMNS": "100"}).invoke(APP, ["doctor"])
    assert result.exit_code == 1
    assert "0.1 GB free" in result.output
    assert "Free some space" in result.output


@pytest.mark.parametrize(
    "command",
    ["list", "start", "check", "watch", "hint", "reset", "progress", "submit", "doctor"],
)
def test_every_command_teaches_with_an_example(command: str) -> None:
    said = lab(command, "--help", width=60)
    assert f"Example: lab {command}" in " ".join(said.split())
