"""The gradebook: what is written, what stays, and what is refused in words."""

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from small_course import LAB, make_lab
from traitlets.config import Config

from autograder.contract.building import build_notebook, grade, write_notebook
from autograder.contract.lab import Lab, load_lab
from autograder.errors import CourseError
from autograder.recording import read_marks, sqlite_url, writing
from autograder.scoring import CheckScore, Scorecard, TaskScore

LATE = datetime(2024, 5, 2, 12, 0, tzinfo=UTC)
DUE = datetime(2024, 5, 1, 12, 0)


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return make_lab(tmp_path / "labs")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "gradebook.db")


def card(student: str = "ann", double: float = 1.0, **changes: object) -> Scorecard:
    seen = CheckScore(
        id="double.doubles_two",
        verdict="failed",
        points=0,
        max_points=1,
        hidden=False,
        message="double(2): found <b>5</b>, due 4",
    )
    kept = CheckScore(
        id="double.doubles_negative",
        verdict="failed",
        points=0,
        max_points=2,
        hidden=True,
        message="double(-3): found 6",
        feedback="What of numbers below zero?",
    )
    tasks = (
        TaskScore(
            id="double",
            title="",
            verdict="failed",
            points=double,
            max_points=3,
            checks=(seen, kept),
        ),
        TaskScore(id="shift", title="", verdict="unattempted", points=0, max_points=1, checks=()),
    )
    fields = {
        "student": student,
        "lab": LAB,
        "status": "graded",
        "score": double,
        "max_score": 4,
        "tasks": tasks,
        "submitted_at": LATE,
    }
    return Scorecard(**(fields | changes))


def record(url: str, lab: Lab, *cards: Scorecard, config: Config | None = None, **due) -> None:
    with writing(url, config=config) as book:
        book.ensure_assignment(lab, **due)
        for one in cards:
            book.record(lab, one)


def test_marks_comments_and_time_are_written(lab: Lab, url: str) -> None:
    record(url, lab, card())
    with Gradebook(url) as book:
        submission = book.find_submission(LAB, "ann")
        assert submission.score == 1.0
        assert submission.max_score == 4.0
        assert submission.timestamp == LATE.replace(tzinfo=None)
        assert not submission.needs_manual_grade
        words = book.find_comment("double-answer", "lab", LAB, "ann").auto_comment
        assert "due 4" in words
        assert "What of numbers below zero?" in words
        assert "doubles_negative" not in words
        assert "found 6" not in words
        assert "<b>" not in words
        shift = book.find_comment("shift-answer", "lab", LAB, "ann")
        assert shift.auto_comment == "No response."


