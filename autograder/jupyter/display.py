"""Show findings and hints: HTML in JupyterLab, text in a terminal and in nbgrader."""

from html import escape
from typing import Any

from IPython.display import publish_display_data

from autograder.checks import Ruling, Verdict
from autograder.errors import CourseError
from autograder.jupyter.session import Finding
from autograder.learning.hint import Hint

_MARKS = {
    Verdict.PASSED: ("✓", "#2e7d32"),
    Verdict.FAILED: ("✗", "#c62828"),
    Verdict.UNATTEMPTED: ("○", "#757575"),
    Verdict.ERRORED: ("!", "#c62828"),
    Verdict.NOT_RUN: ("-", "#757575"),
}
_WORDS = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "not right yet",
    Verdict.UNATTEMPTED: "not attempted yet",
    Verdict.ERRORED: "stopped with an error",
    Verdict.NOT_RUN: "waits",
}
IDLE = "not attempted yet - that is not wrong"
_BOX = (
    "font-family: var(--jp-ui-font-family, sans-serif); line-height: 1.5; max-width: 60em; "
    "padding: .2em 0 .2em .8em; border-left: 4px solid {colour};"
)


def show_findings(findings: list[Finding], *, plain: bool) -> None:
    """Show what checks found; `plain` prints text alone, as nbgrader keeps it."""
    text = "\n\n".join(as_text(finding) for finding in findings)
    if plain:
        print(text)
        return
    html = "".join(as_html(finding) for finding in findings)
    _publish({"text/plain": text, "text/html": html})


def show_hint(hint: Hint) -> None:
    """Show a hint, and where the next one is."""
    after = "That was the last one." if hint.is_last else f"More: %hint {hint.task}"
    text = f"Hint {hint.number} of {hint.total} for {hint.task}: {hint.text}\n{after}"
    html = (
        f'<div style="{_BOX.format(colour="#f9a825")}"><b>Hint {hint.number} of {hint.total}</b> '
        f"for <code>{escape(hint.task)}</code><br>{escape(hint.text)}"
        f'<br><small style="opacity:.75">{escape(after)}</small></div>'
    )
    _publish({"text/plain": text, "text/html": html})


def _publish(bundle: dict[str, str]) -> None:
    publish: Any = publish_display_data  # IPython carries no types
    publish(bundle)


def show_problem(error: CourseError) -> None:
    """Tell in words why a magic could not do what was asked."""
    print(f"{error.message} {error.mend}".strip())


def as_text(finding: Finding) -> str:
    """Word what was found about one task."""
    lines = [f"{finding.task.id}: {finding.task.title}".rstrip(": ")]
    if finding.unattempted:
        return "\n".join((*lines, f"  ○ {IDLE}", _next_step(finding)))
    for check, ruling in finding.rulings:
        mark, _ = _MARKS[ruling.verdict]
        said = f": {ruling.message}" if ruling.message else ""
        lines.append(f"  {mark} {_name(check.name)} ({_WORDS[ruling.verdict]}){said}")
    return "\n".join((*lines, _next_step(finding)))


def as_html(finding: Finding) -> str:
    """Give what was found about one task as HTML; everything a learner made is escaped."""
    colour = "#757575" if finding.unattempted else "#2e7d32" if finding.passed else "#c62828"
    rows = "" if finding.unattempted else "".join(_row(c.name, r) for c, r in finding.rulings)
    idle = f"<div>○ {IDLE}</div>" if finding.unattempted else ""
    return (
        f'<div style="{_BOX.format(colour=colour)}"><b>{escape(finding.task.title)}</b> '
        f"<code>{escape(finding.task.id)}</code>{idle}"
        f'<table style="margin:.3em 0;text-align:left">{rows}</table>'
        f'<div style="opacity:.85">{escape(_next_step(finding))}</div></div>'
    )


def _row(name: str, ruling: Ruling) -> str:
    mark, colour = _MARKS[ruling.verdict]
    message = escape(ruling.message) or escape(_WORDS[ruling.verdict])
    cell = 'style="text-align:left;vertical-align:top;padding:.1em .8em .1em 0'
    return (
        f'<tr><td {cell};color:{colour};font-weight:bold" title="{_WORDS[ruling.verdict]}">'
        f'{mark}</td><td {cell};white-space:nowrap">{escape(_name(name))}</td>'
        f'<td {cell};white-space:pre-wrap;overflow-wrap:anywhere">{message}</td></tr>'
    )


def _next_step(finding: Finding) -> str:
    task = finding.task.id
    if any(ruling.author_fault for _, ruling in finding.rulings):
        return "A check of the course is broken here: that is not your fault. Tell the authors."
    if not finding.rulings:
        return "The grader checks this task with checks of its own; there are none to see here."
    if finding.passed:
        return "Passed. The grader also tries other values and parameters. On to the next task."
    if finding.unattempted:
        return f"Write the answer cell, run it, then run %check {task} again. A nudge: %hint {task}"
    return f"Change the answer cell, run it, then run %check {task} again. A nudge: %hint {task}"


def _name(name: str) -> str:
    return name.replace("_", " ")
