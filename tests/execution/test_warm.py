"""A forked kernel does what an ordinary one does, sooner, behind the same walls."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from cell_outputs import lasting, tells_of_a_picture_alone
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from stress import CELLS

from autograder.contract.lab import Lab, find_labs, load_lab
from autograder.contract.manifest import Limits
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.execution.run import executed
from autograder.execution.warm.launcher import WarmLauncher, warm_kernels
from autograder.grading.grader import grade_notebook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="forking behind walls is Linux's"
    ),
]
REPOSITORY = Path(__file__).parents[2]
# The others are in tests/contract/test_same_in_both_kernels.py.
LABS = [folder for folder in find_labs(REPOSITORY / "labs") if not load_lab(folder).manifest.needs]
LIMITS = Limits(seconds=90, cell_seconds=4, probe_seconds=3, memory_mb=1500)
# Where no cell is meant to run out of time, a busy machine must not make one.
PATIENT = LIMITS.model_copy(update={"seconds": 900, "cell_seconds": 120, "probe_seconds": 30})
# One that is meant to, and what comes after it.
OUT_OF_TIME = ("endless", "last")


def notebook(names: Iterable[str] = CELLS) -> NotebookNode:
    return new_notebook(cells=[new_code_cell(CELLS[name], id=name) for name in names])


@pytest.fixture(scope="module")
def warm(confinement: Confinement) -> Iterator[WarmLauncher]:
    with warm_kernels(
        ["pandas", "matplotlib.pyplot", "sklearn.linear_model"], confinement
    ) as found:
        assert found is not None, "this system has bubblewrap and yet no forked kernel came up"
        yield found


def test_what_could_not_be_imported_ahead_is_named(confinement: Confinement) -> None:
    with warm_kernels(["json", "no_such_module"], confinement) as found:
        assert found is not None
        assert found.missing == ("no_such_module",)


@pytest.mark.long
@pytest.mark.parametrize("folder", find_labs(REPOSITORY / "labs"), ids=lambda folder: folder.name)
def test_all_that_a_lab_names_is_imported_ahead(folder: Path, confinement: Confinement) -> None:
    with warm_kernels(load_lab(folder).manifest.preload, confinement) as found:
        assert found is not None, "it starts threads as it is imported, and cannot be forked then"
        assert found.missing == ()


def outputs(confinement: Confinement, launcher: KernelLauncher) -> dict[str, object]:
    found: dict[str, object] = {}
    unhurried = [name for name in CELLS if name not in OUT_OF_TIME]
    for names, limits in ((unhurried, PATIENT), (OUT_OF_TIME, LIMITS)):
        with executed(
            notebook(names),
            files={},
            parameters={},
            limits=limits,
            confinement=confinement,
            launcher=launcher,
        ) as run:
            shown = {cell.id: lasting(cell.outputs) for cell in run.notebook.cells}
            found |= {name: (run.cells[name], shown[name]) for name in names}
    return found


def test_forked_and_ordinary_kernels_put_out_the_same(
    confinement: Confinement, warm: WarmLauncher
) -> None:
    plain, forked = outputs(confinement, launch_plain_kernel), outputs(confinement, warm)
    differing = {n: (plain[n], forked[n]) for n in CELLS if forked[n] != plain[n]}
    assert not differing


@pytest.mark.long
@pytest.mark.parametrize("folder", LABS, ids=lambda folder: folder.name)
def test_every_lab_puts_out_the_same_in_both(folder: Path, confinement: Confinement) -> None:
    lab = load_lab(folder)
    shown = []
    with warm_kernels(lab.manifest.preload, confinement) as forking:
        assert forking is not None
        for launcher in (launch_plain_kernel, forking):
            with executed(
                lab.solution,
                files={name: lab.path / name for name in lab.manifest.give},
                parameters=lab.parameter_sets()[0],
                # A plain kernel imports by itself what the other begins with.
                limits=lab.manifest.limits.model_copy(
                    update={"seconds": 1800, "cell_seconds": 600}
                ),
                confinement=confinement,
                launcher=launcher,
            ) as run:
                cells = [cell for cell in run.notebook.cells if cell.cell_type == "code"]
                assert [cell.id for cell in cells if tells_of_a_picture_alone(cell)] == []
                shown.append([lasting(cell.outputs) for cell in cells])
    assert any(outputs != [lasting([])] for outputs in shown[0])
    assert shown[0] == shown[1]


def test_a_lab_scores_the_same_in_both(
    tiny: Lab, confinement: Confinement, warm: WarmLauncher
) -> None:
    cards = [
        grade_notebook(tiny, tiny.solution, student="a", confinement=confinement, launcher=launcher)
        for launcher in (launch_plain_kernel, warm)
    ]
    found = [[(c.id, c.verdict, c.message) for c in g.card.checks().values()] for g in cards]
    assert found[0] == found[1] and cards[0].card.score == tiny.max_points


def test_nothing_of_one_run_reaches_the_next(confinement: Confinement, warm: WarmLauncher) -> None:
    plant = """
