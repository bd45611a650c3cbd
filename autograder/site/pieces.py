"""Small pieces of HTML that several pages share."""

from html import escape

from autograder.course import Course, Step
from autograder.course.coverage import State

MEANINGS = {
    State.PROVEN: "A lab of it stands and has proved itself.",
    State.BUILT: "A lab of it stands; lab verify has not proved it as it is now.",
    State.PLANNED: "No lab of it stands yet.",
    State.MISSING: "No module or milestone covers it.",
}


def chip(state: State) -> str:
    """Return a state as a coloured word."""
    return f'<span class="chip chip-{state.value}" title="{MEANINGS[state]}">{state.value}</span>'


def unit_chips(course: Course, step: Step) -> str:
    """Return the units that a step covers as small labels, their titles on hover."""
    labels = [
        f'<span class="unit" title="{escape(course.unit(unit).title)}">{unit}</span>'
        for unit in step.covers
    ]
    return " ".join(labels)


def sentence(text: str) -> str:
    """Return `text` with a capital in front and a full stop behind."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def cell(text: str) -> str:
    """Return `text` safe for a Markdown table's cell."""
    return text.replace("|", "\\|").replace("\n", " ")
