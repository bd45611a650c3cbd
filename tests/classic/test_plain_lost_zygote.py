"""Who loses the process that kernels are forked from loses no points of a plain notebook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.classic.assignment import Plan
from autograder.classic.decoys import decoys_of
from autograder.classic.worker import grade_plain_submission
from autograder.contract.manifest import Limits
from autograder.execution import Confinement
from autograder.execution.environment import Scratch
from autograder.execution.kernel import launch_plain_kernel
from autograder.grading.intake import Submission
from autograder.scoring import Status

pytestmark = pytest.mark.slow
RIGHT = "def square(x):\n    return x * x"
DIES = "import os\nos._exit(1)"
DIES_AGAIN = f"import os\nos.environ['KERNEL'] == '2' and os._exit(1)\n{RIGHT}"


@dataclass(frozen=True)
class Launcher:
    """Launch ordinary kernels, numbered, and say what it is told of the process that forks them."""

    alive: bool
    launched: list[str] = field(default_factory=list)

    def __call__(
        self,
        scratch: Scratch,
        limits: Limits,
        confinement: Confinement,
        *,
        ports: Sequence[int],
        variables: Mapping[str, str],
    ) -> AsyncKernelManager:
        self.launched.append(str(len(self.launched) + 1))
        numbered = {**variables, "KERNEL": self.launched[-1]}
        return launch_plain_kernel(scratch, limits, confinement, ports=ports, variables=numbered)


@pytest.mark.parametrize(
    ("answer", "alive", "status", "score"),
    [
        (DIES, False, Status.CRASHED, 0),
        (DIES, True, Status.GRADED, 0),
        (DIES_AGAIN, False, Status.CRASHED, 0),
        (RIGHT, False, Status.GRADED, 1),
    ],
    ids=["with its zygote", "by itself", "among the decoys", "not at all"],
)
def test_a_kernel_that_died_with_its_zygote_is_nobodys_answer(
    confinement: Confinement,
    tmp_path: Path,
    answer: str,
    alive: bool,
    status: Status,
    score: float,
) -> None:
    master = notebook("raise NotImplementedError()")
    plan = Plan("ps1", {"nb": master}, {}, Limits(), {"nb": decoys_of(master)})
    nbformat.write(notebook(answer), tmp_path / "nb.ipynb")
    launcher = Launcher(alive)
    card, notebooks = grade_plain_submission(
        plan, Submission("ada", "ps1", tmp_path), confinement, launcher
    )
    assert (card.status, card.score) == (status, score)
    assert ("Grade it again" in card.problem) is (status is Status.CRASHED)
    assert bool(notebooks) is (status is Status.GRADED)
    assert len(launcher.launched) == (1 if answer == DIES else 2)


def notebook(answer: str) -> NotebookNode:
    return new_notebook(
        cells=[
            cell("answer", answer, solution=True),
            cell("test", "assert square(3) == 9", grade=True, locked=True, points=1),
        ]
    )


def cell(name: str, source: str, **facts: object) -> NotebookNode:
    usual = {"grade": False, "solution": False, "locked": False, "task": False}
    metadata = {**usual, "grade_id": name, "schema_version": 3, **facts}
    return new_code_cell(source, metadata={"nbgrader": metadata})
