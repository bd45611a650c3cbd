"""Release a lab: nbgrader's own assignment, what stands beside it, and a search for leaks."""

import logging
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from autograder.contract.conventions import RELEASED_MANIFEST
from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.paths import CoursePaths
from autograder.recording.opening import opened
from autograder.releasing.leaks import find_leaks
from autograder.releasing.manifest import write_released_manifest

_SHOWN = 5


def release_lab(
    lab: Lab,
    *,
    course: CoursePaths,
    destination: Path | None = None,
    require_proof: Callable[[Lab], None] | None = None,
) -> Path:
    """Release `lab` for learners and return its folder, `destination/ID` or `release/ID`.

    An earlier release is replaced at once, or stays if anything fails. The gradebook learns of
    the lab only with the course's own release, not with one for another `destination`. Raise
    CourseError when `require_proof` does, when nbgrader refuses, or when anything would leak.
    """
    if require_proof is not None:
        require_proof(lab)
    parent = destination or course.release
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=parent) as scratch:
        draft = _generate(lab, course, Path(scratch) / "draft", in_gradebook=False)
        _refuse_leaks(lab, draft)
        if destination is None:
            draft = _generate(lab, course, Path(scratch) / "final", in_gradebook=True)
        return _put_in_place(draft, parent / lab.id, Path(scratch) / "before")


def _generate(lab: Lab, course: CoursePaths, into: Path, *, in_gradebook: bool) -> Path:
    """Have nbgrader generate the assignment in the folder `into`."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

    from autograder.releasing.settings import configure

    config = Config()
    configure(config, course.root)
    # A lab of another folder, as the tests have them, is released all the same.
    config.CourseDirectory.root = str(lab.path.parent.parent)
    config.CourseDirectory.source_directory = lab.path.parent.name
    config.CourseDirectory.release_directory = str(into)
    config.CourseDirectory.assignment_id = lab.id
    config.GenerateAssignment.post_convert_hook = None
    config.GenerateAssignment.no_database = not in_gradebook
    config.SaveCells.enabled = in_gradebook
    if in_gradebook:
        with opened(config.CourseDirectory.db_url):
            pass  # makes the gradebook where there is none, and says so in words if it cannot
    log, told = _quiet_log()
    directory = CourseDirectory(config=config, log=log)
    converter = GenerateAssignment(coursedir=directory, config=config, log=log)
    try:
        converter.start()
    except NbGraderException as error:
        raise CourseError(
            f"nbgrader cannot release {lab.id}: {_reason(told) or error}",
            mend=f"Mend it, then run: lab release {lab.id}",
        ) from error
    released = into / lab.id
    write_released_manifest(lab, released / RELEASED_MANIFEST)
    return released


def _refuse_leaks(lab: Lab, released: Path) -> None:
    leaks = [str(leak) for leak in find_leaks(lab, released)]
    if leaks:
        more = f"\n  … and {len(leaks) - _SHOWN} more" if len(leaks) > _SHOWN else ""
        told = "".join(f"\n  {leak}" for leak in leaks[:_SHOWN])
        raise CourseError(
            f"{lab.id} is not released, since learners would get what they must not:{told}{more}",
            mend="Take it out of what the lab gives.",
        )


def _put_in_place(draft: Path, target: Path, before: Path) -> Path:
    if target.exists():
        target.rename(before)
    try:
        draft.rename(target)
    except OSError:
        if before.exists():
            before.rename(target)
        raise
    shutil.rmtree(before, ignore_errors=True)
    return target


class _Listener(logging.Handler):
    """Keep what nbgrader says of errors, so that it can be told in a sentence."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def _quiet_log() -> tuple[logging.Logger, list[str]]:
    listener = _Listener()
    log = logging.Logger("nbgrader", logging.INFO)
    log.addHandler(listener)
    return log, listener.lines


def _reason(told: list[str]) -> str:
    """Give the error at the end of the traceback that nbgrader logged, if it logged one."""
    tracebacks = [text for text in told if text.startswith("Traceback")]
    return tracebacks[-1].strip().splitlines()[-1] if tracebacks else ""
