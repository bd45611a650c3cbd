"""Who loses the process that kernels are forked from loses nothing of a submission."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager

from autograder.contract.lab import Lab
from autograder.contract.manifest import Limits
from autograder.execution import Confinement
from autograder.execution.environment import Scratch
from autograder.execution.kernel import launch_plain_kernel
from autograder.grading.intake import Submission
from autograder.grading.worker import grade_submission
from autograder.scoring import Status

pytestmark = pytest.mark.slow
DIES_WHEN_ASKED = "def clean(values):\n    import os\n    os._exit(1)"
DIES_AT_ONCE = "import os\nos._exit(1)"


@dataclass(frozen=True)
class Launcher:
    """Launch ordinary kernels, and say what it is told of the process that forks them."""

    alive: bool

    def __call__(
        self,
        scratch: Scratch,
        limits: Limits,
        confinement: Confinement,
        *,
        ports: Sequence[int],
        variables: Mapping[str, str],
    ) -> AsyncKernelManager:
        return launch_plain_kernel(scratch, limits, confinement, ports=ports, variables=variables)


@pytest.mark.parametrize("source", [DIES_WHEN_ASKED, DIES_AT_ONCE], ids=["asked", "cell"])
@pytest.mark.parametrize(("alive", "status"), [(False, Status.CRASHED), (True, Status.GRADED)])
def test_a_kernel_that_died_with_its_zygote_is_nobodys_answer(
    tiny: Lab, confinement: Confinement, tmp_path: Path, source: str, alive: bool, status: Status
) -> None:
    notebook = copy.deepcopy(tiny.solution)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "clean-answer":
            cell.source = source
    card, _ = grade_submission(tiny, submission(tmp_path, notebook), confinement, Launcher(alive))
    assert card.status is status
    assert ("Grade it again" in card.problem) is (not alive)


def test_an_answer_that_kills_no_kernel_counts_though_the_zygote_is_gone(
    tiny: Lab, confinement: Confinement, tmp_path: Path
) -> None:
    card, _ = grade_submission(
        tiny, submission(tmp_path, tiny.solution), confinement, Launcher(alive=False)
    )
    assert (card.status, card.score) == (Status.GRADED, tiny.max_points)


def submission(folder: Path, notebook: nbformat.NotebookNode) -> Submission:
    (folder / "lab.ipynb").write_text(nbformat.writes(notebook))
    return Submission("ada", "tiny", folder)
