"""One page a track: its units in their own order, each with what teaches it."""

from collections.abc import Iterator

from autograder.course import Course
from autograder.site.layout import Page, link, step_path, track_path
from autograder.site.lists import States
from autograder.site.pieces import cell, chip


def track_pages(course: Course, states: States) -> Iterator[Page]:
    """Yield the page of each track."""
    for track in course.tracks:
        here = track_path(track.id)
        syllabus = next(row for row in course.syllabi if row.id == track.id)
        body = [
            f"# {track.title}",
            "",
            f"{track.summary} For: {track.audience}.",
            "",
            f"It follows the syllabus *{syllabus.title}*. On the command line, "
            f"`lab coverage --track {track.id}` shows the same list.",
            "",
            f"| {syllabus.word.capitalize()} | Title | Taught by |",
            "| --- | --- | --- |",
        ]
        for stop in course.route(track.id):
            taught = "<br>".join(
                link(step.title, step_path(step), page=here) for step in stop.steps
            )
            chips = "<br>".join(chip(states[step.id]) for step in stop.steps)
            body.append(f"| {stop.unit.id} | {cell(stop.unit.title)} | {taught} | {chips} |")
        yield Page(here, track.title, "\n".join(body), track.summary, wide=True)
