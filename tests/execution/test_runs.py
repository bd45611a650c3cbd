"""What a run may do, and what becomes of one that does more."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.contract.manifest import Limits
from autograder.execution import Confinement
from autograder.execution.run import Execution, executed

pytestmark = pytest.mark.slow
LIMITS = Limits(seconds=40, cell_seconds=3, probe_seconds=2, memory_mb=600, output_mb=1)


def notebook(**sources: str) -> NotebookNode:
    return new_notebook(
        cells=[
            new_code_cell("seed = 1", id="parameters", metadata={"tags": ["parameters"]}),
            *(new_code_cell(source, id=name) for name, source in sources.items()),
        ]
    )


@contextmanager
def run(
    confinement: Confinement, limits: Limits = LIMITS, files: tuple[Path, ...] = (), **sources: str
) -> Iterator[Execution]:
    with executed(
        notebook(**sources),
        files={path.name: path for path in files},
        parameters={"seed": 5},
        limits=limits,
        confinement=confinement,
    ) as execution:
        yield execution


def test_cells_have_states_and_the_kernel_answers_afterwards(confinement: Confinement) -> None:
    with run(
        confinement,
        fine="def double(x):\n    return 2 * x + seed",
        broken="1 / 0",
        after="after = double(1)",
        endless="while True:\n    pass",
        last="last = 'reached'",
    ) as execution:
        assert execution.cells == {
            "parameters": "ok",
            "fine": "ok",
            "broken": "error",
            "after": "ok",
            "endless": "timeout",
            "last": "ok",
        }
        assert execution.probe("call", "double", (4,))[0] == 13
        assert execution.probe("value", "last")[0] == "reached"
        told = str(execution.notebook.cells[-2].outputs)
        assert "took longer than 3 seconds" in told


def test_a_kernel_that_dies_leaves_the_rest_unrun(confinement: Confinement) -> None:
    with run(
        confinement, dies="import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", later="x = 1"
    ) as execution:
        assert execution.cells["dies"] == "kernel_died"
        assert execution.cells["later"] == "not_run"
        assert execution.status == "kernel_died"
        assert not execution.probe.alive


def test_a_loop_that_ignores_interrupts_costs_the_run_not_the_grader(
    confinement: Confinement,
) -> None:
    source = (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "while True:\n    time.sleep(1)"
    )
    begun = time.monotonic()
    with run(confinement, stubborn=source, later="x = 1") as execution:
        assert execution.cells["stubborn"] == "timeout"
        assert execution.cells["later"] == "not_run"
        assert execution.status == "stuck"
    assert time.monotonic() - begun < LIMITS.seconds


def test_the_whole_run_has_a_deadline(confinement: Confinement) -> None:
    limits = Limits(seconds=4, cell_seconds=3, probe_seconds=1)
    naps = {f"nap{n}": "import time\ntime.sleep(2.5)" for n in range(4)}
    with run(confinement, limits, **naps) as execution:
        assert execution.status == "deadline"
        assert execution.cells["nap3"] == "not_run"


def test_memory_over_the_limit_ends_the_run(confinement: Confinement) -> None:
    source = (
        "held = []\nimport time\nfor _ in range(40):\n"
        "    held.append(bytearray(64 << 20))\n    time.sleep(0.05)"
    )
    with run(confinement, hungry=source, later="x = 1") as execution:
        assert execution.status == "memory_limit"
        assert execution.cells["later"] == "not_run"
        assert execution.peak_memory_mb > LIMITS.memory_mb


def test_output_over_the_limit_is_dropped(confinement: Confinement) -> None:
    source = "for _ in range(60):\n    print('x' * 100_000, flush=True)"
    with run(confinement, loud=source, later="x = 'here'") as execution:
        kept = sum(len(o.get("text", "")) for c in execution.notebook.cells for o in c.outputs)
        assert kept <= LIMITS.output_mb * (1 << 20)
        assert execution.status == "output_limit"
        assert execution.probe("value", "x")[0] == "here"


def test_a_flood_of_outputs_costs_its_cell_and_no_more(confinement: Confinement) -> None:
    source = "from IPython.display import display\nwhile True:\n    display({})"
    with run(confinement, flood=source, later="x = 'here'") as execution:
        assert (execution.cells["flood"], execution.cells["later"]) == ("timeout", "ok")
        assert execution.probe("value", "x")[0] == "here"


def test_a_cell_whose_end_was_not_told_has_ended_when_it_is_answered(
    confinement: Confinement,
) -> None:
    source = """
