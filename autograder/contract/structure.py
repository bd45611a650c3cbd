"""Hold a lab's notebook against its manifest and the conventions all labs share."""

import ast
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.contract.conventions import (
    INTRO,
    KERNEL,
    LOAD_LINE,
    NOTEBOOK,
    PARAMETERS,
    SETUP,
    grade_source,
)
from autograder.contract.lab import Lab
from autograder.contract.notebooks import (
    cells_by_grade_id,
    grade_id,
    grader_fields,
    is_answer,
    is_grade,
    is_locked,
    is_parameters,
)
from autograder.contract.structure_beside import files_beside, module_left, points_of_checks
from autograder.contract.syntax import parsed
from autograder.errors import CourseError

_OPENING = (INTRO, PARAMETERS, SETUP)


def check_structure(lab: Lab) -> list[str]:
    """List, in words, where the lab's notebook, files and checks break the contract."""
    return [
        *_opening(lab),
        *_parameters(lab),
        *_tasks(lab),
        *_cells(lab),
        *_kernel(lab),
        *_derivations(lab),
        *points_of_checks(lab),
        *files_beside(lab),
        *module_left(lab),
    ]


def _opening(lab: Lab) -> Iterator[str]:
    first = [grade_id(cell) for cell in lab.source.cells[: len(_OPENING)]]
    if first != list(_OPENING):
        yield (
            f"{NOTEBOOK}: it must open with the cells intro, parameters and setup; "
            f"it opens with {', '.join(str(name or 'a free cell') for name in first) or 'none'}."
        )
    cells = cells_by_grade_id(lab.source)
    if INTRO in cells and cells[INTRO].cell_type != "markdown":
        yield f"{NOTEBOOK}: the cell intro must be markdown."
    setup = cells.get(SETUP)
    if setup is not None and setup.source.split("\n", 1)[0].strip() != LOAD_LINE:
        yield f"{NOTEBOOK}: the first line of the cell setup must be {LOAD_LINE}."
    for name in _OPENING:
        if name in cells and not is_locked(cells[name]):
            yield f"{NOTEBOOK}: the cell {name} must be locked."


def _parameters(lab: Lab) -> Iterator[str]:
    tagged = [cell for cell in lab.source.cells if is_parameters(cell)]
    if len(tagged) != 1 or grade_id(tagged[0]) != PARAMETERS:
        yield f'{NOTEBOOK}: exactly the cell parameters must have the tag "parameters".'
        return
    written = _assigned(tagged[0].source)
    due = dict(lab.manifest.learner_parameters)
    for name in sorted(due.keys() | written.keys()):
        if name not in written:
            yield f"{NOTEBOOK}: the cell parameters must hold {name} = {due[name]!r}."
        elif name not in due:
            yield f"{NOTEBOOK}: the cell parameters sets {name}, which lab.toml does not name."
        elif written[name] != due[name]:
            yield (
                f"{NOTEBOOK}: the cell parameters sets {name} = {written[name]!r}; "
                f"lab.toml says learner = {due[name]!r}."
            )


def _assigned(source: str) -> dict[str, object]:
    """Read `name = literal` lines; what is no literal comes as its text."""
    found: dict[str, object] = {}
    tree = parsed(source)
    for step in tree.body if tree else ():
        if isinstance(step, ast.Assign) and isinstance(step.targets[0], ast.Name):
            try:
                found[step.targets[0].id] = ast.literal_eval(step.value)
            except ValueError:
                found[step.targets[0].id] = ast.unparse(step.value)
    return found


def _tasks(lab: Lab) -> Iterator[str]:
    cells = cells_by_grade_id(lab.source)
    order = list(cells)
    for task in lab.manifest.tasks:
        for name in (f"{task.id}-text", *task.answers, task.id):
            if name not in cells:
                yield f"{NOTEBOOK}: task {task.id} has no cell with the grade_id {name}."
        present = [n for n in (f"{task.id}-text", *task.answers, task.id) if n in cells]
        if present != sorted(present, key=order.index):
            yield f"{NOTEBOOK}: the cells of {task.id} must stand as text, answers, grade cell."
        text = cells.get(f"{task.id}-text")
        if text is not None and (text.cell_type != "markdown" or not is_locked(text)):
            yield f"{NOTEBOOK}: the cell {task.id}-text must be markdown and locked."
        for name in task.answers:
            if name in cells and not is_answer(cells[name]):
                yield f"{NOTEBOOK}: the cell {name} must be an answer (solution: true)."
        if task.id in cells:
            yield from _grade_cell(cells[task.id], task.id, task.points)


def _grade_cell(cell: NotebookNode, task: str, points: float) -> Iterator[str]:
    fields = grader_fields(cell)
    if not is_grade(cell) or not is_locked(cell) or is_answer(cell):
        yield f"{NOTEBOOK}: the cell {task} must be a locked grade cell and no answer."
    if cell.source.strip() != grade_source(task):
        wanted = grade_source(task).replace("\n", " ⏎ ")
        yield f"{NOTEBOOK}: the grade cell {task} must hold exactly: {wanted}"
    if fields.get("points") != points:
        yield (
            f"{NOTEBOOK}: the grade cell {task} is worth {fields.get('points')} points, "
            f"lab.toml says {points:g}."
        )


def _cells(lab: Lab) -> Iterator[str]:
    answers = {name for task in lab.manifest.tasks for name in task.answers}
    grades = {task.id for task in lab.manifest.tasks}
    for number, cell in enumerate(lab.source.cells, start=1):
        name = grade_id(cell)
        shown = name or f"{cell.get('id') or number}"
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"{NOTEBOOK}: the cell {shown} holds outputs; run lab fmt."
        if name and cell.get("id") != name:
            yield f"{NOTEBOOK}: the cell {name} has the id {cell.get('id')!r}; run lab fmt."
        if is_answer(cell) and name not in answers:
            yield f"{NOTEBOOK}: no task of lab.toml names the answer cell {shown}."
        if is_grade(cell) and name not in grades:
            yield f"{NOTEBOOK}: lab.toml has no task for the grade cell {shown}."


def _kernel(lab: Lab) -> Iterator[str]:
    name = lab.source.metadata.get("kernelspec", {}).get("name")
    if name != KERNEL["name"]:
        yield f"{NOTEBOOK}: its kernel is {name!r}, not {KERNEL['name']!r}; run lab fmt."


def _derivations(lab: Lab) -> Iterator[str]:
    try:
        starter, solution = cells_by_grade_id(lab.starter), cells_by_grade_id(lab.solution)
    except CourseError as error:
        yield str(error)
        return
    for task in lab.manifest.tasks:
        for name in task.answers:
            if name not in starter:
                continue
            if starter[name].source == solution[name].source:
                yield f"{NOTEBOOK}: the answer {name} has no solution region to take out."
            if starter[name].cell_type == "code" and parsed(starter[name].source) is None:
                yield f"{NOTEBOOK}: what is left of {name} in the release is no valid Python."
            if solution[name].cell_type == "code" and parsed(solution[name].source) is None:
                yield f"{NOTEBOOK}: the solution in {name} is no valid Python."
