"""A lab that holds is proved; each way in which one can fail to hold is found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.contract.lab import load_lab
from autograder.execution import Confinement
from autograder.paths import CoursePaths
from autograder.proving.hints import check_hints
from autograder.proving.proof import is_proven, read_proof
from autograder.proving.prove import WHOLE, Extent, Verification, verify_lab


def verify(root: Path, confinement: Confinement, extent: Extent = WHOLE) -> Verification:
    course = CoursePaths(root)
    lab = load_lab(course.labs / "tiny")
    return verify_lab(lab, course, confinement=confinement, lesson=_lesson(root), extent=extent)


def _lesson(root: Path) -> Path:
    """A lesson that runs at once, beside the tiny lab."""
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    folder = root / "lesson"
    folder.mkdir(exist_ok=True)
    (folder / "README.md").write_text("# Why\n")
    cells = [new_code_cell("1 + 1")]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), folder / "lesson.ipynb")
    return folder


def change(root: Path, name: str, old: str, new: str) -> None:
    path = root / "labs" / "tiny" / name
    text = path.read_text()
    assert text.count(old) >= 1, old
    path.write_text(text.replace(old, new, 1))


def rules(found: Verification) -> set[str]:
    return {finding.rule for finding in found.findings if finding.blocks}


@pytest.fixture
def enough(tiny_course: Path) -> Path:
    """The tiny course with one more right answer, so that it has as many as a lab needs."""
    path = tiny_course / "labs" / "tiny" / "mutants.toml"
    more = '\n[[alternate]]\nname = "filters"\nwhy = "with the built-in"\ncell = "clean-answer"\n'
    more += (
        "source = '''\ndef clean(values):\n    return list(filter(lambda v: v >= 0, values))\n'''\n"
    )
    path.write_text(path.read_text() + more)
    return tiny_course


@pytest.mark.slow
def test_a_lab_that_holds_is_proved_until_it_changes(
    enough: Path, confinement: Confinement
) -> None:
    found = verify(enough, confinement, extent=Extent(nbgrader=True))
    assert found.proved, found.findings
    lab = enough / "labs" / "tiny"
    proof = read_proof(lab)
    assert proof is not None and proof.nbgrader_agrees is True and len(proof.mutants) == 7
    change(enough, "lab.toml", "minutes = 5", "minutes = 6")
    assert not is_proven(lab)


@pytest.mark.slow
def test_a_quick_proof_leaves_the_kept_one_alone(enough: Path, confinement: Confinement) -> None:
    assert verify(enough, confinement, extent=Extent(wrong_answers=4, lesson=False)).proved
    assert not (enough / "labs" / "tiny" / "proof.json").exists()


def too_strict(root: Path) -> None:
    change(root, "checks.py", "to_equal([5, 1])", "to_equal([5, 2])")


def too_loose(root: Path) -> None:
    change(root, "checks.py", ".to_equal([5, 1])", ".to_be_a(list)")


def wrong_name(root: Path) -> None:
    change(
        root,
        "mutants.toml",
        'loses = ["clean.zero_is_a_reading", "report.report_follows_the_seed"]',
        'loses = ["clean.zero_is_a_reading"]',
    )


def expects_nothing(root: Path) -> None:
    change(root, "checks.py", 'expect(got, "clean([5, -2, 1, -7])").to_equal([5, 1])', "assert got")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (too_strict, "full marks"),
        (too_loose, "mutant loses what it names"),
        (wrong_name, "mutant loses what it names"),
        (expects_nothing, "check holds"),
    ],
)
def test_what_does_not_hold_is_found(
    enough: Path, confinement: Confinement, spoil: Callable[[Path], None], rule: str
) -> None:
    spoil(enough)
    found = verify(enough, confinement)
    assert rule in rules(found), found.findings
    assert not is_proven(enough / "labs" / "tiny")


def test_a_hint_that_answers_is_found(tiny_course: Path) -> None:
    change(
        tiny_course,
        "lab.toml",
        "Zero is a reading like any other.",
        "return [value for value in values if value >= 0]",
    )
    (finding,) = check_hints(load_lab(tiny_course / "labs" / "tiny"))
    assert "hint 2 of clean" in finding.message


def test_a_lab_with_too_few_wrong_answers_is_not_graded_at_all(
    tiny_course: Path, confinement: Confinement
) -> None:
    (tiny_course / "labs" / "tiny" / "mutants.toml").write_text("")
    found = verify(tiny_course, confinement)
    assert "enough answers" in rules(found) and not found.trials


def test_an_older_proof_of_a_lab_that_no_longer_holds_goes(
    tiny_course: Path, confinement: Confinement
) -> None:
    proof = tiny_course / "labs" / "tiny" / "proof.json"
    proof.write_text("{}")
    (tiny_course / "labs" / "tiny" / "mutants.toml").write_text("")
    verify(tiny_course, confinement)
    assert not proof.exists()


def test_the_scaffold_is_a_to_do_list(tiny_course: Path, confinement: Confinement) -> None:
    from autograder.contract.scaffold import new_lab

    shutil.rmtree(tiny_course / "labs" / "tiny")
    folder = new_lab(CoursePaths(tiny_course), "tiny", "A new lab")
    course = CoursePaths(tiny_course)
    found = verify_lab(load_lab(folder), course, confinement=confinement, lesson=None)
    assert "to do" in rules(found)
