"""The commands that tell what the course covers."""

import json
from typing import Annotated

import typer
from rich.console import Console

from autograder.course import load_course
from autograder.course.coverage import coverage
from autograder.course.coverage_table import coverage_table
from autograder.paths import find_course
from autograder.proving.proof import is_proven


def register(app: typer.Typer) -> None:
    """Add `lab coverage` to the application."""

    @app.command("coverage", rich_help_panel="Everyone")
    def show_coverage(
        as_json: Annotated[
            bool, typer.Option("--json", help="Print data in place of tables.")
        ] = False,
        track: Annotated[
            str | None, typer.Option(help="Show the units of one track alone.", metavar="ID")
        ] = None,
    ) -> None:
        """Show, unit by unit, what a proven lab covers, what is planned, and what is missing."""
        paths = find_course()
        course = load_course(paths)
        found = coverage(course, paths, lambda lab: is_proven(paths.labs / lab), track=track)
        if as_json:
            typer.echo(json.dumps(found.data(), indent=2))
        else:
            Console().print(coverage_table(course, found))
