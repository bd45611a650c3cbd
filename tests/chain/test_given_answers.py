"""Later labs give what earlier ones leave; `lab fmt` keeps it so, and releases say it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from shop_labs import WriteLab
from typer.testing import CliRunner, Result

from autograder.chain.giving import renew_given
from autograder.chain.header import made_from_others, maker_of
from autograder.cli import proving
from autograder.contract.lab import load_lab
from autograder.contract.structure import check_structure
from autograder.errors import CourseError
from autograder.paths import CoursePaths
from autograder.releasing.leaks import find_leaks
from autograder.releasing.release import release_lab
from autograder.releasing.secrets import list_secrets

FIRST, SECOND, THIRD = "shop_1_counts", "shop_2_means", "shop_3_report"
LINE = "return sum(order['count'] for order in orders if order['count'] > 0)"
COUNT = f"def count(orders, least=N):\n    assert least >= 0\n    {LINE}"
MEAN = "def mean(orders):\n    return count(orders) / max(len(orders), DAYS)"
WORLD = "import os\nDAYS=1\n"


@pytest.fixture
def lab(shop: CoursePaths, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(shop.root)
    app = typer.Typer()
    proving.register(app)
    return lambda *words: CliRunner().invoke(app, words)


@pytest.fixture
def first(write_lab: WriteLab) -> Path:
    return write_lab(
        FIRST,
        {"count": COUNT},
        module="counts",
        imports="from sales import N",
        files={"sales.py": "import os\nN=0\n"},
    )


@pytest.fixture
def second(write_lab: WriteLab, first: Path) -> Path:
    return write_lab(
        SECOND,
        {"mean": MEAN},
        module="means",
        imports="from counts import count\nfrom world import DAYS",
        files={"world.py": WORLD},
        give=("counts.py", "counts_sales.py"),
    )


def test_the_files_are_written_once_and_pass_the_linter(shop: CoursePaths, second: Path) -> None:
    changed = renew_given(shop, second, write=False)
    assert changed == [second / "counts.py", second / "counts_sales.py"]
    assert not (second / "counts.py").exists()
    assert renew_given(shop, second) == changed
    assert renew_given(shop, second) == []
    assert (second / "counts_sales.py").read_text().endswith("; change it there.\nN = 0\n")
    for words in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *words, "--no-cache", *map(str, changed)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
    load_lab(second)
    assert maker_of(second / "counts.py") == FIRST
    assert maker_of(second / "world.py") is None


def test_a_changed_answer_makes_the_later_lab_stale(
    shop: CoursePaths, second: Path, write_lab: WriteLab
) -> None:
    renew_given(shop, second)
    notebook = second.parent / FIRST / "lab.ipynb"
    notebook.write_text(notebook.read_text().replace("> 0", ">= 0"))
    assert renew_given(shop, second, write=False) == [second / "counts.py"]
    assert "> 0" in (second / "counts.py").read_text()
    assert renew_given(shop, second) == [second / "counts.py"]
    assert ">= 0" in (second / "counts.py").read_text()


def test_a_third_lab_needs_what_the_second_one_was_given(
    shop: CoursePaths, second: Path, write_lab: WriteLab
) -> None:
    renew_given(shop, second)
    use = {"a": "def report(orders):\n    return {'mean': mean(orders)}"}
    third = write_lab(THIRD, use, imports="from means import mean", give=("means.py",))
    with pytest.raises(CourseError, match=r"means\.py imports counts\.py, which is not") as told:
        renew_given(shop, third)
    assert told.value.mend == 'Write give = ["means.py", "counts.py", "means_world.py"]'
    give = ("means.py", "counts.py", "counts_sales.py", "means_world.py")
    third = write_lab(THIRD, use, imports="from means import mean", give=give)
    assert [path.name for path in renew_given(shop, third)] == list(give)
    code = "import means; print(means.mean([{'count': 3}, {'count': 1}]))"
    told_by = subprocess.run(
        [sys.executable, "-c", code], cwd=third, capture_output=True, text=True, check=True
    )
    assert told_by.stdout.endswith("2.0\n")


def test_a_file_whose_source_is_gone_is_refused(shop: CoursePaths, second: Path) -> None:
    renew_given(shop, second)
    (second.parent / FIRST / "lab.toml").rename(second.parent / FIRST / "lab.toml.draft")
    with pytest.raises(CourseError, match=f"generated from {FIRST}, which is no lab") as told:
        renew_given(shop, second)
    assert told.value.message.startswith(f"labs/{SECOND}/lab.toml: give: counts.py ")
    assert "take its name out of give" in told.value.mend


def test_a_later_labs_answers_are_refused(
    shop: CoursePaths, second: Path, write_lab: WriteLab
) -> None:
    renew_given(shop, second)
    text = (second / "counts.py").read_text().replace(FIRST, SECOND)
    early = write_lab(FIRST, {"a": "def a():\n    return 1"}, files={"means.py": text})
    with pytest.raises(CourseError, match=f"from {SECOND}, which is no earlier milestone"):
        renew_given(shop, early)


def test_a_persons_own_file_is_not_overwritten(shop: CoursePaths, second: Path) -> None:
    (second / "counts.py").write_text("mine = 1\n")
    with pytest.raises(CourseError, match=r"counts\.py: an earlier lab leaves a module"):
        renew_given(shop, second)
    assert (second / "counts.py").read_text() == "mine = 1\n"


def test_two_labs_cannot_leave_the_same_module(
    shop: CoursePaths, first: Path, write_lab: WriteLab
) -> None:
    other = write_lab(SECOND, {"a": "def a():\n    return 1"}, module="counts")
    with pytest.raises(CourseError, match=f"leaves.module: {FIRST} leaves a module counts"):
        renew_given(shop, other)


def test_what_the_linter_finds_is_the_authors_to_mend(
    shop: CoursePaths, write_lab: WriteLab
) -> None:
    folder = write_lab(FIRST, {"a": "def a(x=[]):\n    return x"}, module="counts")
    with pytest.raises(CourseError, match=r"lab.toml: leaves.*\n  line 8, B006 .*: def a\("):
        renew_given(shop, folder)
    folder = write_lab(FIRST, {"a": "y = late\nlate = 1"}, module="counts")
    with pytest.raises(CourseError, match="F821"):
        renew_given(shop, folder)


def test_a_proof_hears_of_a_module_that_cannot_be_made(first: Path) -> None:
    assert not [told for told in check_structure(load_lab(first)) if "leaves" in told]
    notebook = first / "lab.ipynb"
    notebook.write_text(notebook.read_text().replace("least=N", "least=seed"))
    told = [said for said in check_structure(load_lab(first)) if "leaves" in said]
    assert len(told) == 1
    assert "uses 'seed'" in told[0]


def test_fmt_writes_and_its_check_names_what_is_stale(
    lab: Callable[..., Result], second: Path
) -> None:
    looked = lab("fmt", "--check")
    assert looked.exit_code == 1, looked.output
    assert f"would renew labs/{SECOND}/counts.py" in looked.stdout
    wrote = lab("fmt")
    assert wrote.exit_code == 0, wrote.output
    assert f"renewed labs/{SECOND}/counts_sales.py" in wrote.stdout
    assert lab("fmt", "--check").exit_code == 0


def test_most_of_a_labs_own_solution_may_not_hide_in_an_earlier_module(
    shop: CoursePaths, chained: Path
) -> None:
    lines = [
        "first = orders[0]['count']",
        "second = orders[1]['count']",
        "both_of_them = first + second",
    ]
    body = "\\n    ".join(lines)
    notebook = chained / "lab.ipynb"
    notebook.write_text(notebook.read_text().replace(LINE, f"{body}\\n    return both_of_them"))
    own = load_lab(chained)
    assert lines[0] in own.solution.cells[4].source
    with (chained / "counts.py").open("a") as module:
        module.write("\n".join(["", *lines, ""]))
    with pytest.raises(CourseError, match=r"counts\.py: holds most of a solution"):
        release_lab(own, course=shop, destination=shop.root / "out")


@pytest.fixture
def chained(shop: CoursePaths, second: Path) -> Path:
    """The second lab, made whole enough for a release; its answer shares a line with the first."""
    renew_given(shop, second)
    notebook = second / "lab.ipynb"
    shared = notebook.read_text().replace(
        "return count(orders) / max(len(orders), DAYS)", LINE.replace("return", "return 2 *")
    )
    notebook.write_text(shared.replace("return 2 *", "return"))
    (second / "checks.py").write_text('"""None yet."""\n')
    return second


def test_a_shared_line_may_stand_in_the_module_and_nowhere_else(
    shop: CoursePaths, chained: Path
) -> None:
    own = load_lab(chained)
    assert "returnsum(" in "".join(secret.text for secret in list_secrets(own))
    released = release_lab(own, course=shop, destination=shop.root / "out")
    assert {"counts.py", "counts_sales.py"} <= {path.name for path in released.iterdir()}
    assert set(made_from_others(own).values()) == {FIRST}
    with (released / "lab-release.toml").open("a") as manifest:
        manifest.write(f"\n# {LINE}\n")
    assert [str(leak) for leak in find_leaks(own, released) if "lab-release" in leak.where]
    with (released / "counts.py").open("a") as module:
        module.write(f"\n# {LINE}\n")
    assert "counts.py" in {leak.where for leak in find_leaks(own, released)}


def test_a_header_does_not_make_a_labs_own_answer_an_earlier_one(
    shop: CoursePaths, chained: Path
) -> None:
    module = chained / "counts.py"
    module.write_text(module.read_text().replace(FIRST, SECOND, 1))
    assert module not in made_from_others(load_lab(chained))


def test_the_release_says_whose_answers_go_along(lab: Callable[..., Result], chained: Path) -> None:
    done = lab("release", SECOND, "--unproved")
    assert done.exit_code == 0, done.output
    assert f"hold the official answers of {FIRST}" in done.stderr
    assert "official answers" not in done.stdout
