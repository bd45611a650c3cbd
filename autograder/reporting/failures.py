"""What went wrong besides wrong answers: refused, crashed, cut off, forged."""

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.reporting.entries import Entry
from autograder.scoring import Status

_FINE = ("completed", "ok")
_RUN_WORDS = {
    "deadline": "the time for the whole notebook was over",
    "stuck": "a cell could not be interrupted",
    "kernel_died": "the kernel died",
    "memory_limit": "used more memory than allowed",
    "output_limit": "wrote more output than allowed",
}
_CELL_WORDS = {"timeout": "stopped after its time", "kernel_died": "the kernel died in it"}
_DOUBTED = "may be forged"


@dataclass(frozen=True)
class Failure:
    """Say who failed, in which way, and why."""

    student: str
    kind: str
    why: str
    link: str = ""


def failures(entries: Sequence[Entry]) -> list[Failure]:
    """List what needs an eye, the gravest kind first: crashed, rejected, cut off, doubted."""
    found = []
    for entry in entries:
        card = entry.card
        if card.status is not Status.GRADED:
            found.append(
                Failure(card.student, card.status.value, card.problem, entry.feedback_link)
            )
            continue
        if words := _cut_off(entry):
            found.append(Failure(card.student, "cut off", words, entry.feedback_link))
        doubted = [c for c in card.checks().values() if c.message.startswith(_DOUBTED)]
        if doubted:
            why = f"{', '.join(c.id for c in doubted)}: {doubted[0].message}"
            found.append(Failure(card.student, _DOUBTED, why, entry.feedback_link))
    order = (Status.CRASHED.value, _DOUBTED, Status.REJECTED.value, "cut off")
    return sorted(found, key=lambda failure: (order.index(failure.kind), failure.student))


def _cut_off(entry: Entry) -> str:
    """Say what ended a run or a cell before its time, the same thing once."""
    said: list[str] = []
    for run in entry.card.runs:
        if run.status not in _FINE:
            said.append(_RUN_WORDS.get(run.status, run.status))
        for cell, state in run.cells.items():
            if state in _CELL_WORDS:
                said.append(f"{cell}: {_CELL_WORDS[state]}")
    return "; ".join(dict.fromkeys(said))
