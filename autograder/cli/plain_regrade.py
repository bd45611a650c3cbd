"""`lab regrade` on a plain nbgrader assignment, by the assignment's own tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import typer

from autograder.classic.assignment import PlainAssignment
from autograder.classic.cohort import Decoys, grade_plain_cohort
from autograder.cli.grade_view import print_summary
from autograder.cli.plain import (
    COULD_NOT_GRADE_ALL,
    PlainRun,
    conclude_plain,
    ready_to_grade,
    record_plain_card,
    recording_plain,
)
from autograder.cli.regrade import Answers, regrade_into
from autograder.execution import Confinement
from autograder.grading.cohort import Graded
from autograder.grading.intake import Submission
from autograder.grading.layout import OutputLayout
from autograder.recording.gradebook import GradebookWriter
from autograder.scoring import Scorecard


@dataclass(frozen=True)
class PlainWork:
    """Hold a cohort's work for a plain nbgrader assignment."""

    run: PlainRun
    confinement: Confinement
    decoys: Decoys

    @property
    def subject(self) -> PlainAssignment:
        return self.run.assignment

    @property
    def layout(self) -> OutputLayout:
        return self.run.layout

    def submissions(self) -> list[Submission]:
        return self.run.submissions()

    def gradebook_url(self) -> str:
        return self.run.gradebook_url()

    def graded(
        self,
        submissions: list[Submission],
        layout: OutputLayout,
        started: Callable[[Submission], None],
    ) -> Iterator[Graded]:
        return grade_plain_cohort(
            self.run.assignment,
            submissions,
            layout.root,
            confinement=self.confinement,
            workers=self.run.workers,
            decoys=self.decoys,
            started=started,
        )

    def recording(self) -> AbstractContextManager[GradebookWriter]:
        return recording_plain(self.run)

    def record(self, card: Scorecard, book: GradebookWriter) -> None:
        record_plain_card(self.run, card, book)

    def conclude(self) -> None:
        conclude_plain(self.run)


def regrade_plain_course(
    run: PlainRun, answers: Answers, *, require_sandbox: bool, as_data: bool
) -> None:
    """Regrade a cohort as `lab regrade` shows it; exit with 3 when some could not be graded."""
    confinement, decoys = ready_to_grade(run, require_sandbox=require_sandbox)
    failed = regrade_into(PlainWork(run, confinement, decoys), answers, as_data=as_data)
    if not as_data and not answers.only_show:
        print_summary(run.assignment, run.layout)
    if failed:
        raise typer.Exit(COULD_NOT_GRADE_ALL)
