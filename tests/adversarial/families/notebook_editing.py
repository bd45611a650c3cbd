"""Editing the notebook's frame: cells, marks and metadata."""

import copy
from typing import Any

import nbformat

from ..attack import NOTHING, Attack, answer, own_cell

RESTORED = "the frame comes from the release; of a submission only answers and own cells are taken"


def _without(*kept_out: str) -> Any:
    def edit(notebook: Any) -> None:
        notebook.cells = [c for c in notebook.cells if _grade_id(c) not in kept_out]

    return edit


def _grade_id(cell: Any) -> Any:
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")


def _duplicate(notebook: Any) -> None:
    for cell in list(notebook.cells):
        notebook.cells.append(copy.deepcopy(cell))
    for _ in range(50):
        notebook.cells.append(copy.deepcopy(answer(notebook, "clean")))


def _reorder(notebook: Any) -> None:
    notebook.cells.reverse()


def _reflag(notebook: Any) -> None:
    for cell in notebook.cells:
        marks = cell["metadata"].setdefault("nbgrader", {})
        marks |= {"grade": True, "solution": True, "locked": False, "points": 1000, "task": True}


def _repoint(notebook: Any) -> None:
    clean, report = answer(notebook, "clean-answer"), answer(notebook, "report-answer")
    for cell, other in ((clean, "report"), (report, "clean")):
        cell.metadata.nbgrader |= {"grade_id": other, "grade": True, "points": 5}
        cell["id"] = f"{other}-answer"
    # Ids are swapped, so each answer is found in the place of the other; both bind their names.
    clean.metadata.nbgrader["grade_id"] = "clean-answer"
    report.metadata.nbgrader["grade_id"] = "report-answer"


def _forge_outputs(notebook: Any) -> None:
    for cell in notebook.cells:
        cell["metadata"] |= {"lab": {"state": "ok", "score": 5}, "score": 5, "points": 5}
        if cell.cell_type == "code":
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="5 of 5 points")]
            cell.execution_count = 99
    notebook.metadata |= {"score": 5, "lab": {"score": 5}, "nbgrader": {"score": 5}}


def _own_parameters(notebook: Any) -> None:
    """Pin the seed by cells that pass for the grader's own."""
    for place in (1, 3, len(notebook.cells)):
        cell = own_cell("seed = 7", f"pin-{place}")
        cell.metadata["tags"] = ["injected-parameters", "parameters"]
        notebook.cells.insert(place, cell)
    answer(notebook, "parameters").metadata["tags"] = []
    answer(notebook, "parameters").source = "seed = 7\nimport builtins"


def _kernelspec(notebook: Any) -> None:
    notebook.metadata = {
        "kernelspec": {"name": "../../evil", "display_name": "x", "language": "bash"},
        "language_info": {"name": "bash"},
        "papermill": {"parameters": {"seed": 7}, "engine_name": "nbclient"},
    }


def _setup_rewritten(notebook: Any) -> None:
    answer(notebook, "setup").source = "def readings(seed): return [1, 2, 3]"
    answer(notebook, "clean").source = "print('5 of 5')"


def _answers_as_text(notebook: Any) -> None:
    """Make the answers text cells that a browser would still show."""
    for name in ("clean-answer", "report-answer"):
        cell = answer(notebook, name)
        cell["cell_type"] = "markdown"
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _forged_marks(notebook: Any) -> None:
    for place, cell in enumerate(notebook.cells):
        if not _grade_id(cell):
            continue
        marks: Any = {0: [], 1: "x", 2: None, 3: {"grade_id": ["clean"]}}.get(place)
        if marks is not None:
            cell["metadata"]["nbgrader"] = marks
    notebook.cells.append({"cell_type": "code", "metadata": {"nbgrader": {
        "grade_id": "bonus", "grade": True, "points": 100, "schema_version": 3, "solution": True,
        "locked": False, "task": False}}, "source": "bonus = 100", "outputs": [],
        "execution_count": None, "id": "bonus"})  # fmt: skip


def _same_ids(notebook: Any) -> None:
    for cell in notebook.cells:
        if not _grade_id(cell):
            cell["id"] = "clean-answer"
    notebook.cells.append(own_cell("'another cell of that name'", "report-answer"))


def _surrogates(notebook: Any) -> None:
    notebook.cells.append(own_cell("text = '\ud800'  # \udfff", "own-text"))
    answer(notebook, "report-answer").source += "\n# \ud800"


def _monster_sources(notebook: Any) -> None:
    notebook.cells.append(own_cell("x = " + "(" * 5_000 + ")" * 5_000, "deep"))
    notebook.cells.append(own_cell("x = " + "-" * 20_000 + "1", "signs"))
    notebook.cells.append(own_cell("x = " + "[" * 80 + "9" * 100_000 + "]" * 80, "long"))
    notebook.cells.append(own_cell("x = 1" + "+1" * 10_000, "sum"))
    notebook.cells.append(own_cell("### BEGIN HIDDEN TESTS\n" * 20_000, "regions"))
    notebook.cells.append(own_cell("a" * 500_000, "name"))


def _many_cells(notebook: Any) -> None:
    notebook.cells[3:3] = [dict(own_cell("", "empty"))] * 20_000
    notebook.cells += [dict(answer(notebook, "clean"))] * 20_000


ATTACKS = (
    Attack(
        "cells_deleted",
        "delete the tests and the locked cells",
        edit=_without("clean", "report", "setup", "parameters", "clean-text"),
        stopped_by=RESTORED,
        quick=True,
    ),
    Attack("cells_doubled", "hand every cell in twice", edit=_duplicate, stopped_by=RESTORED),
    Attack("cells_reordered", "put the cells in another order", edit=_reorder, stopped_by=RESTORED),
    Attack("cells_reflagged", "mark every cell as worth 1000", edit=_reflag, stopped_by=RESTORED),
    Attack(
        "cells_repointed", "give the cells each other's names", edit=_repoint, stopped_by=RESTORED
    ),
    Attack(
        "outputs_forged", "write points into outputs and metadata", edit=_forge_outputs,
        stopped_by=RESTORED,
    ),
    Attack(
        "parameters_pinned",
        "pin the seed by cells that pass for the grader's own",
        wrong="hard_coded_report",
        edit=_own_parameters,
        stopped_by=RESTORED,
    ),
    Attack(
        "kernelspec", "name another kernel, language and engine", edit=_kernelspec,
        stopped_by="the kernel is the grader's choice, whatever the metadata ask for",
    ),
    Attack(
        "locked_cells_rewritten", "rewrite the locked cells", edit=_setup_rewritten,
        stopped_by=RESTORED,
    ),
    Attack(
        "answers_as_text", "turn code cells into text and back", edit=_answers_as_text,
        stopped_by=RESTORED,
    ),
    Attack(
        "marks_forged", "break the marks and add a task worth 100", edit=_forged_marks,
        stopped_by=RESTORED,
    ),
    Attack("same_ids", "give many cells one id", edit=_same_ids, stopped_by=RESTORED),
    Attack(
        "half_characters", "write text that no file can hold into sources", edit=_surrogates,
        stopped_by="text is made fit for UTF-8 as it is read",
    ),
    Attack(
        "monster_sources", "write sources that crash parsers", edit=_monster_sources,
        stopped_by="large sources are not parsed, and parsing runs in a disposable process",
    ),
    Attack(
        "many_cells", "hand in forty thousand cells", edit=_many_cells,
        twin=NOTHING,
        stopped_by="a notebook of more than 2,000 cells is refused",
    ),
)  # fmt: skip
