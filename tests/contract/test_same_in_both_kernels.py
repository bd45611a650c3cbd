"""A lab that needs servers puts out the same in a forked kernel, which reaches its ports alone."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from cell_outputs import lasting, tells_of_a_picture_alone
from stack_ports import free_offset

from autograder.contract.lab import Lab, find_labs, load_lab
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.execution.run import executed
from autograder.execution.warm.launcher import warm_kernels
from autograder.needs.surroundings import Surroundings, surroundings
from infra.stack.stack import Stack

pytestmark = pytest.mark.long
LABS = [
    folder
    for folder in find_labs(Path(__file__).parents[2] / "labs")
    if load_lab(folder).manifest.needs
]


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name in [name for name in os.environ if name.startswith("LAB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LAB_PORT_OFFSET", str(free_offset()))
    yield tmp_path
    Stack(tmp_path / ".state" / "stack").wipe()


def shown(
    lab: Lab, around: Surroundings, confinement: Confinement, launcher: KernelLauncher
) -> list[list[str]]:
    with (
        around.for_run() as variables,
        executed(
            lab.solution,
            files={name: lab.path / name for name in lab.manifest.give},
            parameters=lab.parameter_sets()[0],
            # A plain kernel imports by itself what the other begins with.
            limits=lab.manifest.limits.model_copy(update={"seconds": 1800, "cell_seconds": 600}),
            confinement=confinement,
            ports=around.ports,
            variables=variables,
            launcher=launcher,
        ) as run,
    ):
        cells = [cell for cell in run.notebook.cells if cell.cell_type == "code"]
        assert [cell.id for cell in cells if tells_of_a_picture_alone(cell)] == []
        found = [lasting(cell.outputs) for cell in cells]
    return [[text.replace(variables["LAB_SPACE"], "SPACE") for text in cell] for cell in found]


@pytest.mark.parametrize("folder", LABS, ids=lambda folder: folder.name)
def test_a_lab_with_servers_puts_out_the_same_in_both(
    folder: Path, course: Path, confinement: Confinement
) -> None:
    lab = load_lab(folder)
    needs, brokers = lab.manifest.needs, lab.manifest.stack.brokers
    with (
        surroundings(needs, course, brokers=brokers) as around,
        warm_kernels(lab.manifest.preload, confinement, ports=around.ports) as forking,
    ):
        assert forking is not None
        plain = shown(lab, around, confinement, launch_plain_kernel)
        assert any(outputs != lasting([]) for outputs in plain)
        assert shown(lab, around, confinement, forking) == plain
