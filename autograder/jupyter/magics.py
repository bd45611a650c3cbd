"""The line magics `%check TASK`, `%hint TASK [N]` and `%score TASK`.

Grading loads this module in every kernel, so that it imports what it needs only when asked.
"""

import os
from pathlib import Path
from typing import Any

GRADING_RUN = "LAB_RUN"  # set by our own grader, which asks from outside
NBGRADER_PHASE = "NBGRADER_EXECUTION"  # set by nbgrader to one of the next two
AUTOGRADING, VALIDATING = "autograde", "validate"


class CheckMissed(AssertionError):  # noqa: N818
    """Fail the cell of a `%check` that did not pass, where `nbgrader validate` looks for errors."""

    def _render_traceback_(self) -> list[str]:
        """Show the sentence alone: the lines of the grader would teach a learner nothing."""
        return [str(self)]


class LabMagics:
    """Answer the magics of one shell; `folder` is where its lab lies."""

    def __init__(self, shell: Any, folder: Path) -> None:
        self._shell = shell
        self._folder = folder
        self._untouched: set[str] = set()

    def note(self, result: Any) -> None:
        """Remember whether a cell's last run stopped where the starter's answer cells stop."""
        cell = getattr(result.info, "cell_id", None)
        if cell is None:  # not every front end names its cells
            return
        if isinstance(result.error_in_exec, NotImplementedError):
            self._untouched.add(cell)
        else:
            self._untouched.discard(cell)

    def check(self, line: str) -> None:
        """Check a task with the values of this notebook: `%check TASK`, or `%check` for all.

        A miss is no error of the learner's: only where nbgrader validates does the cell fail, so
        that "Run All" goes on to the next task.
        """
        if os.environ.get(GRADING_RUN):
            return
        from autograder.errors import CourseError
        from autograder.jupyter.display import as_report, show_findings, show_problem
        from autograder.jupyter.session import examine

        phase = os.environ.get(NBGRADER_PHASE)
        try:
            findings = [
                examine(self._folder, self._shell.user_ns, task, untouched=self._untouched)
                for task in self._tasks(line, "%check")
            ]
        except CourseError as error:
            if phase == VALIDATING:
                raise CheckMissed(str(error)) from None
            show_problem(error)
            return
        except Exception as error:
            if phase != AUTOGRADING:
                raise
            print(f"%check could not run: {type(error).__name__}: {error}")
            return
        if phase == VALIDATING and not all(finding.passed for finding in findings):
            raise CheckMissed(as_report(findings))
        show_findings(findings, plain=phase == AUTOGRADING)

    def hint(self, line: str) -> None:
        """Show the next hint of a task: `%hint TASK`, or `%hint TASK 2` for the second."""
        if os.environ.get(GRADING_RUN) or os.environ.get(NBGRADER_PHASE) == AUTOGRADING:
            return
        from autograder.errors import CourseError
        from autograder.jupyter.display import show_hint, show_problem
        from autograder.learning.brief import read_brief
        from autograder.learning.hint import next_hint

        words = line.split()
        try:
            brief = read_brief(self._folder)
            if not words or len(words) > 2 or (len(words) == 2 and not words[1].isdecimal()):
                raise CourseError(
                    "%hint needs a task, and perhaps a number.",
                    mend=f"Write %hint {brief.tasks[0].id}, or %hint {brief.tasks[0].id} 2.",
                )
            number = int(words[1]) if len(words) == 2 else None
            show_hint(next_hint(brief, words[0], number))
        except CourseError as error:
            show_problem(error)

    def score(self, line: str) -> float | None:
        """Give the points that all checks of a task earn, hidden ones too; for nbgrader's use."""
        from autograder.errors import CourseError
        from autograder.jupyter.display import show_problem
        from autograder.jupyter.session import points_of, source_lab

        try:
            tasks = self._tasks(line, "%score")
            source = source_lab(self._folder)
            return sum(points_of(source, self._shell.user_ns, task) for task in tasks)
        except CourseError as error:
            if os.environ.get(NBGRADER_PHASE):
                # An error scores nothing and is seen; a printed sentence would score in full.
                raise CheckMissed(str(error)) from None
            show_problem(error)
            return None

    def _tasks(self, line: str, magic: str) -> list[str]:
        from autograder.errors import CourseError
        from autograder.jupyter.session import task_names

        known = task_names(self._folder)
        words = line.split()
        if not words and magic == "%check":
            return known
        if len(words) != 1:
            raise CourseError(f"{magic} needs one task.", mend=f"Tasks: {', '.join(known)}.")
        return words


def register(shell: Any) -> None:
    """Add the magics to an IPython shell; the lab is the one in the working directory.

    The directory is noted now, since a learner's code may change it later.
    """
    magics = LabMagics(shell, Path.cwd())
    for name in ("check", "hint", "score"):
        shell.register_magic_function(getattr(magics, name), "line", name)
    shell.events.register("post_run_cell", magics.note)
