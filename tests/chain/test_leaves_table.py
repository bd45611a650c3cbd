"""Mistakes in the table `leaves` are told by file, key and mend."""

import re
from pathlib import Path

import pytest
from shop_labs import WriteLab

from autograder.contract.lab import load_lab
from autograder.contract.manifest import load_manifest
from autograder.errors import CourseError

STONE = "shop_1_counts"


@pytest.fixture
def folder(write_lab: WriteLab) -> Path:
    return write_lab(STONE, {"a": "x = 1", "b": "y = 1"}, module="counts", files={"sales.py": ""})


def test_the_table_is_read_and_may_be_left_out(folder: Path, write_lab: WriteLab) -> None:
    leaves = load_manifest(folder / "lab.toml").leaves
    assert leaves is not None
    assert (leaves.module, leaves.cells) == ("counts", ("work-answer-a", "work-answer-b"))
    write_lab(STONE, {"a": "x = 1"})
    assert load_manifest(folder / "lab.toml").leaves is None


CELLS = 'cells = ["work-answer-a", "work-answer-b"]'


@pytest.mark.parametrize(
    ("old", "new", "said", "mend"),
    [
        ('module = "counts"', "", r"leaves\.module: is missing", 'Add module = "baseline"'),
        ('module = "counts"', "module = 3", r"leaves\.module: must be text", '"baseline"'),
        (
            'module = "counts"',
            'module = "my-counts"',
            r"leaves\.module: is 'my-counts'",
            "baseline",
        ),
        ('module = "counts"', 'module = "2nd"', "no name that Python could import", "baseline"),
        ('module = "counts"', 'module = "class"', "no name that Python could import", "baseline"),
        ('module = "counts"', 'module = "json"', "would hide another module", "baseline"),
        ('module = "counts"', 'module = "checks"', "would hide another module", "baseline"),
        ('module = "counts"', 'module = "sales"', r"gives a file sales\.py itself", ""),
        (CELLS, "", r"leaves\.cells: is missing", 'Add cells = ["split-answer"]'),
        (CELLS, "cells = []", r"leaves\.cells: ", "cells ="),
        (CELLS, 'cells = ["work-answer-a", "work-answer-a"]', "stands 2 times", "cells ="),
        (CELLS, 'cells = ["work-answer-c"]', r"leaves\.cells: 'work-answer-c' .*Did you mean", ""),
        (CELLS, 'cells = ["setup"]', "'setup' is no answer cell", ""),
        (CELLS, f"{CELLS}\ncell = 1", r"leaves\.cell: is no key here", "cells"),
        (f'milestone = "{STONE}"', f'module = "{STONE}"', "only a milestone has labs after", ""),
    ],
)
def test_a_mistake_is_told(folder: Path, old: str, new: str, said: str, mend: str) -> None:
    path = folder / "lab.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(CourseError) as told:
        load_lab(folder)
    assert told.value.message.startswith(f"labs/{STONE}/lab.toml: ")
    assert re.search(said, told.value.message), told.value.message
    assert mend in told.value.mend
