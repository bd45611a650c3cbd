"""What is written of a plain submission is whole, and nobody forgets what must be looked at."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from autograder.classic import worker
from autograder.classic.assignment import PlainAssignment
from autograder.classic.cards import card_of
from autograder.classic.grading import ClassicGrade, ClassicResult
from autograder.classic.worker import PlainJob, crashed, grade_plain_job
from autograder.cli.plain import PlainRun, record_plain_card, recording_plain
from autograder.execution import Confinement
from autograder.grading.intake import Submission
from autograder.grading.layout import OutputLayout
from autograder.scoring import Scorecard, Status, read_scorecard, write_scorecard


@pytest.fixture
def assignment(tmp_path: Path) -> PlainAssignment:
    folder = tmp_path / "source" / "ps1"
    folder.mkdir(parents=True)
    facts = {"grade": True, "solution": True, "locked": False, "task": False, "points": 2}
    marks = {"nbgrader": {**facts, "grade_id": "why", "schema_version": 3}}
    spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook = new_notebook(
        cells=[new_markdown_cell("Why?", metadata=marks)], metadata={"kernelspec": spec}
    )
    nbformat.write(notebook, folder / "nb.ipynb")
    return PlainAssignment("ps1", tmp_path, folder, True)


def graded(assignment: PlainAssignment, text: str) -> tuple[Scorecard, dict[str, NotebookNode]]:
    notebook = new_notebook(cells=[new_markdown_cell(text)])
    result = ClassicResult((ClassicGrade("why", None, 2, "ok"),), notebook, 1.0, ())
    when = datetime(2024, 5, 1, tzinfo=UTC)
    card = card_of(assignment.plan(), "ada", {"nb": result}, {}, submitted_at=when)
    return card, {"nb": notebook}


@pytest.fixture
def job(assignment: PlainAssignment, confinement: Confinement, tmp_path: Path) -> PlainJob:
    submission = Submission("ada", "ps1", tmp_path / "submitted")
    return PlainJob(submission, assignment.plan(), tmp_path / "graded", confinement, "first")


def do(
    job: PlainJob, fingerprint: str, found: object, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """Let a worker write what it is said to have found; give the card's and notebook's places."""
    monkeypatch.setattr(worker, "limit_this_process", lambda: None)
    monkeypatch.setattr(worker, "grade_plain_submission", lambda *_, **__: found)
    layout = OutputLayout(job.output)
    with suppress(OSError):
        grade_plain_job(replace(job, fingerprint=fingerprint))
    scorecard = layout.scorecard("ada", "ps1")
    return scorecard, layout.executed("ada", "ps1").with_name("nb.ipynb")


@pytest.mark.parametrize(("fingerprint", "card_stays"), [("first", True), ("second", False)])
def test_a_full_disk_leaves_no_torn_notebook_and_no_card_of_other_work(
    job: PlainJob,
    assignment: PlainAssignment,
    monkeypatch: pytest.MonkeyPatch,
    fingerprint: str,
    card_stays: bool,
) -> None:
    scorecard, executed = do(job, "first", graded(assignment, "Because."), monkeypatch)
    before = executed.read_text()
    assert "Because." in before and read_scorecard(scorecard).fingerprint == "first"

    def full(path: Path, *_: object, **__: object) -> Path:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("autograder.writing.os.fdopen", full)
    do(job, fingerprint, graded(assignment, "Another answer."), monkeypatch)
    assert executed.read_text() == before
    assert scorecard.is_file() is card_stays


def test_what_broke_off_keeps_no_notebook_of_the_work_before(
    job: PlainJob, assignment: PlainAssignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, executed = do(job, "first", graded(assignment, "Because."), monkeypatch)
    assert executed.is_file()
    broken = (crashed(job.plan, "ada", "The zygote was ended."), {})
    scorecard, _ = do(job, "first", broken, monkeypatch)
    assert not executed.exists()
    assert read_scorecard(scorecard).status is Status.CRASHED


def test_other_work_than_was_marked_by_hand_is_looked_at_again(
    assignment: PlainAssignment, tmp_path: Path
) -> None:
    """A kill may fall between the card and the gradebook: then the next grader keeps the card."""
    run = PlainRun(assignment, output=tmp_path / "graded")
    found, _ = graded(assignment, "Because.")
    first = found.model_copy(update={"fingerprint": "first"})
    second = found.model_copy(update={"fingerprint": "second"})
    with recording_plain(run) as book:

        def recorded(card: Scorecard) -> bool:
            write_scorecard(card, run.layout.scorecard("ada", "ps1"))
            record_plain_card(run, card, book)
            return bool(mark().needs_manual_grade)

        def mark():  # type: ignore[no-untyped-def]
            return book.book.find_grade("why", "nb", "ps1", "ada")

        def look() -> None:
            mark().manual_score, mark().needs_manual_grade = 1.5, False
            book.book.db.commit()

        assert recorded(first)
        look()
        assert not recorded(first)  # the same work, whether graded anew or kept
        broken = crashed(assignment.plan(), "ada", "The zygote was ended.")
        assert not recorded(broken.model_copy(update={"fingerprint": "second"}))
        assert recorded(second)
        assert recorded(second)  # nobody has looked meanwhile
        look()
        assert not recorded(second)
        assert mark().manual_score == 1.5


def test_what_the_assignment_gets_later_is_marked_for_those_who_are_there(
    assignment: PlainAssignment, tmp_path: Path
) -> None:
    run = PlainRun(assignment, output=tmp_path / "graded")
    found, _ = graded(assignment, "Because.")
    with recording_plain(run) as book:
        record_plain_card(run, found.model_copy(update={"fingerprint": "first"}), book)
    path = assignment.folder / "nb.ipynb"
    source = nbformat.read(path, as_version=4)
    added = new_markdown_cell("And then?", metadata=source.cells[0].metadata.copy())
    added.metadata["nbgrader"] = {**added.metadata["nbgrader"], "grade_id": "then", "points": 3}
    source.cells.append(added)
    nbformat.write(source, path)
    nbformat.write(source, path.with_name("other.ipynb"))
    later = PlainRun(replace(assignment), output=tmp_path / "graded")
    found, _ = graded(later.assignment, "Because.")
    with recording_plain(later) as book:
        record_plain_card(later, found.model_copy(update={"fingerprint": "second"}), book)
        new = book.book.find_grade("then", "nb", "ps1", "ada")
        assert (new.max_score, new.auto_score, new.needs_manual_grade) == (3, 0, False)
        assert book.book.find_grade("why", "other", "ps1", "ada").max_score == 2
