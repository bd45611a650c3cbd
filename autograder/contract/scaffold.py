"""Lay out a new lab, and list what an author still has to write."""

import json
import re
import shutil
import tempfile
from pathlib import Path

from autograder.contract.building import (
    answer,
    build_notebook,
    grade,
    intro,
    parameters,
    setup,
    text,
    write_notebook,
)
from autograder.contract.conventions import (
    CHECKS,
    HIDDEN_CHECKS,
    MANIFEST,
    MUTANTS,
    NOTEBOOK,
)
from autograder.contract.lab import Lab
from autograder.course.loading import load_course
from autograder.course.manifest import Milestone
from autograder.errors import CourseError
from autograder.paths import CoursePaths

MARK = "TODO:"
_TASK = "first_task"
_POINTS = 2

_MANIFEST = """\
id = {id}
title = {title}
{owner} = {id}
minutes = 60                      # {mark} how long does a learner need?
submit = ["lab.ipynb"]
give = []                         # {mark} files released beside the notebook, or drop this mark
needs = []                        # parts of the stack: "kafka", "redis", "mlflow", "s3", "postgres"
preload = []                      # what a warm worker may import before the fork

[limits]                          # of one run
seconds = 60
cell_seconds = 20
probe_seconds = 5
memory_mb = 2048
output_mb = 5

[parameters]                      # the notebook's parameters cell; the grader runs it with others
seed = {{ learner = 7, held_out = [90210] }}

[[task]]
id = "{task}"                 # {mark} name the task; grades key off its id for ever
title = "{mark} what the learner does, in a few words"
points = {points}                        # the sum of its checks' points
answers = ["{task}-answer"]
hints = [
  "{mark} a nudge",
  "{mark} the idea",
  "{mark} nearly the answer, but not a line of it",
]
"""

_CHECKS = '''\
"""The checks that learners see; this file is released word for word."""

from autograder.checks import Run, check, expect


# {mark} teach by the message: small input, the value that is due, the name of the place.
@check("{task}", points=1)
def gives_what_is_due(run: Run) -> None:
    expect(run.call("{task}", 3), "{task}(3)").to_equal(6)
'''

_HIDDEN = '''\
"""The checks that learners do not see; this file never leaves, nor does any hidden_*.py."""

from autograder.checks import Run, check, expect


# {mark} check on held-out data: no expected value in an argument, no seed that could be guessed.
@check("{task}", points=1, feedback="{mark} advice that helps and does not tell the answer")
def follows_the_parameters(run: Run) -> None:
    seed = run.parameters["seed"]
    expect(run.call("{task}", seed), "{task}(seed)").to_equal(2 * seed)
'''

_MUTANTS = """\
# {mark} at least six wrong answers that a learner would really give, each with what it loses …
[[mutant]]
name = "forgets_to_double"
why = "{mark} what the learner got wrong"
cell = "{task}-answer"
old = "2 * value"
new = "value"
loses = ["{task}.gives_what_is_due", "{task}.follows_the_parameters"]

# {mark} … and at least three right answers in another form, which must earn full marks.
[[alternate]]
name = "adds_up"
why = "{mark} how this right answer differs"
cell = "{task}-answer"
source = '''
def {task}(value):
    return value + value
'''
"""


def new_lab(course: CoursePaths, lab_id: str, title: str = "") -> Path:
    """Lay out labs/`lab_id` for a module or milestone of the curriculum and return its folder.

    What it lays out loads and runs, but is full of to-do marks, so it cannot be proved. Raise
    CourseError for an id that the curriculum does not know and where there is something already.
    """
    step = load_course(course).step(lab_id)
    folder = course.labs / lab_id
    if folder.exists():
        raise CourseError(
            f"labs/{lab_id} is there already.", mend="Move it away, or go on with what it holds."
        )
    owner = "milestone" if isinstance(step, Milestone) else "module"
    title = title or step.title
    course.labs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".new-", dir=course.labs) as scratch:
        draft = Path(scratch) / lab_id
        draft.mkdir()
        words = {"task": _TASK, "points": _POINTS, "mark": MARK, "owner": owner}
        words |= {"id": json.dumps(lab_id), "title": json.dumps(title, ensure_ascii=False)}
        for name, form in (
            (MANIFEST, _MANIFEST),
            (CHECKS, _CHECKS),
            (HIDDEN_CHECKS, _HIDDEN),
            (MUTANTS, _MUTANTS),
        ):
            (draft / name).write_text(form.format(**words), encoding="utf-8")
        _write_notebook(draft / NOTEBOOK, title)
        shutil.move(draft, folder)
    return folder


def todo_list(lab: Lab) -> list[str]:
    """List what the lab's author has left to write: `lab.toml:4: how long …`, in file order."""
    found: list[str] = []
    for name in (MANIFEST, CHECKS, HIDDEN_CHECKS, MUTANTS):
        path = lab.path / name
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        found += [f"{name}:{n}: {_told(line)}" for n, line in enumerate(lines, 1) if MARK in line]
    for cell in lab.source.cells:
        lines = cell.source.splitlines()
        found += [f"{NOTEBOOK}: cell {cell.id}: {_told(line)}" for line in lines if MARK in line]
    return found


def _told(line: str) -> str:
    return re.sub(r"[\"'*,]+$", "", line.split(MARK, 1)[1].strip()).strip()


def _write_notebook(path: Path, title: str) -> None:
    cells = [
        intro(f"# {title}\n\n{MARK} say why this matters, then what the learner builds."),
        parameters(seed=7),
        setup(f"# {MARK} import the files that the lab gives."),
        text(
            _TASK,
            f"## {MARK} the task's title\n\n"
            f"{MARK} what to write, why, and the contract of the function with its types.",
        ),
        answer(
            _TASK,
            f'def {_TASK}(value: int) -> int:\n    """{MARK} the contract in a sentence."""\n'
            "    ### BEGIN SOLUTION\n    return 2 * value\n    ### END SOLUTION",
        ),
        grade(_TASK, _POINTS),
    ]
    write_notebook(build_notebook(cells), path)
