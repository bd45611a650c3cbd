"""Whether a lesson's notebook runs as it stands and is kept clean."""

from pathlib import Path

import nbformat
import papermill
from papermill.exceptions import PapermillExecutionError

from autograder.proving.finding import Finding

_SECONDS = 120
# An ordinary kernel warns its terminal that it listens on loopback.
QUIET_KERNEL = "--IPKernelApp.log_level=40"


def check_lesson(folder: Path | None) -> list[Finding]:
    """Execute `lesson.ipynb` in `folder` and return a finding for whatever stops it.

    The lesson is the course's own text, so it runs in an ordinary kernel in its own folder.
    """
    if folder is None or not (folder / "README.md").is_file():
        return [Finding("lesson", "there is no lesson (README.md).", "Write why before how.")]
    path = folder / "lesson.ipynb"
    if not path.is_file():
        return [Finding("lesson", f"{path.name} is missing beside the lesson's README.md.")]
    notebook = nbformat.read(path, as_version=4)
    findings = []
    if any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells):
        findings.append(
            Finding("lesson", "lesson.ipynb is committed with outputs.", "Run `lab fmt`.")
        )
    try:
        papermill.execute_notebook(
            notebook,
            None,
            cwd=folder,
            kernel_name="python3",
            engine_name="nbclient",
            progress_bar=False,
            request_save_on_cell_execute=False,
            execution_timeout=_SECONDS,
            extra_arguments=[QUIET_KERNEL],
        )
    except PapermillExecutionError as error:
        findings.append(
            Finding(
                "lesson",
                f"lesson.ipynb stops in cell {error.cell_index}: {error.ename}: {error.evalue}",
            )
        )
    except Exception as error:
        findings.append(Finding("lesson", f"lesson.ipynb cannot be executed: {error}"))
    return findings
