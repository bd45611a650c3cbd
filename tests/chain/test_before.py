"""Whoever begins at a later milestone finds beside it what the earlier ones leave."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer
from shop_labs import STONES, WriteLab
from typer.testing import CliRunner

from autograder.chain.before import FOLDER, lay_out_before, left_before, milestones_before
from autograder.cli import learner
from autograder.course.loading import load_course
from autograder.paths import CoursePaths

FIRST, SECOND, THIRD = STONES
COUNT = "def count(orders):\n    return sum(order['count'] for order in orders) + N"
MEAN = "def mean(orders, counted):\n    return counted / len(orders)"
PLAY = """
import sys
sys.path.append("before")
import counts, means
orders = [{"count": 2}, {"count": 4}]
print(means.mean(orders, counts.count(orders)))
"""


@pytest.fixture
def labs(write_lab: WriteLab) -> None:
    files = {"sales.py": "N = 0\n"}
    write_lab(FIRST, {"count": COUNT}, module="counts", imports="from sales import N", files=files)
    write_lab(SECOND, {"mean": MEAN}, module="means")
    write_lab(THIRD, {"report": "def report():\n    return 'all'"})


def test_a_later_lab_is_started_beside_what_came_before(
    shop: CoursePaths, labs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.root)
    app = typer.Typer()
    learner.register(app)
    told = CliRunner().invoke(app, ["start", THIRD]).output
    assert f"before/ holds what {FIRST}, {SECOND} leave" in " ".join(told.split())
    work = shop.work / THIRD
    play = [sys.executable, "-c", PLAY]
    done = subprocess.run(play, cwd=work, capture_output=True, text=True, check=True)
    assert done.stdout == "3.0\n"
    readme = (work / FOLDER / "README.md").read_text()
    assert f"`counts.py`: {FIRST}" in readme and f"`counts_sales.py`: {FIRST}" in readme


def test_nothing_of_the_learners_is_overwritten(
    shop: CoursePaths, labs: None, tmp_path: Path
) -> None:
    (tmp_path / FOLDER).mkdir()
    mine = tmp_path / FOLDER / "means.py"
    mine.write_text("mine")
    laid = lay_out_before(shop, THIRD, tmp_path)
    assert laid == {"counts.py": FIRST, "counts_sales.py": FIRST, "means.py": SECOND}
    assert mine.read_text() == "mine" and (tmp_path / FOLDER / "counts.py").is_file()


def test_the_first_has_nothing_before_it_nor_has_a_module(
    shop: CoursePaths, labs: None, tmp_path: Path
) -> None:
    for name in (FIRST, "", "no_such_thing"):
        assert lay_out_before(shop, name, tmp_path) == {}
    assert list(tmp_path.glob(FOLDER)) == []


def test_what_is_not_written_yet_is_left_out(shop: CoursePaths, write_lab: WriteLab) -> None:
    write_lab(SECOND, {"mean": MEAN}, module="means")
    before = milestones_before(load_course(shop), THIRD)
    assert [stone.id for stone in before] == [FIRST, SECOND]
    assert [left.name for left in left_before(shop, THIRD)] == ["means.py"]
