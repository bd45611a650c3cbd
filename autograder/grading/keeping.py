"""What was graded stays graded: tell whether an earlier scorecard still stands."""

from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.grading.intake import Submission
from autograder.grading.layout import OutputLayout
from autograder.scoring import Scorecard, Status, read_scorecard


def kept_card(
    layout: OutputLayout, submission: Submission, fingerprint: str, confinement: Confinement
) -> Scorecard | None:
    """Return the earlier scorecard of the same work, or None where it is to be graded anew.

    One that crashed is worth another try. Where every layer is required, a score that was found
    with fewer does not stand.
    """
    path = layout.scorecard(submission.student, submission.lab)
    try:
        card = read_scorecard(path) if path.is_file() else None
    except CourseError:
        return None
    if card is None or card.fingerprint != fingerprint or card.status is Status.CRASHED:
        return None
    # What was not run has no layers and needs none.
    lacks = bool(card.layers) and len(card.layers) < len(confinement.layers)
    return None if confinement.strict and lacks else card
