"""The site's navigation, derived from the course."""

from collections.abc import Iterable
from typing import Any

from autograder.course import Course, Step
from autograder.site.layout import (
    Page,
    lab_path,
    notebook_path,
    project_path,
    step_path,
    track_path,
)
from autograder.site.reference import API, CLI

Entry = dict[str, Any]
GUIDES = (
    ("Learner", "guides/learner.md"),
    ("Instructor", "guides/instructor.md"),
    ("Coming from nbgrader", "guides/nbgrader.md"),
    ("Scores that differ", "guides/nbgrader-scores.md"),
    ("Author", "guides/author.md"),
    ("Operator", "guides/operator.md"),
)
STACK = (
    ("Kafka", "kafka"),
    ("Redis", "redis"),
    ("Postgres", "postgres"),
    ("S3", "s3"),
    ("MLflow", "mlflow"),
    ("Prometheus", "prometheus"),
    ("Features", "features"),
    ("Storage", "storage"),
    ("Serving", "serving"),
    ("Monitoring", "monitoring"),
    ("Other tiers", "tiers"),
)


def navigation(course: Course, pages: Iterable[Page]) -> list[Entry | str]:
    """Return mkdocs' nav, from home and tracks to guides and reference."""
    known = {page.path: page for page in pages}
    modules: list[Entry | str] = ["modules/index.md"]
    for part in course.parts:
        modules.append({part.title: [_step(step, known) for step in course.modules_of(part.id)]})
    projects: list[Entry | str] = ["projects/index.md"]
    for project in course.projects:
        stones = [_step(stone, known) for stone in course.milestones_of(project.id)]
        more = [path for path in known if path.startswith(f"projects/{project.id}/")]
        beside = [
            path for path in more if path.count("/") == 2 and path != project_path(project.id)
        ]
        projects.append({project.title: [project_path(project.id), *stones, *beside]})
    rooms = [path for path in known if path.startswith("reference/api/") and path != API]
    return [
        {"Home": "index.md"},
        {
            "Tracks": [
                "tracks/index.md",
                *({track.title: track_path(track.id)} for track in course.tracks),
            ]
        },
        {"Modules": modules},
        {"Projects": projects},
        {"Labs": ["labs.md", {"Coverage": "coverage.md"}]},
        {"Stack": ["stack/index.md", *({title: f"stack/{page}.md"} for title, page in STACK)]},
        {"Guides": ["guides/index.md", *({title: path} for title, path in GUIDES)]},
        {
            "Reference": [
                *([{"The lab command": CLI}] if CLI in known else []),
                {"Python interface": [API, *rooms]},
            ]
        },
    ]


def _step(step: Step, known: dict[str, Page]) -> Entry:
    pages: list[Entry | str] = [step_path(step)]
    if notebook_path(step) in known:
        pages.append({"Worked notebook": notebook_path(step)})
    pages.append({"Lab": lab_path(step)})
    return {step.title: pages}