def test_the_gradebook_is_as_nbgrader_makes_it(lab: Lab, tmp_path: Path, url: str) -> None:
    """The cells that `nbgrader generate_assignment` saves are the cells we save."""
    (tmp_path / "source").symlink_to(tmp_path / "labs")
    other = sqlite_url(tmp_path / "other.db")
    bin_dir = Path(sys.executable).parent
    subprocess.run(
        [
            str(bin_dir / "nbgrader"),
            "generate_assignment",
            LAB,
            "--create",
            f"--CourseDirectory.root={tmp_path}",
            f"--CourseDirectory.db_url={other}",
        ],
        check=True,
        capture_output=True,
        cwd=tmp_path,
        env={"PATH": f"{bin_dir}:/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    record(url, lab)
    assert _cells(url) == _cells(other)
    record(other, lab, card())  # a gradebook that nbgrader made takes our marks
    assert _cells(other) == _cells(url)


def _cells(url: str) -> object:
    with Gradebook(url) as book:
        notebook = book.find_notebook("lab", LAB)
        sources = {
            c.name: (c.source, c.checksum, c.locked, c.cell_type) for c in notebook.source_cells
        }
        grades = {c.name: (c.max_score, c.cell_type) for c in notebook.grade_cells}
        return sources, grades, {c.name for c in notebook.solution_cells}, notebook.kernelspec


def test_what_a_human_gave_stays_and_is_shown_for_review(lab: Lab, url: str) -> None:
    record(url, lab, card())
    with Gradebook(url) as book:
        grade_row = book.find_grade("double", "lab", LAB, "ann")
        grade_row.manual_score, grade_row.extra_credit = 2.5, 0.25
        book.find_comment("double-answer", "lab", LAB, "ann").manual_comment = "Well tried"
        book.db.commit()
    record(url, lab, card())
    with Gradebook(url) as book:
        assert not book.find_grade("double", "lab", LAB, "ann").needs_manual_grade
    record(url, lab, card(double=3.0))
    with Gradebook(url) as book:
        grade_row = book.find_grade("double", "lab", LAB, "ann")
        assert (grade_row.manual_score, grade_row.extra_credit) == (2.5, 0.25)
        assert (grade_row.auto_score, grade_row.score) == (3.0, 2.75)
        assert grade_row.needs_manual_grade
        marks = read_marks(book, LAB, "ann")
    assert marks.comments == {"double-answer": "Well tried"}
    assert marks.points == {"double": 2.75, "shift": 0.0}


def test_late_work_pays_what_the_plugin_says(lab: Lab, url: str) -> None:
    strict = Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})
    record(url, lab, card(), config=strict, duedate=DUE)
    with Gradebook(url) as book:
        marks = read_marks(book, LAB, "ann")
    assert (marks.late_penalty, marks.score, marks.seconds_late) == (1.0, 0.0, 86400.0)
    record(url, lab, card(double=2.0))  # no plugin configured: nothing is taken any more
    with Gradebook(url) as book:
        assert read_marks(book, LAB, "ann").late_penalty == 0.0
        assert book.find_assignment(LAB).duedate == DUE


def test_rejected_work_earns_nothing_and_crashed_work_waits_for_a_human(lab: Lab, url: str) -> None:
    rejected = card("bob", status="rejected", problem="lab.ipynb is not JSON.", tasks=())
    record(url, lab, rejected, card("cy", status="crashed", problem="/secret/path", tasks=()))
    with Gradebook(url) as book:
        bob = book.find_grade("double", "lab", LAB, "bob")
        assert (bob.auto_score, bob.needs_manual_grade) == (0.0, False)
        assert "not JSON" in book.find_comment("double-answer", "lab", LAB, "bob").auto_comment
        cy = book.find_grade("double", "lab", LAB, "cy")
        assert (cy.auto_score, cy.needs_manual_grade) == (None, True)
        assert "/secret" not in book.find_comment("double-answer", "lab", LAB, "cy").auto_comment


def test_points_and_cells_may_change_after_submissions(lab: Lab, url: str) -> None:
    record(url, lab, card())
    toml = (lab.path / "lab.toml").read_text().replace("points = 3", "points = 5")
    (lab.path / "lab.toml").write_text(toml)
    source = lab.source
    source.cells = [c for c in source.cells if c.id not in ("shift", "play")]
    next(c for c in source.cells if c.id == "double").metadata.nbgrader.points = 5
    source.cells += build_notebook([grade("fresh", 2)]).cells
    write_notebook(source, lab.path / "lab.ipynb")
    changed = load_lab(lab.path)
    with writing(url) as book:
        book.ensure_assignment(changed)
        book.ensure_assignment(changed)
    with Gradebook(url) as book:
        assert book.find_assignment(LAB).max_score == 7.0
        assert {c.name for c in book.find_notebook("lab", LAB).grade_cells} == {"double", "fresh"}
        assert book.find_submission(LAB, "ann").score == 1.0


def test_a_cell_with_a_humans_mark_is_not_dropped(lab: Lab, url: str) -> None:
    record(url, lab, card())
    with Gradebook(url) as book:
        book.find_grade("shift", "lab", LAB, "ann").manual_score = 1.0
        book.db.commit()
    lab.source.cells = [c for c in lab.source.cells if c.id != "shift"]
    with pytest.raises(CourseError, match="lost its cell 'shift'"), writing(url) as book:
        book.ensure_assignment(lab)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_text("not a database at all, but long enough" * 30), "no SQLite"),
        (lambda path: sqlite3.connect(path).execute("CREATE TABLE shop (id)"), "tables shop"),
        (lambda path: path.mkdir(), "cannot be opened"),
    ],
)
def test_what_is_no_gradebook_is_refused_in_words(lab: Lab, tmp_path, make, words) -> None:
    path = tmp_path / "gradebook.db"
    make(path)
    with pytest.raises(CourseError, match=words) as told:
        record(sqlite_url(path), lab)
    assert told.value.mend


