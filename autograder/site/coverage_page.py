"""The coverage page: every syllabus unit, and how far the labs that cover it have come."""

from html import escape

from autograder.course import Course
from autograder.course.coverage import Coverage, State, UnitCoverage
from autograder.site.layout import Page, link, step_path
from autograder.site.pieces import MEANINGS, cell, chip

HERE = "coverage.md"


def coverage_page(course: Course, found: Coverage) -> Page:
    """Draw totals, a mosaic of all units, and one table a syllabus."""
    totals = found.totals()
    body = [
        "# Coverage",
        "",
        f"The course promises {len(found.units)} units of {len(course.syllabi)} syllabi. This page "
        "is computed from the manifests and from the record that `lab verify` leaves, so it cannot "
        "say more than the labs do.",
        "",
        _bar(totals, len(found.units)),
        "",
        *(
            f"- {chip(state)} {totals[state]} of {len(found.units)}. {MEANINGS[state]}"
            for state in State
        ),
        "",
        f"Of the proven units, {found.complete()} are covered in full: every lab of theirs is "
        "proven.",
        "",
        _mosaic(course, found),
    ]
    for syllabus in course.syllabi:
        rows = [row for row in found.units if row.unit.syllabus == syllabus.id]
        body += ["", f"## {syllabus.title}", "", *_table(course, rows)]
    return Page(HERE, "Coverage", "\n".join(body), "Which syllabus units have proven labs.")


def _bar(totals: dict[State, int], units: int) -> str:
    pieces = [
        f'<span class="bar-{state.value}" style="flex-grow:{count}" '
        f'title="{count} of {units} {state.value}"></span>'
        for state, count in totals.items()
        if count
    ]
    return f'<div class="bar" role="img" aria-label="Coverage">{"".join(pieces)}</div>'


def _mosaic(course: Course, found: Coverage) -> str:
    rows = []
    for syllabus in course.syllabi:
        tiles = "".join(
            f'<span class="tile tile-{row.state.value}" '
            f'title="{row.unit.id} {escape(row.unit.title)}: {row.state.value}"></span>'
            for row in found.units
            if row.unit.syllabus == syllabus.id
        )
        rows.append(
            f'<div class="mosaic-row"><span class="mosaic-name">{escape(syllabus.id)}</span>'
            f'<span class="mosaic-tiles">{tiles}</span></div>'
        )
    return f'<div class="mosaic">{"".join(rows)}</div>'


def _table(course: Course, rows: list[UnitCoverage]) -> list[str]:
    lines = ["| Unit | Title | State | Labs |", "| --- | --- | --- | --- |"]
    for row in rows:
        labs = ", ".join(
            link(f"`{lab}`", step_path(course.step(lab)), page=HERE) for lab, _ in row.labs
        )
        lines.append(f"| {row.unit.id} | {cell(row.unit.title)} | {chip(row.state)} | {labs} |")
    return lines
