"""A course with one small real lab, for the tests of several rooms."""

from pathlib import Path

from autograder.contract.building import (
    answer,
    build_notebook,
    free,
    grade,
    intro,
    parameters,
    setup,
    text,
    write_notebook,
)
from autograder.contract.lab import Lab, load_lab
from autograder.paths import CoursePaths

LAB = "01_small"
MANIFEST = """\
id = "01_small"
title = "A small lab"
module = "01_small"
minutes = 5

[parameters]
seed = { learner = 7, held_out = [90210] }

[[task]]
id = "double"
points = 3
answers = ["double-answer"]
title = "Double a number"
hints = ["What is twice a number?", "Multiply.", "return 2 * x"]

[[task]]
id = "shift"
points = 1
answers = ["shift-answer"]
title = "Shift by the seed"
hints = ["Which name holds the seed?", "Add it.", "return x + seed"]
"""
CHECKS = """\
from autograder.checks import Run, check, expect


@check("double", points=1)
def doubles_two(run: Run) -> None:
    expect(run.call("double", 2), "double(2)").to_equal(4)


@check("shift", points=1)
def adds_the_seed(run: Run) -> None:
    expect(run.call("shift", 1), "shift(1)").to_equal(1 + run.parameters["seed"])
"""
HIDDEN = """\
from autograder.checks import Run, check, expect


@check("double", points=2, feedback="What of numbers below zero?")
def doubles_negative(run: Run) -> None:
    expect(run.call("double", -3), "double(-3)").to_equal(-6)
"""
COURSE = """\
[[track]]
id = "all"
title = "Everything"
summary = "All there is."
audience = "Everybody who tests"
units = "A1-A1"

[[part]]
id = "first"
title = "First"
summary = "The first part."

[[module]]
id = "01_small"
part = "first"
title = "A small lab"
covers = ["A1"]
lab = "double a number"

[[module]]
id = "02_planned"
part = "first"
title = "A planned lab"
covers = ["A1"]
lab = "do something later"
"""


def make_lab(labs: Path) -> Lab:
    """Write the small lab below `labs` and load it."""
    folder = labs / LAB
    folder.mkdir(parents=True)
    (folder / "lab.toml").write_text(MANIFEST)
    (folder / "checks.py").write_text(CHECKS)
    (folder / "hidden_checks.py").write_text(HIDDEN)
    write_notebook(build_notebook(_cells()), folder / "lab.ipynb")
    return load_lab(folder)


def make_course(root: Path) -> CoursePaths:
    """Write a course with the small lab below `root`."""
    make_lab(root / "labs")
    (root / "modules").mkdir()
    (root / "modules" / "course.toml").write_text(COURSE)
    (root / "modules" / "units.toml").write_text(UNITS)
    return CoursePaths(root)


UNITS = """\
[[syllabus]]
id = "all"
title = "All"
word = "unit"

[syllabus.units]
A1 = "The only unit"
"""


def solve(cell: str, body: str, notebook: dict) -> dict:
    """Write `body` into the answer cell `cell` of `notebook` and return the notebook."""
    for found in notebook["cells"]:
        if found["id"] == cell:
            head = "\n".join(found["source"].splitlines()[:2])  # signature and docstring
            found["source"] = f"{head}\n    {body}"
    return notebook


def _cells() -> list:
    return [
        intro("# A small lab"),
        parameters(seed=7),
        setup(""),
        text("double", "## Double\n\n`double(x)` gives twice x."),
        answer("double", _function("double", "return 2 * x")),
        free("play"),
        grade("double", 3),
        text("shift", "## Shift\n\n`shift(x)` adds the seed."),
        answer("shift", _function("shift", "return x + seed")),
        grade("shift", 1),
    ]


def _function(name: str, body: str) -> str:
    return (
        f'def {name}(x):\n    """Give the answer."""\n'
        f"    ### BEGIN SOLUTION\n    {body}\n    ### END SOLUTION"
    )
