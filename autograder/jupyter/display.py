"""Show findings and hints: HTML in JupyterLab, text in a terminal and in nbgrader."""

import re
from html import escape
from textwrap import fill
from typing import Any

from IPython.display import publish_display_data

from autograder.checks import Check, Ruling, Verdict
from autograder.errors import CourseError
from autograder.jupyter.session import Finding
from autograder.learning.hint import Hint

# JupyterLab's themes bring colours of their own, light and dark; other pages take the second.
_GOOD = "var(--jp-success-color1, #2e7d32)"
_BAD = "var(--jp-error-color1, #c62828)"
_IDLE = "var(--jp-ui-font-color2, #757575)"
_HINT = "var(--jp-warn-color1, #f9a825)"
_MARKS = {
    Verdict.PASSED: ("✓", _GOOD),
    Verdict.FAILED: ("✗", _BAD),
    Verdict.UNATTEMPTED: ("○", _IDLE),
    Verdict.ERRORED: ("!", _BAD),
    Verdict.NOT_RUN: ("-", _IDLE),
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
    "font-size: var(--jp-content-font-size1, 14px); overflow-wrap: anywhere; margin: .3em 0; "
    "padding: .1em 0 .1em .8em; border-left: 4px solid {colour};"
)
_VALIDATE_WIDTH = 80
_MAGIC = re.compile(r"`(%[^`\n]+)`")
_CODE = re.compile(r"`([^`\n]+)`")


def show_findings(findings: list[Finding], *, plain: bool) -> None:
    """Show what checks found; `plain` prints text alone, as nbgrader keeps it."""
    text = _joined(findings)
    if plain:
        print(text)
        return
    html = "".join(as_html(finding) for finding in findings)
    _publish({"text/plain": text, "text/html": html})


def as_report(findings: list[Finding]) -> str:
    """Word findings for `nbgrader validate`, which cuts long lines off."""
    lines = _joined(findings).splitlines()
    return "\n".join(fill(line, _VALIDATE_WIDTH, subsequent_indent="    ") for line in lines)


def _joined(findings: list[Finding]) -> str:
    return "\n\n".join(as_text(finding) for finding in findings)


def show_hint(hint: Hint) -> None:
    """Show a hint, and where the next one is."""
    after = "That was the last one." if hint.is_last else f"More: `%hint {hint.task}`"
    text = f"Hint {hint.number} of {hint.total} for {hint.task}: {hint.text}\n{after}"
    html = (
        f'<div style="{_BOX.format(colour=_HINT)}"><b>Hint {hint.number} of {hint.total}</b> '
        f'for <code>{escape(hint.task)}</code><div style="white-space: pre-wrap">'
        f"{_with_code(hint.text.strip())}</div>"
        f'<small style="opacity: .75">{_with_code(after)}</small></div>'
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
        said = f": {_message(check, ruling)}" if ruling.message else ""
        lines.append(f"  {mark} {_name(check.name)} ({_WORDS[ruling.verdict]}){said}")
    return "\n".join((*lines, _next_step(finding)))


def as_html(finding: Finding) -> str:
    """Give what was found about one task as HTML; everything a learner made is escaped."""
    colour = _IDLE if finding.unattempted else _GOOD if finding.passed else _BAD
    rows = (
        f"<div>○ {IDLE}</div>"
        if finding.unattempted
        else "".join(_row(check, ruling) for check, ruling in finding.rulings)
    )
    return (
        f'<div style="{_BOX.format(colour=colour)}"><b>{escape(finding.task.title)}</b> '
        f"<code>{escape(finding.task.id)}</code>{rows}"
        f'<div style="opacity: .8">{_with_code(_next_step(finding))}</div></div>'
    )


def _row(check: Check, ruling: Ruling) -> str:
    # A hanging indent, not a table: long messages keep the whole width of a narrow notebook.
    mark, colour = _MARKS[ruling.verdict]
    word = _WORDS[ruling.verdict]
    said = f": {escape(_message(check, ruling))}" if ruling.message else f" ({escape(word)})"
    return (
        '<div style="padding-left: 1.4em; text-indent: -1.4em; white-space: pre-wrap">'
        '<span style="display: inline-block; width: 1.4em; text-indent: 0; font-weight: bold; '
        f'color: {colour}" title="{word}">{mark}</span>'
        f"<b>{escape(_name(check.name))}</b>{said}</div>"
    )


def _with_code(text: str) -> str:
    """Escape `text`, with what stands in backticks as code."""
    whole = _MAGIC.sub(r'<code style="white-space: nowrap">\1</code>', escape(text))
    return _CODE.sub(r"<code>\1</code>", whole)


def _next_step(finding: Finding) -> str:
    task = finding.task.id
    if finding.start_servers:
        return f"Type `{finding.start_servers}` in a terminal, then run `%check {task}` again."
    if any(ruling.author_fault for _, ruling in finding.rulings):
        return "A check of the course is broken here: that is not your fault. Tell the authors."
    if not finding.rulings:
        return "The grader checks this task with checks of its own; there are none to see here."
    if finding.passed:
        return "Passed. The grader also tries other values and parameters. On to the next task."
    do = "Write" if finding.unattempted else "Change"
    again = f"{do} the answer cell, run it, then run `%check {task}` again."
    return f"{again} A nudge: `%hint {task}`"


def _message(check: Check, ruling: Ruling) -> str:
    """Give a ruling's message, which may name the check that it waits for, in the names shown."""
    if ruling.verdict is Verdict.NOT_RUN and check.needs:
        return ruling.message.replace(check.needs, f"“{_name(check.needs)}”")
    return ruling.message


def _name(name: str) -> str:
    return name.replace("_", " ")