kernel = get_ipython().kernel
tell = kernel._publish_status
def forget(state, *rest):
    if state == "idle":
        kernel._publish_status = tell
    else:
        tell(state, *rest)
kernel._publish_status = forget
"""
    with run(confinement, forgets=source, later="x = 'here'") as execution:
        assert (execution.cells["forgets"], execution.cells["later"]) == ("ok", "ok")
        assert execution.status == "completed"
        assert execution.probe("value", "x")[0] == "here"


def test_a_run_finds_its_files_and_nothing_of_the_graders(
    confinement: Confinement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "given.csv"
    given.write_text("a,b\n1,2\n")
    monkeypatch.setenv("GRADER_SECRET", "for the grader alone")
    root = Path(__file__).resolve().parents[2]
    source = f"""
import os
from pathlib import Path
given = Path("given.csv").read_text()
home = os.environ["HOME"]
variables = sorted(os.environ)
labs = Path({str(root / "labs")!r}).exists()
gradebook = Path({str(root / "tests")!r}).exists()
"""
    with run(confinement, files=(given,), look=source) as execution:
        assert execution.probe("value", "given")[0] == "a,b\n1,2\n"
        assert str(execution.cwd.parent) in execution.probe("value", "home")[0]
        assert "GRADER_SECRET" not in execution.probe("value", "variables")[0]
        if confinement.bubblewrap:
            assert execution.probe("value", "labs")[0] is False
            assert execution.probe("value", "gradebook")[0] is False


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")
def test_walls_hold_against_writing_network_and_other_processes(confinement: Confinement) -> None:
    assert confinement.complete, confinement.missing
    source = """
import os, socket
def attempt(action):
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return "allowed"
def connect():
    socket.create_connection(("192.0.2.1", 80), timeout=1)
def write(path):
    open(path, "w").write("x")
import autograder
findings = {
    "network": attempt(connect),
    "interpreter": attempt(lambda: write(os.__file__)),
    "grader": attempt(lambda: write(autograder.__file__)),
    "root": attempt(lambda: write("/planted")),
    "own folder": attempt(lambda: write("mine.txt")),
    "become root": attempt(lambda: os.setuid(0)),
    "kill parent": attempt(lambda: os.kill(1, 9)),
}
processes = len([p for p in os.listdir("/proc") if p.isdigit()])
user = os.getuid()
"""
    with run(confinement, attack=source) as execution:
        found = execution.probe("value", "findings")[0]
        allowed = {name for name, came in found.items() if came == "allowed"}
        assert allowed - {"kill parent"} == {"own folder"}
        assert execution.probe("value", "processes")[0] < 8
        assert execution.probe("value", "user")[0] != 0


def test_nothing_of_a_run_is_left(confinement: Confinement) -> None:
    source = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '4242'], start_new_session=True)\npid = child.pid"
    )
    with run(confinement, daemon=source) as execution:
        folder = execution.cwd.parent
        assert folder.is_dir()
    assert not folder.exists()
    gone = time.monotonic() + 5
    while _sleepers() and time.monotonic() < gone:
        time.sleep(0.05)
    assert not _sleepers()


def _sleepers() -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        if process.info["cmdline"] == ["sleep", "4242"] and process.info["status"] != "zombie":
            found.append(process.pid)
    return found


_ORPHAN = """
import sys, time
from pathlib import Path
from nbformat.v4 import new_code_cell, new_notebook
from autograder.contract.manifest import Limits
from autograder.execution import detect_confinement
from autograder.execution.run import executed
with executed(new_notebook(cells=[new_code_cell("x = 1", id="a")]), files={}, parameters={},
              limits=Limits(), confinement=detect_confinement()) as execution:
    print(execution.cwd.parent, flush=True)
    time.sleep(600)
"""


def test_a_kernel_dies_with_a_grader_that_is_killed() -> None:
    grader = subprocess.Popen([sys.executable, "-c", _ORPHAN], stdout=subprocess.PIPE, text=True)
    assert grader.stdout is not None
    folder = grader.stdout.readline().strip()
    assert folder and _kernels(folder)
    grader.kill()
    grader.wait()
    gone = time.monotonic() + 10
    while _kernels(folder) and time.monotonic() < gone:
        time.sleep(0.05)
    assert not _kernels(folder)
    _remove(folder)


def _kernels(folder: str) -> list[int]:
    return [
        p.pid
        for p in psutil.process_iter(["cmdline"])
        if any(folder in part for part in p.info["cmdline"] or ()) and p.pid != os.getpid()
    ]


def _remove(folder: str) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
