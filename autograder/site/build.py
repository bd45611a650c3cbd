"""Gather every derived page and file of the site."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from autograder.course import Course, load_course
from autograder.course.agreement import lesson_folder
from autograder.course.coverage import State, coverage, state_of
from autograder.paths import CoursePaths
from autograder.site.companions import companions
from autograder.site.coverage_page import coverage_page
from autograder.site.layout import Asset, Page, lab_path, notebook_path, project_path, step_path
from autograder.site.lessons import StepPages
from autograder.site.lists import list_pages
from autograder.site.navigation import navigation
from autograder.site.nbgrader_scores import nbgrader_scores_page
from autograder.site.notebooks import RunNotebooks
from autograder.site.projects import project_pages
from autograder.site.reference import api_pages, cli_page
from autograder.site.tracks import track_pages


@dataclass(frozen=True)
class Site:
    """Hold what the site shows besides its own hand-written pages."""

    pages: tuple[Page, ...]
    assets: tuple[Asset, ...]
    navigation: list[Any]
    facts: dict[str, Any]


def build_site(
    paths: CoursePaths, *, cache: Path, is_proven: Callable[[str], bool], app: typer.Typer
) -> Site:
    """Derive pages, files and navigation; lessons' notebooks run once into `cache`."""
    course = load_course(paths)
    states = {step.id: state_of(step, paths, is_proven) for step in course.steps}
    found = coverage(course, paths, is_proven)
    known = _pages_by_source(course, paths)
    makes = StepPages(course, paths, states, RunNotebooks(cache), known)
    made: list[Page | Asset] = [
        *list_pages(course, states),
        *track_pages(course, states),
        *project_pages(course, paths, states, known),
        *(item for step in course.steps for item in makes.of(step)),
        coverage_page(course, found),
        nbgrader_scores_page(),
        cli_page(app),
        *api_pages(paths.root / "autograder", paths.root / "infra"),
    ]
    pages = tuple(item for item in made if isinstance(item, Page))
    assets = {item.path: item for item in made if isinstance(item, Asset)}
    facts = {
        "modules": len(course.modules),
        "labs": len(course.steps),
        "projects": [(row.title, row.summary, project_path(row.id)) for row in course.projects],
        "units": len(course.units),
        "syllabi": len(course.syllabi),
        "proven": [step for step in course.steps if states[step.id] is State.PROVEN],
        "standing": [
            (step.title, step.id, step_path(step))
            for step in course.steps
            if states[step.id] in (State.PROVEN, State.BUILT)
        ],
        "parts": [(part.title, part.summary) for part in course.parts],
    }
    return Site(pages, tuple(assets.values()), navigation(course, pages), facts)


def _pages_by_source(course: Course, paths: CoursePaths) -> dict[str, str]:
    """Map repository files and folders to the pages that show them."""
    known = {
        "CONTRIBUTING.md": "guides/author.md",
        "modules/course.toml": "modules/index.md",
        "labs": "labs.md",
    }
    for project in course.projects:
        known[f"projects/{project.id}"] = project_path(project.id)
        known[f"projects/{project.id}/README.md"] = project_path(project.id)
        for file, page in companions(paths, project.id).items():
            known[file.relative_to(paths.root).as_posix()] = page
    for step in course.steps:
        folder = lesson_folder(step, paths).relative_to(paths.root).as_posix()
        known[folder] = known[f"{folder}/README.md"] = step_path(step)
        known[f"{folder}/lesson.ipynb"] = notebook_path(step)
        lab = f"labs/{step.id}"
        known[lab] = known[f"{lab}/lab.ipynb"] = known[f"{lab}/lab.toml"] = lab_path(step)
    return known
