"""The magics in real kernels: released lab, authors' lab, graders' runs."""

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from small_course import LAB, make_course

from autograder.contract.lab import load_lab
from autograder.learning.start import start_lab
from autograder.paths import CoursePaths
from autograder.releasing.release import release_lab

NOISY = (
    "import sys, os, warnings, logging, subprocess\n"
    "log = logging.getLogger('mine'); log.addHandler(logging.StreamHandler(sys.stderr))\n"
    "def double(x):\n"
    "    print('out'); print('err', file=sys.stderr); warnings.warn('w'); log.error('log')\n"
    "    os.write(2, b'raw'); subprocess.run(['sh', '-c', 'echo child >&2'])\n"
    "    return 2 * x\n"
)


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CoursePaths:
    for name in ("LAB_COURSE", "LAB_RUN", "NBGRADER_EXECUTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    return make_course(tmp_path / "course")


@pytest.fixture
def work(course: CoursePaths) -> Path:
    lab = load_lab(course.labs / LAB)
    return start_lab(
        course, lab, build=lambda lab, c: release_lab(lab, course=c, destination=c.release)
    ).folder


def run(folder: Path, *sources: str) -> list[list[dict[str, Any]]]:
    """Execute cells in a kernel in `folder`; return their outputs."""
    for attempt in range(3):
        notebook = nbformat.v4.new_notebook()
        texts = ("%load_ext autograder", *sources)
        notebook.cells = [nbformat.v4.new_code_cell(text) for text in texts]
        client = NotebookClient(
            notebook,
            allow_errors=True,
            timeout=60,
            startup_timeout=60,
            resources={"metadata": {"path": str(folder)}},
        )
        try:
            client.execute()
            break
        except RuntimeError:
            if attempt == 2:  # kernels that start at the same time may be given the same port
                raise
    assert notebook.cells[0].outputs == []
    return [cell.outputs for cell in notebook.cells[1:]]


def said(outputs: list[dict[str, Any]]) -> str:
    texts = []
    for output in outputs:
        texts.append(output.get("text", ""))
        texts.append(output.get("data", {}).get("text/plain", ""))
        texts.append(output.get("evalue", ""))
    return "\n".join(texts)


def kinds(outputs: list[dict[str, Any]]) -> set[str]:
    return {output.get("name", output["output_type"]) for output in outputs}


@pytest.mark.slow
def test_a_learners_way_through_a_task(work: Path) -> None:
    outputs = run(
        work,
        "seed = 7",
        "def double(x):\n    raise NotImplementedError",
        "%check double",
        "def double(x):\n    return x + 3",
        "%check double",
        "%hint double",
        "%hint double",
        "%hint double 1",
        "import os; os.makedirs('sub', exist_ok=True); os.chdir('sub')",
        "def double(x):\n    return 2 * x",
        "%check double",
        "%check dubble",
        "%check",
        "%score double",
        "%hint",
    )
    idle, wrong, right = outputs[2], outputs[4], outputs[10]
    assert "not attempted yet - that is not wrong" in said(idle)
    assert "%hint double" in said(idle)
    assert kinds(idle) == kinds(wrong) == {"display_data"}  # "Run All" must go on
    assert "double(2) is 5, where 4 is due" in said(wrong)
    assert "doubles two" in wrong[0]["data"]["text/html"]
    hints = [said(outputs[n]) for n in (5, 6, 7)]
    assert [text.split(":")[0].strip() for text in hints] == [
        "Hint 1 of 3 for double",
        "Hint 2 of 3 for double",
        "Hint 1 of 3 for double",
    ]
    assert kinds(right) == {"display_data"}
    assert "✓ doubles two" in said(right)
    assert "Did you mean double?" in said(outputs[11])
    assert "shift" in said(outputs[12])
    assert said(outputs[13]).strip() == "3.0"  # a whole checkout holds the hidden checks too
    assert "needs a task" in said(outputs[14])
    assert json.loads((work / ".progress.json").read_text())["hints"] == {"double": 2}


@pytest.mark.slow
def test_nbgrader_validate_hears_what_is_wrong(work: Path, monkeypatch) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    answers = "def double(x):\n    return x + 3", "def double(x):\n    return 2 * x"
    outputs = run(
        work, "seed = 7", answers[0], "%check double", answers[1], "%check double", "%check dubble"
    )
    assert kinds(outputs[2]) == kinds(outputs[5]) == {"error"}
    lines = outputs[2][0]["traceback"][0].splitlines()
    assert lines[1].endswith("double(2) is 5, where 4 is due")
    assert max(map(len, lines)) <= 80
    assert kinds(outputs[4]) == {"display_data"}
    assert "Did you mean double?" in said(outputs[5])


@pytest.mark.slow
def test_a_learners_html_is_escaped(work: Path) -> None:
    source = "def double(x):\n    return '<img src=x onerror=attack()>'"
    shown = run(work, source, "%check double")[1][0]["data"]["text/html"]
    assert "<img" not in shown
    assert "onerror=attack()" in shown


@pytest.mark.slow
def test_authors_see_the_same_and_leave_no_trace(course: CoursePaths) -> None:
    folder = course.labs / LAB
    outputs = run(
        folder,
        "seed = 9\n" + NOISY,
        "%check double",
        "def shift(x):\n    return x + seed",
        "%check shift",
        "%score double",
        "def double(x):\n    return abs(2 * x)",
        "%score double",
        "%hint double",
    )
    assert kinds(outputs[1]) == {"display_data"}
    assert "✓ adds the seed" in said(outputs[3])
    assert [said(outputs[n]).strip() for n in (4, 6)] == ["3.0", "1.0"]
    assert kinds(outputs[4]) == {"execute_result"}
    assert "Hint 1 of 3" in said(outputs[7])
    names = {path.name for path in folder.iterdir()} - {"__pycache__"}
    assert names == {"lab.toml", "lab.ipynb", "checks.py", "hidden_checks.py"}


@pytest.mark.slow
def test_in_a_grading_run_check_and_hint_do_nothing(work: Path, monkeypatch) -> None:
    monkeypatch.setenv("LAB_RUN", "1")
    lines = ("%check double", "%hint double", "%check nothing at all")
    imported = "import sys; print(any(m.startswith('autograder.checks') for m in sys.modules))"
    outputs = run(work, *lines, imported)
    assert outputs[:3] == [[], [], []]
    assert said(outputs[3]).strip() == "False"


@pytest.mark.slow
def test_nbgrader_autograde_hears_points_and_no_word_on_stderr(
    course: CoursePaths, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("LAB_COURSE", str(course.root))
    folder = tmp_path / "autograded" / "ann" / LAB
    folder.mkdir(parents=True)
    (folder / "checks.py").write_text((course.labs / LAB / "checks.py").read_text())
    cell = "%check {0}\n### BEGIN HIDDEN TESTS\n%score {0}\n### END HIDDEN TESTS"
    outputs = run(
        folder,
        "seed = 7\n" + NOISY,
        cell.format("double"),
        "def double(x):\n    return abs(2 * x)",
        cell.format("double"),
        cell.format("shift"),
        "%check nothing",
        "%score nothing",
        "%hint double",
    )
    assert [kinds(outputs[n]) for n in (1, 3, 4)] == [{"stdout", "execute_result"}] * 3
    scores = [outputs[n][-1]["data"]["text/plain"] for n in (1, 3, 4)]
    assert scores == ["3.0", "1.0", "0.0"]
    assert kinds(outputs[5]) == {"stdout"}
    assert kinds(outputs[6]) == {"error"}  # an unknown task must not score in full
    assert outputs[7] == []