import os, random, tempfile, builtins, sys, pathlib
left = []
for folder in ("/tmp", "/dev/shm", tempfile.gettempdir(), os.environ["HOME"], "."):
    try:
        pathlib.Path(folder, "left-behind").write_text("x")
        left.append(folder)
    except OSError:
        pass
os.environ["PLANTED"] = "1"
builtins.planted = True
import pandas
pandas.planted = True
"""
    look = """
import os, builtins, pathlib, tempfile, pandas
folders = ("/tmp", "/dev/shm", tempfile.gettempdir(), os.environ["HOME"], ".")
found = [f for f in folders if pathlib.Path(f, "left-behind").exists()]
found += [n for n in ("PLANTED",) if n in os.environ]
found += [str(m) for m in (builtins, pandas) if hasattr(m, "planted")]
others = [p for p in pathlib.Path("/tmp").rglob("cwd") if p != pathlib.Path.cwd()]
chance = __import__("random").random()
"""
    chances = []
    for source in (plant, look, look):
        with executed(
            new_notebook(cells=[new_code_cell(source, id="cell")]),
            files={},
            parameters={},
            limits=PATIENT,
            confinement=confinement,
            launcher=warm,
        ) as run:
            assert run.cells["cell"] == "ok"
            if source is look:
                assert run.probe("value", "found")[0] == []
                assert run.probe("value", "others")[0] == []
                chances.append(run.probe("value", "chance")[0])
    assert chances[0] != chances[1]


def test_walls_of_a_forked_run(
    confinement: Confinement, warm: WarmLauncher, tmp_path: Path
) -> None:
    root = Path(__file__).resolve().parents[2]
    source = f"""
import ctypes, os, socket
def attempt(action):
    try:
        return action()
    except Exception as error:
        return type(error).__name__
libc = ctypes.CDLL(None, use_errno=True)
status = open("/proc/self/status").read()
capabilities = [
    line.split()[1] for line in status.splitlines() if line.startswith(("CapEff", "CapPrm"))
]
findings = {{
    "umount": libc.umount2(b"/proc", 0),
    "setuid": attempt(lambda: os.setuid(0)),
    "interpreter": attempt(lambda: open(os.__file__, "a")),
    "network": attempt(lambda: socket.create_connection(("192.0.2.1", 80), 1)),
    "labs": os.path.exists({str(root / "labs")!r}),
    "processes": sorted(int(p) for p in os.listdir("/proc") if p.isdigit())[:3],
}}
"""
    with executed(
        new_notebook(cells=[new_code_cell(source, id="cell")]),
        files={},
        parameters={},
        limits=PATIENT,
        confinement=confinement,
        launcher=warm,
    ) as run:
        assert run.cells["cell"] == "ok"
        found = run.probe("value", "findings")[0]
        capabilities = run.probe("value", "capabilities")[0]
    assert set(capabilities) == {"0000000000000000"}
    assert found["umount"] == -1
    assert found["setuid"] in ("PermissionError", "OSError")
    assert found["interpreter"] in ("PermissionError", "OSError")
    assert found["network"] == "OSError"
    assert found["labs"] is False
    assert found["processes"] == [1, 2]


def test_the_zygote_and_all_its_runs_die_with_the_grader(confinement: Confinement) -> None:
    import psutil

    with warm_kernels(["json"], confinement) as launcher:
        assert launcher is not None
        folder = launcher.folder.parent
    assert not folder.exists()
    lines = [p.info["cmdline"] or [] for p in psutil.process_iter(["cmdline"])]
    assert not any(str(folder) in part for line in lines for part in line)
