"""The engine as papermill's own command uses it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from papermill.engines import papermill_engines
from papermill.exceptions import PapermillExecutionError

from autograder.execution.engine import LabEngine

forks = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux forks safely")


@pytest.fixture(scope="module")
def runtime() -> Iterator[Path]:
    """A runtime folder of one's own, away from the user's; what was forked from there ends."""
    root = Path(tempfile.mkdtemp(prefix="engine-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(root))
        patch.setenv("JUPYTER_PATH", str(root / "jupyter"))
        yield root
    for process in psutil.process_iter(["cmdline"]):
        if any(str(root) in part for part in process.info["cmdline"] or ()):
            process.kill()
    shutil.rmtree(root)


def written(path: Path, *sources: str, kernel: str = "python3", **metadata: Any) -> Path:
    cells = [
        new_code_cell("n = 1", metadata={"tags": ["parameters"]}),
        *(new_code_cell(source) for source in sources),
    ]
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": spec, **metadata}), path)
    return path


def printed(path: Path) -> list[str]:
    """Give what the cells printed, those without output left out."""
    cells = nbformat.read(path, as_version=4).cells
    return [cell.outputs[0].text.strip() for cell in cells if cell.get("outputs")]


def run(source: Path, target: Path, **options: Any) -> list[str]:
    papermill.execute_notebook(source, target, engine_name="lab", progress_bar=False, **options)
    return printed(target)


def test_papermill_finds_the_engine_by_its_entry_point() -> None:
    papermill_engines.register_entry_points()
    assert papermill_engines.get_engine("lab") is LabEngine


@forks
@pytest.mark.slow
def test_two_commands_share_a_zygote_and_work_in_their_folder(
    runtime: Path, tmp_path: Path
) -> None:
    source = written(
        tmp_path / "in.ipynb",
        "import pandas as pd\nfound = pd.read_csv('data.csv')\nfound.to_csv('made.csv')",
        "import os\nprint(n * len(found), os.getcwd(), os.getppid())",
    )
    parents = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "data.csv").write_text("a\n1\n2\n")
        words = ["--engine", "lab", "--cwd", str(folder), "--no-progress-bar", "-p", "n", "21"]
        command = [sys.executable, "-m", "papermill", *words, source.name, f"{name}.ipynb"]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        [said] = printed(tmp_path / f"{name}.ipynb")
        rows, cwd, parent = said.split()
        assert (rows, cwd) == ("42", str(folder))
        assert (folder / "made.csv").read_text().startswith(",a")
        parents.append(int(parent))
    assert parents[0] == parents[1] not in (os.getpid(), 1)
    zygote = psutil.Process(parents[0])
    assert any(str(runtime) in part for part in zygote.cmdline())


@forks
@pytest.mark.slow
def test_an_option_or_the_notebook_says_what_is_imported_ahead(
    runtime: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("named_by_notebook", "named_by_caller"):
        (tmp_path / f"{name}.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ask = "import sys\nprint(sorted(name for name in sys.modules if name.startswith('named_by')))"
    source = written(tmp_path / "in.ipynb", ask, lab={"preload": ["named_by_notebook"]})
    target = tmp_path / "out.ipynb"
    assert run(source, target) == ["['named_by_notebook']"]
    assert run(source, target, preload=["named_by_caller"]) == ["['named_by_caller']"]
    assert run(source, target, preload=()) == ["[]"]


@pytest.mark.slow
def test_the_kernel_is_the_one_that_the_notebook_names(runtime: Path, tmp_path: Path) -> None:
    folder = runtime / "jupyter" / "kernels" / "mine"
    folder.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "mine", "language": "python", "env": {"OWN": "yes"}}
    (folder / "kernel.json").write_text(json.dumps(spec))
    source = written(tmp_path / "in.ipynb", "import os\nprint(os.environ['OWN'])", kernel="mine")
    assert run(source, tmp_path / "out.ipynb") == ["yes"]


@pytest.mark.slow
def test_an_error_stops_the_notebook_and_is_kept_in_it(runtime: Path, tmp_path: Path) -> None:
    source = written(tmp_path / "in.ipynb", "print('before')", "1 / 0", "print('after')")
    target = tmp_path / "out.ipynb"
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        run(source, target)
    cells = nbformat.read(target, as_version=4).cells
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    assert [output.get("text") or output.ename for output in shown[-2:]] == [
        "before\n",
        "ZeroDivisionError",
    ]
