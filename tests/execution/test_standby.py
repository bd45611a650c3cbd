"""A kernel that was forked ahead serves one run, and is like any other."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.contract.lab import Lab
from autograder.contract.manifest import Limits
from autograder.execution import Confinement
from autograder.execution.kernel import end_kernel, launch_plain_kernel
from autograder.execution.run import executed
from autograder.execution.warm.launcher import WarmLauncher, warm_kernels
from autograder.execution.warm.standby import StandbyLauncher, fork_ahead, kernel_ahead
from autograder.grading.grader import grade_notebook

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="forking behind walls is Linux's"
    ),
]
LIMITS = Limits(seconds=60, cell_seconds=10, probe_seconds=5, memory_mb=1500)


@pytest.fixture(scope="module")
def warm(confinement: Confinement) -> Iterator[WarmLauncher]:
    with warm_kernels([], confinement) as found:
        assert found is not None
        yield found


@pytest.fixture
def standby(warm: WarmLauncher, confinement: Confinement) -> Iterator[StandbyLauncher]:
    with kernel_ahead(warm, LIMITS, confinement) as found:
        assert isinstance(found, StandbyLauncher)
        yield found


def waiting(warm: WarmLauncher) -> list[Path]:
    return sorted(warm.folder.iterdir())


def value(
    source: str, launcher: StandbyLauncher, confinement: Confinement, **changed: Any
) -> object:
    options = {"files": {}, "limits": LIMITS, "variables": {}, **changed}
    with executed(
        new_notebook(cells=[new_code_cell(source, id="cell")]),
        parameters={},
        confinement=confinement,
        launcher=launcher,
        **options,
    ) as run:
        assert run.cells["cell"] == "ok", run.notebook.cells[0].outputs
        found = run.probe("value", "it")[0]
    assert launcher.waiting is None
    fork_ahead(launcher)
    return found


def test_each_run_has_the_kernel_that_waited_and_another_can_follow(
    standby: StandbyLauncher, warm: WarmLauncher, confinement: Confinement, tmp_path: Path
) -> None:
    (tmp_path / "given.txt").write_text("given")
    source = "import os; it = [open('given.txt').read(), os.getcwd(), os.listdir()]"
    homes = set()
    for _ in range(3):
        [ahead] = waiting(warm)
        text, folder, names = value(  # type: ignore[misc]
            source, standby, confinement, files={"given.txt": tmp_path / "given.txt"}
        )
        assert (text, names) == ("given", ["given.txt"])
        assert Path(folder) == ahead / "cwd"
        assert not ahead.exists()
        homes.add(folder)
    assert len(homes) == 3
    standby.close()
    assert waiting(warm) == []


def test_what_runs_left_in_their_kernel_reaches_no_other(
    standby: StandbyLauncher, confinement: Confinement
) -> None:
    source = """
import builtins, pathlib, tempfile
left = pathlib.Path(tempfile.gettempdir(), "left")
it = [hasattr(builtins, "planted"), left.exists()]
builtins.planted = True
left.touch()
"""
    assert [value(source, standby, confinement) for _ in range(2)] == [[False, False]] * 2


def test_a_run_that_wants_something_else_has_a_kernel_of_its_own(
    standby: StandbyLauncher, warm: WarmLauncher, confinement: Confinement
) -> None:
    source = "import resource; it = resource.getrlimit(resource.RLIMIT_FSIZE)[0]"
    small = LIMITS.model_copy(update={"file_mb": 3})
    assert value(source, standby, confinement, limits=small) == 3 << 20
    source = "import os; it = os.environ.get('SHELF')"
    assert value(source, standby, confinement, variables={"SHELF": "one"}) == "one"
    assert value(source, standby, confinement) is None
    assert len(waiting(warm)) == 1


def test_one_that_died_while_it_waited_is_replaced(
    standby: StandbyLauncher, warm: WarmLauncher, confinement: Confinement
) -> None:
    [ahead] = waiting(warm)
    assert standby.waiting is not None
    end_kernel(standby.waiting)
    assert value("import os; it = os.getcwd()", standby, confinement) != str(ahead / "cwd")
    assert not ahead.exists()


def test_a_body_that_raises_leaves_nothing_behind(
    warm: WarmLauncher, confinement: Confinement
) -> None:
    with (
        pytest.raises(RuntimeError),
        kernel_ahead(warm, LIMITS, confinement) as launcher,
        executed(
            new_notebook(cells=[]),
            files={},
            parameters={},
            limits=LIMITS,
            confinement=confinement,
            launcher=launcher,
        ),
    ):
        raise RuntimeError
    assert waiting(warm) == []


def test_scores_are_those_of_other_kernels(
    tiny: Lab, standby: StandbyLauncher, confinement: Confinement
) -> None:
    cards = [
        grade_notebook(tiny, tiny.solution, student="a", confinement=confinement, launcher=each)
        for each in (launch_plain_kernel, standby)
    ]
    found = [[(c.id, c.verdict, c.message) for c in g.card.checks().values()] for g in cards]
    assert found[0] == found[1] and cards[0].card.score == tiny.max_points


def test_ordinary_kernels_are_not_kept_ahead(confinement: Confinement) -> None:
    with kernel_ahead(launch_plain_kernel, LIMITS, confinement) as launcher:
        assert launcher is launch_plain_kernel