def test_an_old_schema_names_the_upgrade(lab: Lab, url: str) -> None:
    record(url, lab)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
        file.execute("UPDATE alembic_version SET version_num = 'old'")
    with pytest.raises(CourseError, match="schema old") as told:
        record(url, lab)
    assert "nbgrader db upgrade" in told.value.mend


def test_a_locked_gradebook_and_a_second_writer_are_told(lab: Lab, url: str) -> None:
    record(url, lab)
    with writing(url) as first, writing(url, lock_seconds=0.1) as second:
        first.record(lab, card("ann"))
        second.record(lab, card("bob"))
        with first.turn(), pytest.raises(CourseError, match="Another grading run"):
            second.record(lab, card("cid"))
        assert {s.id for s in first.book.students} == {"ann", "bob"}
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CourseError, match="locked by another program"):
        record(f"{url}?timeout=0.1", lab)
    holder.close()


def test_a_gradebook_that_is_locked_half_way_loses_nothing(
    lab: Lab, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    holder = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
    with (
        pytest.raises(CourseError, match="locked by another program"),
        writing(f"{url}?timeout=0.1") as book,
    ):
        book.ensure_assignment(lab)
        book.record(lab, card("ann"))
        holder.execute("BEGIN EXCLUSIVE")
        book.record(lab, card("bob"))
    holder.close()
    assert "Traceback" not in capsys.readouterr().err
    record(url, lab, card("bob"))
    with Gradebook(url) as book:
        assert {s.student_id: s.score for s in book.assignment_submissions(LAB)} == {
            "ann": 1.0,
            "bob": 1.0,
        }


def test_a_gradebook_that_may_only_be_read_is_told(lab: Lab, url: str) -> None:
    record(url, lab)
    path = url.removeprefix("sqlite:///")
    with pytest.raises(CourseError, match="cannot be written to"):
        record(f"sqlite:///file:{path}?mode=ro&uri=true", lab, card())
    with Gradebook(url) as book:
        assert not book.students


def test_a_gradebook_is_laid_out_whole_or_not_at_all(
    lab: Lab, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def struck() -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("autograder.recording.opening._schema_head", struck)
        record(url, lab)
    with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
        assert not file.execute("SELECT name FROM sqlite_master").fetchall()
    record(url, lab, card())
    with Gradebook(url) as book:
        assert book.find_submission(LAB, "ann").score == 1.0


def test_a_flag_for_a_human_stays_until_the_human_has_looked(lab: Lab, url: str) -> None:
    def grade_row() -> tuple[float | None, bool]:
        with Gradebook(url) as book:
            row = book.find_grade("double", "lab", LAB, "ann")
            return row.auto_score, row.needs_manual_grade

    record(url, lab, card())
    with Gradebook(url) as book:
        book.find_grade("double", "lab", LAB, "ann").manual_score = 2.5
        book.db.commit()
    record(url, lab, card(status="crashed", tasks=()))
    assert grade_row() == (1.0, False)
    for _ in range(2):
        record(url, lab, card(double=3.0))
        assert grade_row() == (3.0, True)
    with Gradebook(url) as book:  # as formgrader does when a mark is saved
        book.find_grade("double", "lab", LAB, "ann").needs_manual_grade = False
        book.db.commit()
    record(url, lab, card(double=3.0))
    assert grade_row() == (3.0, False)


def test_addresses_that_are_none_are_told(lab: Lab) -> None:
    with pytest.raises(CourseError, match="is not the address of a database"):
        record("gradebook.db", lab)
    with pytest.raises(CourseError, match="is not the address of a database"):
        record("nosuchdb://here/there", lab)
