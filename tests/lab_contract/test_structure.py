"""A lab's notebook is held against its manifest, and each breach is told."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.contract.lab import Lab, load_lab
from autograder.contract.notebooks import grade_id
from autograder.contract.structure import check_structure


def cell(notebook: Any, name: str) -> Any:
    return next(c for c in notebook.cells if grade_id(c) == name)


def test_the_sample_lab_keeps_the_contract(tiny: Lab) -> None:
    assert check_structure(tiny) == []


BREACHES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda nb: nb.cells.pop(0), "must open with"),
    (lambda nb: cell(nb, "setup").update(source="import os"), "%load_ext autograder"),
    (lambda nb: cell(nb, "setup").metadata.nbgrader.update(locked=False), "setup must be locked"),
    (lambda nb: cell(nb, "parameters").metadata.pop("tags"), "exactly the cell parameters"),
    (lambda nb: cell(nb, "parameters").update(source="seed = 8"), "seed = 8; lab.toml says"),
    (lambda nb: cell(nb, "parameters").update(source="sed = 7"), "sets sed, which"),
    (lambda nb: cell(nb, "parameters").update(source=""), "must hold seed = 7"),
    (lambda nb: nb.cells.remove(cell(nb, "report-answer")), "no cell with the grade_id report-ans"),
    (lambda nb: nb.cells.remove(cell(nb, "clean-text")), "no cell with the grade_id clean-text"),
    (lambda nb: nb.cells.append(nb.cells.pop(4)), "must stand as text, answers, grade cell"),
    (lambda nb: cell(nb, "clean").update(source="%check clean"), "must hold exactly"),
    (lambda nb: cell(nb, "clean").metadata.nbgrader.update(points=9), "worth 9 points"),
    (lambda nb: cell(nb, "clean").metadata.nbgrader.update(locked=False), "locked grade cell"),
    (lambda nb: cell(nb, "setup").update(outputs=[{"output_type": "x"}]), "holds outputs"),
    (lambda nb: cell(nb, "setup").update(id="other"), "has the id 'other'"),
    (lambda nb: nb.metadata.kernelspec.update(name="ir"), "kernel is 'ir'"),
    (lambda nb: cell(nb, "clean-answer").update(source="x = ("), "no solution region|no valid"),
    (
        lambda nb: cell(nb, "clean-answer").metadata.nbgrader.update(grade_id="spare"),
        "no task of lab.toml names the answer cell spare",
    ),
]


@pytest.mark.parametrize(("breach", "said"), BREACHES)
def test_a_breach_is_told(tiny: Lab, breach: Callable[[Any], Any], said: str) -> None:
    source = copy.deepcopy(tiny.source)
    breach(source)
    findings = check_structure(replace(tiny, source=source))
    assert any(part in finding for finding in findings for part in said.split("|")), findings


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("checks.py", "points=1)", "points=2)", "worth 3 points, its checks give 4"),
        ("checks.py", '"report", points=1', '"reprt", points=1', "for the task reprt"),
        (
            "hidden_checks.py",
            'feedback="Can a working sensor read nothing at all?"',
            "",
            "no feedb",
        ),
        ("hidden_checks.py", "@check(", "@chek(", "NameError"),
    ],
)
def test_checks_are_held_against_the_tasks(
    tiny_copy: Path, name: str, old: str, new: str, said: str
) -> None:
    path = tiny_copy / name
    path.write_text(path.read_text().replace(old, new, 1))
    findings = check_structure(load_lab(tiny_copy))
    assert any(said in finding for finding in findings), findings


def test_stray_and_missing_files_are_told(tiny_copy: Path) -> None:
    (tiny_copy / "solution_notes.md").write_text("the answer")
    (tiny_copy / "__pycache__").mkdir(exist_ok=True)
    (tiny_copy / "hidden_helpers.py").write_text("")
    (tiny_copy / "mutants.toml").unlink()
    assert check_structure(load_lab(tiny_copy)) == [
        "mutants.toml is missing.",
        "solution_notes.md would be released with the lab, but lab.toml does not give it.",
    ]
