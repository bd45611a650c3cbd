"""Go back to the released lab, in whole or task by task; a copy of the work is kept."""

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.contract.notebooks import grade_id, read_notebook
from autograder.errors import CourseError
from autograder.learning.brief import RELEASED
from autograder.learning.memory import FILE_NAME, remember, remembered
from autograder.learning.places import NOTEBOOK, Place
from autograder.learning.start import released_files

BACKUPS = ".backups"


@dataclass(frozen=True)
class Reset:
    """Tell what was set back and where the copy of the work lies."""

    lab: str
    cells: tuple[str, ...]
    backup: Path


def reset_task(place: Place, release: Path, task: str) -> Reset:
    """Set the answer cells of `task` back to the released ones; the rest stays as it is."""
    cells = place.brief().task(task).answers
    mine = read_notebook(place.notebook)
    theirs = _by_name(read_notebook(release / NOTEBOOK))
    found = _by_name(mine)
    lost = [name for name in cells if name not in found]
    if lost:
        raise CourseError(
            f"Your notebook has lost the cell {', '.join(lost)}.",
            mend=f"Set the whole lab back: `lab reset --all --lab {place.lab}`. A copy is kept.",
        )
    backup = keep_copy(place)
    for name in cells:
        found[name].source = theirs[name].source
        if found[name].cell_type == "code":
            found[name].outputs, found[name].execution_count = [], None
    _write(mine, place.notebook)
    remember(place.folder, remembered(place.folder).without(task))
    return Reset(place.lab, cells, backup)


def reset_lab(place: Place, release: Path) -> Reset:
    """Set every released file back; files of the learner's own stay."""
    backup = keep_copy(place)
    for path in released_files(release):
        target = place.folder / path.relative_to(release)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        shutil.copyfile(path, part)
        part.replace(target)
    (place.folder / FILE_NAME).unlink(missing_ok=True)
    return Reset(place.lab, (), backup)


def keep_copy(place: Place) -> Path:
    """Copy the work on a lab to work/.backups/ID/TIME and return that folder."""
    if not (place.folder / RELEASED).is_file():
        raise CourseError(
            f"{place.folder} holds the lab as its authors wrote it.",
            mend="Work on a copy: `lab start` makes one in work/.",
        )
    root = place.folder.parent / BACKUPS / place.lab
    stamp = datetime.now().astimezone().strftime("%Y-%m-%d_%H-%M-%S")
    number, backup = 1, root / stamp
    while backup.exists():
        number += 1
        backup = root / f"{stamp}_{number}"
    ignored = shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
    shutil.copytree(place.folder, backup, symlinks=True, ignore=ignored)
    return backup


def _by_name(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Give the cells by grade id, and by cell id where the metadata was lost."""
    cells = {str(cell.get("id", "")): cell for cell in notebook.cells}
    cells.update({name: cell for cell in notebook.cells if (name := grade_id(cell))})
    return cells


def _write(notebook: NotebookNode, path: Path) -> None:
    part = path.with_name(f".{path.name}.part")
    nbformat.write(notebook, part)
    part.replace(path)
