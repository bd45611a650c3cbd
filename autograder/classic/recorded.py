"""Remember which work the gradebook has, so that nobody who is killed forgets to flag what is new.

A scorecard is written before the gradebook is, and a kill may fall between the two.
"""

from pathlib import Path

from autograder.grading.layout import OutputLayout
from autograder.scoring import Scorecard
from autograder.writing import write_in_one_step

_NOTE = "recorded"


def is_recorded(layout: OutputLayout, card: Scorecard) -> bool:
    """Tell whether the gradebook has the work that `card` is about."""
    try:
        return _note(layout, card).read_text(encoding="utf-8").strip() == card.fingerprint
    except OSError:
        return False


def note_recorded(layout: OutputLayout, card: Scorecard) -> None:
    """Remember that the gradebook has the work that `card` is about."""
    # Kept from others as the scorecard is: the choice of decoys hangs on the fingerprint.
    write_in_one_step(_note(layout, card), card.fingerprint + "\n", mode=0o600)


def _note(layout: OutputLayout, card: Scorecard) -> Path:
    return layout.scorecard(card.student, card.lab).with_name(_NOTE)
