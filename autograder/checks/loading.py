"""Load the checks of a lab from its files."""

import dataclasses
import importlib
import traceback
from pathlib import Path

from autograder.checks.definition import Check, Registry, collecting
from autograder.checks.isolation import ModuleRoom
from autograder.errors import CourseError

VISIBLE, HIDDEN = "checks", "hidden_checks"


def load_checks(lab_dir: Path, *, hidden: bool = True) -> tuple[Check, ...]:
    """Return the checks of a lab in the order of its files: those of checks.py, then the hidden.

    checks.py is given to learners; every check of hidden_checks.py is hidden, and so are those of
    hidden_checks_*.py, which a large lab has beside it. A released lab has none of them. Raises
    CourseError, with file and line, for a file that does not load and for checks that cannot stand
    together.
    """
    if not (lab_dir / f"{VISIBLE}.py").is_file():
        raise CourseError(
            f"{lab_dir / VISIBLE}.py: there is no such file.",
            mend="Write the lab's visible checks there, or point at a lab's folder.",
        )
    room = ModuleRoom(lab_dir)
    found = _load(lab_dir, VISIBLE, room)
    for path in hidden_files(lab_dir) if hidden else ():
        found += _load(lab_dir, path.stem, room)
    _insist_on_order(found)
    return tuple(dataclasses.replace(check, body=room.bound(check.body)) for check, _ in found)


def hidden_files(lab_dir: Path) -> list[Path]:
    """Return the files of hidden checks in the order in which they are loaded."""
    return sorted(lab_dir.glob(f"{HIDDEN}.py")) + sorted(lab_dir.glob(f"{HIDDEN}_*.py"))


def _load(lab_dir: Path, module: str, room: ModuleRoom) -> list[tuple[Check, str]]:
    path = lab_dir / f"{module}.py"
    registry = Registry(module, str(path), hidden=module != VISIBLE)
    with room.entered(), collecting(registry):
        try:
            importlib.import_module(module)
        except CourseError:
            raise
        except SyntaxError as error:
            raise CourseError(
                f"{error.filename or path}:{error.lineno or 1}: no valid Python: {error.msg}.",
                mend="Mend the line.",
            ) from error
        except (Exception, SystemExit) as error:
            raise CourseError(
                f"{_place(error, lab_dir, path)}: {type(error).__name__}: {error}",
                mend="Mend the line, or make importable what it imports.",
            ) from error
    return [(check, f"{path}:{line}") for check, line in registry.checks]


def _place(error: BaseException, lab_dir: Path, path: Path) -> str:
    """Return file and line of the last frame inside the lab: the author's line, not a library's."""
    root = lab_dir.resolve()
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(frame.filename).is_relative_to(root):
            return f"{lab_dir / Path(frame.filename).relative_to(root)}:{frame.lineno}"
    return str(path)


def _insist_on_order(found: list[tuple[Check, str]]) -> None:
    places: dict[str, str] = {}
    every = {check.id for check, _ in found}
    for check, place in found:
        if check.id in places:
            raise CourseError(
                f"{place}: the check {check.id} is defined already at {places[check.id]}.",
                mend="Give one of them another name.",
            )
        if check.needs and check.needs_id not in every:
            same_task = ", ".join(
                c.name for c, _ in found if c.task == check.task and c is not check
            )
            raise CourseError(
                f"{place}: {check.id} needs {check.needs!r}, which is no check of task "
                f"{check.task!r} that a reader of this file can see.",
                mend=f"Name one of: {same_task}." if same_task else "Drop needs.",
            )
        if check.needs and check.needs_id not in places:
            raise CourseError(
                f"{place}: {check.id} needs {check.needs!r}, which is defined after it.",
                mend="Move the needed check above: checks are judged in the order of the files.",
            )
        places[check.id] = place
