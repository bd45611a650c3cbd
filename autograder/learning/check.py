"""Run a learner's notebook and judge it by the visible checks."""

from pathlib import Path

from autograder.checks import shelf
from autograder.contract.lab import Lab
from autograder.contract.notebooks import read_notebook
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.grading.fingerprint import lab_digest
from autograder.grading.grader import grade_notebook
from autograder.learning.memory import remember, remembered
from autograder.learning.places import Place
from autograder.needs.surroundings import NOTHING, Surroundings
from autograder.scoring import Scorecard, redacted


def check_work(
    lab: Lab,
    place: Place,
    *,
    confinement: Confinement,
    held_out: bool = False,
    launcher: KernelLauncher = launch_plain_kernel,
    around: Surroundings = NOTHING,
    prepared: Path | None = None,
) -> Scorecard:
    """Run the notebook in a fresh kernel and return what the visible checks say of it.

    With `held_out` it runs again with other parameters, which answers that were written down
    as values do not survive. The verdicts are remembered for `lab progress`. What the checks
    prepare is kept in `prepared` for the next time, by the lab as it stands; that folder must not
    outlive the process.
    """
    if not place.notebook.is_file():
        others = ", ".join(sorted(p.name for p in place.folder.glob("*.ipynb"))) or "none"
        raise CourseError(
            f"{place.notebook} does not exist (notebooks there: {others}).",
            mend=f"Name it lab.ipynb, or get a fresh one with `lab reset --lab {place.lab} --all`.",
        )
    with shelf(prepared and prepared / lab_digest(lab.path)):
        grading = grade_notebook(
            lab,
            read_notebook(place.notebook),
            student="you",
            confinement=confinement,
            hidden=False,
            held_out=held_out,
            launcher=launcher,
            around=around,
        )
    card = redacted(grading.card)
    remember(place.folder, remembered(place.folder).with_card(card))
    return card
