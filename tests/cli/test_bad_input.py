"""A user's mistake is a sentence and exit code 2, never a traceback."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from filelock import FileLock
from small_disks import small_disk

from autograder.contract.lab import Lab

pytestmark = pytest.mark.slow


def lab(*words: str, course: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli.app", *words],
        cwd=course,
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def course(tiny_course: Path, tiny: Lab) -> Path:
    folder = tiny_course / "submitted" / "ada" / "tiny"
    folder.mkdir(parents=True)
    nbformat.write(tiny.solution, folder / "lab.ipynb")
    return tiny_course


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "Traceback" not in said
    for word in words:
        assert word in said, said


def test_an_unknown_lab_is_told_with_the_nearest_name(course: Path) -> None:
    refused(lab("grade", "tinny", course=course), "no lab tinny", "tiny")


def test_a_labs_limits_are_its_own(course: Path) -> None:
    for command in ("grade", "regrade"):
        said = ("--memory-mb and --seconds", "whose limits are its own")
        refused(lab(command, "tiny", "--memory-mb", "9", "--seconds", "9", course=course), *said)


def test_missing_and_empty_folders(course: Path) -> None:
    refused(lab("grade", "tiny", "--submitted", "nowhere", course=course), "not a folder")
    (course / "empty").mkdir()
    refused(lab("grade", "tiny", "--submitted", "empty", course=course), "Nobody handed in tiny")


def test_a_folder_without_a_course(tmp_path: Path) -> None:
    refused(lab("grade", "tiny", course=tmp_path), "No course here")


def test_a_manifest_with_a_wrong_type_names_file_key_and_mend(course: Path) -> None:
    manifest = course / "labs" / "tiny" / "lab.toml"
    manifest.write_text(manifest.read_text().replace("points = 3", 'points = "three"'))
    refused(lab("grade", "tiny", course=course), "lab.toml", "points")


def test_a_gradebook_that_is_none(course: Path) -> None:
    (course / "graded").mkdir()
    (course / "graded" / "gradebook.db").write_text("not a database, " * 100)
    refused(lab("grade", "tiny", course=course), "gradebook")


def test_a_gradebook_of_another_program(course: Path) -> None:
    (course / "graded").mkdir()
    with sqlite3.connect(course / "graded" / "gradebook.db") as other:
        other.execute("create table recipes (id integer)")
    refused(lab("grade", "tiny", course=course), "gradebook")


def test_an_output_that_cannot_be_made(course: Path) -> None:
    (course / "file").write_text("in the way")
    refused(lab("grade", "tiny", "--output", "file/below", course=course), "file/below")


def test_a_disk_that_is_full(course: Path) -> None:
    with small_disk(course / "small", 100_000) as small:
        done = lab("grade", "tiny", "--output", str(small), course=course)
        refused(done)
        assert "full" in (done.stdout + done.stderr).lower() or "space" in done.stderr.lower()


def test_a_gradebook_that_is_locked_or_may_only_be_read(course: Path) -> None:
    first = lab("grade", "tiny", course=course)
    assert first.returncode == 0
    assert "tiny: 1/1 done, 0 running" in first.stderr and "/min" in first.stderr
    path = course / "graded" / "gradebook.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    refused(lab("grade", "tiny", course=course), "locked by another program")
    holder.close()
    closed = ("--db-url", f"sqlite:///file:{path}?mode=ro&uri=true")
    refused(lab("grade", "tiny", *closed, course=course), "cannot be written to")
    assert lab("grade", "tiny", course=course).returncode == 0


def test_two_graders_of_one_lab_in_one_folder(course: Path) -> None:
    (course / "graded").mkdir()
    with FileLock(course / "graded" / ".grading-tiny.lock"):
        refused(lab("grade", "tiny", course=course), "Another `lab grade` of tiny")
    assert not (course / "graded" / "scorecards").exists()


def test_a_cohort_of_bad_hand_ins_is_graded_to_its_end(course: Path) -> None:
    for student, content in {
        "bob": b"{",
        "cid": b"",
        "dan": b'{"nbformat": 3, "worksheets": []}',
    }.items():
        folder = course / "submitted" / student / "tiny"
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_bytes(content)
    done = lab("grade", "tiny", course=course)
    assert done.returncode == 3, done.stdout + done.stderr
    assert "4/4 done, 0 running, 3 failed" in done.stderr
    assert "ada" in done.stdout and "5/5" in done.stdout
    for name in ("gradebook.db", "reports/tiny.html", "feedback/bob/tiny/lab.html"):
        assert (course / "graded" / name).is_file()


def test_help_teaches(course: Path) -> None:
    done = lab("grade", "--help", course=course)
    assert done.returncode == 0 and "Example:" in done.stdout
