"""A release is nbgrader's own, complete, and holds nothing that must not leave."""

import shutil
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.contract.lab import Lab, load_lab
from autograder.contract.notebooks import cells_by_grade_id
from autograder.errors import CourseError
from autograder.paths import CoursePaths
from autograder.releasing.leaks import find_leaks
from autograder.releasing.release import release_lab

SAMPLES = Path(__file__).parents[1] / "samples"


@pytest.fixture
def course(tmp_path: Path) -> CoursePaths:
    shutil.copytree(SAMPLES, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    return CoursePaths(tmp_path / "course")


@pytest.fixture
def lab(course: CoursePaths) -> Lab:
    return load_lab(course.labs / "tiny")


def test_a_release_holds_what_learners_need(lab: Lab, course: CoursePaths) -> None:
    released = release_lab(lab, course=course)
    assert released == course.release / "tiny"
    names = sorted(path.name for path in released.iterdir())
    assert names == ["checks.py", "lab-release.toml", "lab.ipynb", "readings.py"]
    assert (released / "checks.py").read_text() == (lab.path / "checks.py").read_text()
    notebook = nbformat.read(released / "lab.ipynb", 4)
    cells = cells_by_grade_id(notebook)
    assert cells["clean-answer"].source == cells_by_grade_id(lab.starter)["clean-answer"].source
    assert len(cells["clean"].metadata.nbgrader.checksum) == 32
    assert cells["setup"].metadata.editable is False


def test_the_released_manifest_tells_what_learners_may_know(lab: Lab, course: CoursePaths) -> None:
    released = release_lab(lab, course=course)
    told = tomllib.loads((released / "lab-release.toml").read_text())
    assert told["parameters"] == {"seed": 7}
    assert told["minutes"] == 5
    assert told["limits"]["cell_seconds"] == 5
    assert [(task["id"], task["points"]) for task in told["task"]] == [("clean", 3), ("report", 2)]
    assert told["task"][0]["hints"] == list(lab.manifest.tasks[0].hints)
    assert told["task"][1]["answers"] == ["report-answer"]
    assert told["task"][1]["needs_tasks"] == ["clean"]


def test_the_gradebook_learns_of_the_lab_and_a_release_can_be_repeated(
    lab: Lab, course: CoursePaths
) -> None:
    release_lab(lab, course=course)
    (course.release / "tiny" / "stale.txt").write_text("from before")
    released = release_lab(lab, course=course)
    assert not (released / "stale.txt").exists()
    assert [path.name for path in course.release.iterdir()] == ["tiny"]
    with Gradebook(f"sqlite:///{course.root / 'gradebook.db'}") as book:
        assert book.find_assignment("tiny").max_score == 5


def test_another_destination_leaves_the_gradebook_alone(
    lab: Lab, course: CoursePaths, tmp_path: Path
) -> None:
    released = release_lab(lab, course=course, destination=tmp_path / "scratch")
    assert released == tmp_path / "scratch" / "tiny"
    assert (released / "lab.ipynb").is_file()
    assert not (course.root / "gradebook.db").exists()


def test_an_unproved_lab_is_refused(lab: Lab, course: CoursePaths) -> None:
    def refuse(lab: Lab) -> None:
        raise CourseError(f"{lab.id} is not proved.", mend="Run: lab verify")

    with pytest.raises(CourseError, match="is not proved"):
        release_lab(lab, course=course, require_proof=refuse)
    assert not course.release.exists()


def test_a_leak_is_refused_and_the_release_before_stays(lab: Lab, course: CoursePaths) -> None:
    release_lab(lab, course=course)
    manifest = lab.path / "lab.toml"
    hint = "Try `return [value for value in values if value >= 0]`."
    manifest.write_text(manifest.read_text().replace("Zero is a reading like any other.", hint))
    with pytest.raises(CourseError, match=r"lab-release\.toml: holds a line of the solution"):
        release_lab(load_lab(lab.path), course=course)
    before = (course.release / "tiny" / "lab-release.toml").read_text()
    assert "Zero is a reading like any other." in before
    assert [path.name for path in course.release.iterdir()] == ["tiny"]


def test_a_file_that_nobody_gives_is_refused(lab: Lab, course: CoursePaths) -> None:
    (lab.path / "notes.md").write_text("for the instructors")
    with pytest.raises(CourseError, match=r"notes\.md: holds a file that lab.toml does not give"):
        release_lab(lab, course=course)


def test_nbgraders_refusal_is_told_in_words(lab: Lab, course: CoursePaths) -> None:
    notebook = nbformat.read(lab.path / "lab.ipynb", 4)
    notebook.cells[4].source = "### BEGIN SOLUTION\n1"
    nbformat.write(notebook, lab.path / "lab.ipynb")
    with pytest.raises(CourseError, match="no end solution"):
        release_lab(load_lab(lab.path), course=course)


def test_a_link_to_a_modules_starter_is_released_as_a_file(course: CoursePaths) -> None:
    starter = course.root / "modules" / "tiny" / "starter"
    starter.mkdir(parents=True)
    given = course.labs / "tiny" / "readings.py"
    given.rename(starter / "readings.py")
    given.symlink_to("../../modules/tiny/starter/readings.py")
    released = release_lab(load_lab(course.labs / "tiny"), course=course)
    assert not (released / "readings.py").is_symlink()
    assert "def readings" in (released / "readings.py").read_text()


SOLUTION_LINE = "return [value for value in values if value >= 0]"


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def _in_notebook(released: Path, change: Any) -> None:
    path = released / "lab.ipynb"
    notebook = nbformat.read(path, 4)
    change(notebook)
    nbformat.write(notebook, path)


def _output(text: str) -> Any:
    def change(notebook: Any) -> None:
        notebook.cells[5].outputs = [nbformat.v4.new_output("stream", text=text)]

    return change


def _data(text: str) -> Any:
    def change(notebook: Any) -> None:
        shown = nbformat.v4.new_output("display_data", {"text/html": f"<b>{text}</b>"})
        notebook.cells[5].outputs = [shown]

    return change


PLANTS: list[tuple[str, Any, str]] = [
    ("file", lambda r: _append(r / "readings.py", f"# {SOLUTION_LINE}"), "line of the solution"),
    (
        "reindented",
        lambda r: _append(r / "readings.py", "\n\treturn [value  for value in values if value>=0]"),
        "line of the solution",
    ),
    (
        "cell",
        lambda r: _in_notebook(r, lambda n: n.cells[5].update(source=SOLUTION_LINE)),
        "line of the solution",
    ),
    (
        "markdown",
        lambda r: _in_notebook(r, lambda n: n.cells[0].update(source=f"`{SOLUTION_LINE}`")),
        "line of the solution",
    ),
    ("output", lambda r: _in_notebook(r, _output(SOLUTION_LINE)), "line of the solution"),
    ("display", lambda r: _in_notebook(r, _data("zero_is_a_reading")), "name of a hidden check"),
    (
        "cell metadata",
        lambda r: _in_notebook(r, lambda n: n.cells[5].metadata.update(was=SOLUTION_LINE)),
        "line of the solution",
    ),
    (
        "notebook metadata",
        lambda r: _in_notebook(r, lambda n: n.metadata.update(seeds={"held_out": [90210]})),
        "held-out value",
    ),
    ("hints", lambda r: _append(r / "lab-release.toml", "\n# seed 90210"), "held-out value"),
    ("hex", lambda r: _append(r / "readings.py", "\nSEED = 0x16062"), "held-out value"),
    (
        "hidden body",
        lambda r: _append(r / "checks.py", '\n_, after = run.inspect("clean", [4, -1, 3])'),
        "line of a hidden check",
    ),
    ("hidden file", lambda r: (r / "hidden_checks.py").write_text(""), "file that must stay"),
    ("manifest", lambda r: (r / "lab.toml").write_text(""), "file that must stay"),
    ("mutants", lambda r: (r / "mutants.toml").write_text(""), "file that must stay"),
    ("stray file", lambda r: (r / "x.txt").write_text("hello"), "does not give"),
    (
        "nested",
        lambda r: (r / "d").mkdir() or (r / "d" / "hidden_a.py").write_text(""),
        "must stay",
    ),
    ("file name", lambda r: (r / "zero_is_a_reading.txt").write_text(""), "name of a hidden check"),
    ("binary", lambda r: (r / "x.bin").write_bytes(b"\xff\x00 drops_zero "), "name of a mutant"),
    (
        "mutant text",
        lambda r: _append(r / "readings.py", "\n# sorted(value for value in values if value >= 0)"),
        "text of a mutant",
    ),
    (
        "reason",
        lambda r: _append(r / "readings.py", "\n# takes zero for a fault"),
        "reason of a mu",
    ),
    (
        "alternate",
        lambda r: _append(r / "readings.py", "\n# left = np.array(clean(readings(seed)))"),
        "right answer in another form",
    ),
    (
        "mark",
        lambda r: _in_notebook(r, lambda n: n.cells[6].update(source="### BEGIN HIDDEN TESTS")),
        "mark of what was to be taken out",
    ),
]


@pytest.mark.parametrize(("kind", "plant", "said"), PLANTS, ids=[kind for kind, _, _ in PLANTS])
def test_a_planted_leak_is_found(
    lab: Lab, course: CoursePaths, tmp_path: Path, kind: str, plant: Any, said: str
) -> None:
    released = release_lab(lab, course=course, destination=tmp_path / "scratch")
    assert find_leaks(lab, released) == []
    plant(released)
    leaks = [str(leak) for leak in find_leaks(lab, released)]
    assert any(said in leak for leak in leaks), leaks


def test_most_of_a_solution_leaks_even_line_by_line_through_a_given_file(
    lab: Lab, course: CoursePaths
) -> None:
    body = "\n".join(f"    step_{n} = transform(values, {n})" for n in range(5))
    notebook = nbformat.read(lab.path / "lab.ipynb", 4)
    notebook.cells[
        4
    ].source = f"def clean(values):\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    nbformat.write(notebook, lab.path / "lab.ipynb")
    _append(lab.path / "readings.py", f"\n\ndef reference(values):\n{body}\n")
    (lab.path / "mutants.toml").write_text("")
    with pytest.raises(CourseError, match=r"readings\.py: holds most of a solution"):
        release_lab(load_lab(lab.path), course=course)
