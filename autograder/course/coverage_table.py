"""Draw coverage for the terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from autograder.course.course import Course
from autograder.course.coverage import Coverage, State, UnitCoverage

_STYLES = {
    State.PROVEN: "bold green",
    State.BUILT: "yellow",
    State.PLANNED: "dim",
    State.MISSING: "bold red",
}
_MEANINGS = {
    State.PROVEN: "a lab of it stands and has proved itself",
    State.BUILT: "a lab of it stands; `lab verify` has not proved it as it is now",
    State.PLANNED: "no lab of it stands yet",
    State.MISSING: "no module or milestone covers it",
}


def coverage_table(course: Course, found: Coverage) -> RenderableType:
    """Draw one table a syllabus, unit by unit, then the totals and what they mean."""
    tables: list[RenderableType] = []
    for syllabus in course.syllabi:
        rows = [row for row in found.units if row.unit.syllabus == syllabus.id]
        if rows:
            tables.append(_syllabus_table(syllabus.title, rows))
    return Group(*tables, _totals(found))


def _syllabus_table(title: str, rows: list[UnitCoverage]) -> Table:
    table = Table(title=f"{title} ({len(rows)} units)", title_justify="left", expand=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("title", ratio=3, overflow="fold")
    table.add_column("state", no_wrap=True)
    table.add_column("labs", ratio=3, overflow="fold")
    for row in rows:
        labs = Text(", ").join(Text(lab, style=_STYLES[state]) for lab, state in row.labs)
        state = Text(row.state.value, style=_STYLES[row.state])
        table.add_row(row.unit.id, row.unit.title, state, labs)
    return table


def _totals(found: Coverage) -> Table:
    table = Table(title=f"{len(found.units)} units in all", title_justify="left", box=None)
    table.add_column("state", no_wrap=True)
    table.add_column("units", justify="right")
    table.add_column("means")
    for state, count in found.totals().items():
        table.add_row(Text(state.value, style=_STYLES[state]), str(count), _MEANINGS[state])
    table.add_row("in full", str(found.complete()), "every lab of it is proven")
    return table
