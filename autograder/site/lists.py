"""The pages that list things: modules, projects, labs and tracks."""

from collections.abc import Iterator, Mapping

from autograder.course import Course, Step
from autograder.course.coverage import State
from autograder.site.layout import (
    Page,
    lab_path,
    link,
    project_path,
    step_path,
    track_path,
)
from autograder.site.pieces import cell, chip, sentence, unit_chips

States = Mapping[str, State]


def list_pages(course: Course, states: States) -> Iterator[Page]:
    """Yield the index of modules, of projects, of labs and of tracks."""
    yield _modules(course, states)
    yield _projects(course, states)
    yield _labs(course, states)
    yield _tracks(course)


def _modules(course: Course, states: States) -> Page:
    here = "modules/index.md"
    body = [
        "# Modules",
        "",
        f"{len(course.modules)} modules in {len(course.parts)} parts. Each is one lesson, one "
        "worked notebook and one graded lab. Read them in order, or follow a "
        f"{link('track', 'tracks/index.md', page=here)}.",
    ]
    for part in course.parts:
        body += ["", f"## {part.title}", "", part.summary, ""]
        body += _step_table(course, course.modules_of(part.id), states, here)
    return Page(here, "Modules", "\n".join(body), "Every module of the course, part by part.")


def _projects(course: Course, states: States) -> Page:
    here = "projects/index.md"
    body = [
        "# Projects",
        "",
        f"{len(course.projects)} systems that a team could put to work, each built in milestones. "
        "A milestone has its own lesson and its own graded lab.",
    ]
    for project in course.projects:
        title = link(project.title, project_path(project.id), page=here)
        body += ["", f"## {title}", "", project.summary, ""]
        body += _step_table(course, course.milestones_of(project.id), states, here)
    return Page(here, "Projects", "\n".join(body), "The six projects and their milestones.")


def _labs(course: Course, states: States) -> Page:
    here = "labs.md"
    counts = {state: list(states.values()).count(state) for state in State}
    told = ", ".join(f"{counts[state]} {state.value}" for state in State if counts[state])
    body = [
        "# Labs",
        "",
        f"{len(course.steps)} graded labs: {told}. A lab is *proven* when `lab verify` has shown "
        "that its own solution earns full marks, that an untouched copy earns nothing, and that "
        "every known wrong answer loses exactly the points it should.",
        "",
        "| Lab | You build | State |",
        "| --- | --- | --- |",
    ]
    for step in course.steps:
        name = link(f"`{step.id}`", lab_path(step), page=here)
        body.append(f"| {name} | {cell(sentence(step.lab))} | {chip(states[step.id])} |")
    return Page(here, "Labs", "\n".join(body), "Every graded lab and its state.", wide=True)


def _tracks(course: Course) -> Page:
    here = "tracks/index.md"
    body = [
        "# Tracks",
        "",
        "A track teaches one syllabus as its own route, unit by unit, through the same modules "
        "and milestones. Pick the one that is nearest to where you stand; nothing is lost by "
        "changing later, for labs count wherever they are reached from.",
        "",
        '<div class="grid cards" markdown>',
        "",
    ]
    for track in course.tracks:
        units, steps = len(course.units_of(track.id)), len(course.steps_of_track(track.id))
        body += [
            f"-   __{link(track.title, track_path(track.id), page=here)}__",
            "",
            "    ---",
            "",
            f"    {track.summary}",
            "",
            f"    For: {track.audience}.",
            "",
            f"    {units} units, {steps} modules and milestones",
            "",
        ]
    body.append("</div>")
    return Page(here, "Tracks", "\n".join(body), "Five routes through the course.", wide=True)


def _step_table(
    course: Course, steps: tuple[Step, ...], states: States, here: str
) -> Iterator[str]:
    yield "| | You build | Covers | State |"
    yield "| --- | --- | --- | --- |"
    for step in steps:
        name = link(step.title, step_path(step), page=here)
        lab = cell(sentence(step.lab))
        yield f"| {name} | {lab} | {unit_chips(course, step)} | {chip(states[step.id])} |"
