"""Mutants and alternates fit the lab's cells and checks, or say why not."""

from pathlib import Path

import pytest

from autograder.contract.lab import Lab, load_lab
from autograder.contract.mutants import apply_alternate, apply_mutant, load_mutants
from autograder.contract.notebooks import cells_by_grade_id
from autograder.errors import CourseError


def test_mutants_are_edits_of_the_solution(tiny: Lab) -> None:
    found = {mutant.name: mutant for mutant in load_mutants(tiny).mutants}
    assert found["hard_coded_report"].hard_codes
    assert not found["drops_zero"].hard_codes
    wrong = cells_by_grade_id(apply_mutant(tiny, found["drops_zero_and_rounds"]))
    assert "if value > 0]" in wrong["clean-answer"].source
    assert "// len(kept_readings)" in wrong["report-answer"].source
    assert "value >= 0" in cells_by_grade_id(tiny.solution)["clean-answer"].source


def test_alternates_replace_whole_cells(tiny: Lab) -> None:
    found = {other.name: other for other in load_mutants(tiny).alternates}
    right = cells_by_grade_id(apply_alternate(tiny, found["arrays"]))
    assert right["clean-answer"].source.startswith("import numpy as np")
    assert right["report-answer"].source.startswith("left = ")
    assert right["setup"].source == cells_by_grade_id(tiny.solution)["setup"].source


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'old = "value >= 0"\nnew = "value > 0"\nloses',
            'old = "gone"\nnew = ""\nloses',
            "0 times",
        ),
        ('old = "value >= 0"\nnew = "value > 0"\nloses', 'old = "value"\nnew = ""\nloses', "times"),
        (
            'old = "value >= 0"\nnew = "value > 0"\nloses',
            'old = ">= 0]"\nnew = ""\nloses',
            "no valid Py",
        ),
        (
            'old = "value >= 0"\nnew = "value > 0"\nloses',
            'old = ">= 0]"\nnew = ">= 0]"\nloses',
            "equals old",
        ),
        ('loses = ["clean.its_arg', 'loses = ["clean.its_agr', "which is no check"),
        ('loses = ["clean.its_argument_is_left_alone"]', "loses = []", r"mutant\[4\]\.loses"),
        ('name = "sorts"', 'name = "drops_zero"', "stands 2 times"),
        ('name = "sorts"', 'nam = "sorts"', r"mutant\[3\]\.name: is missing"),
        (
            'name = "loops"',
            'name = "loops"\ncells = { a = "1" }',
            "either cell and source, or cells",
        ),
        ('cell = "report-answer"\nold', 'cell = "setup"\nold', "'setup' is no answer cell"),
        ('name = "sorts"', 'name = "sorts"\nedits = []', None),
    ],
)
def test_a_mistake_is_told(tiny_copy: Path, old: str, new: str, said: str | None) -> None:
    path = tiny_copy / "mutants.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))
    if said is None:
        assert len(load_mutants(load_lab(tiny_copy)).mutants) == 7
        return
    with pytest.raises(CourseError, match=said) as told:
        load_mutants(load_lab(tiny_copy))
    assert told.value.message.startswith("labs/tiny/mutants.toml: ")
