"""The page of one lab: what is asked, what it is worth and how to start; never an answer."""

from autograder.contract.manifest import LabManifest, load_manifest
from autograder.course import Course, Step
from autograder.course.agreement import lab_stands
from autograder.course.coverage import State
from autograder.paths import CoursePaths
from autograder.site.layout import Page, lab_path, link, step_path
from autograder.site.pieces import cell, chip, sentence, unit_chips


def lab_page(course: Course, paths: CoursePaths, step: Step, state: State) -> Page:
    """Return the page of a step's lab, a short one while the lab is planned."""
    here = lab_path(step)
    lesson = link("its lesson", step_path(step), page=here)
    if lab_stands(step.id, paths):
        title, body = _standing(step, load_manifest(paths.labs / step.id / "lab.toml"), lesson)
    else:
        title, body = step.title, _planned(step, lesson)
    head = [
        f"# Lab: {title}",
        "",
        f"{chip(state)} `{step.id}` covers {unit_chips(course, step)}",
        "{ .step-covers }",
        "",
        sentence(step.lab),
        "",
    ]
    return Page(here, f"Lab: {title}", "\n".join(head + body), sentence(step.lab))


def _planned(step: Step, lesson: str) -> list[str]:
    return [
        '!!! info "Planned"',
        f"    The lab `{step.id}` is not written yet, so it cannot be started. "
        f"What it will teach stands in {lesson}.",
    ]


def _standing(step: Step, manifest: LabManifest, lesson: str) -> tuple[str, list[str]]:
    points = sum(task.points for task in manifest.tasks)
    given = ", ".join(f"`{name}`" for name in manifest.give) or "nothing else"
    needs = ", ".join(manifest.needs) or "nothing but the base install"
    if manifest.stack.brokers is not None:
        needs += f", with {manifest.stack.brokers} brokers"
    body = [
        '<div class="facts" markdown>',
        "",
        f"- **{manifest.minutes}** minutes",
        f"- **{len(manifest.tasks)}** tasks",
        f"- **{points:g}** points",
        "",
        "</div>",
        "",
        "## Tasks",
        "",
        "| Task | What you do | Points |",
        "| --- | --- | ---: |",
        *(f"| `{task.id}` | {cell(task.title)} | {task.points:g} |" for task in manifest.tasks),
        "",
        "## Start",
        "",
        f"Read {lesson} first. Then, in the course's folder:",
        "",
        "```console",
        f"$ lab start {step.id}     # copies the lab to work/{step.id}",
        f"$ lab check {step.id}     # a verdict for every task",
        f"$ lab submit {step.id}    # hands in what you have",
        "```",
        "",
        "In the notebook, `%check TASK` gives the same verdict for one task and `%hint TASK` the "
        "next hint. A task that you have not begun is *unattempted*, which is not wrong.",
        "",
        "## What you get and what you hand in",
        "",
        f"- Beside the notebook: {given}, and the visible checks, word for word, in `checks.py`.",
        f"- Handed in: {', '.join(f'`{name}`' for name in manifest.submit)}. "
        "Whatever else lies in the folder is ignored.",
        f"- Needed to run: {needs}.",
        f"- Limits of one run: {manifest.limits.seconds:g} seconds, "
        f"{manifest.limits.memory_mb:g} MB of memory.",
    ]
    if manifest.parameters:
        names = ", ".join(f"`{name}`" for name in manifest.parameters)
        body.append(
            f"- Graded twice: with your parameters ({names}) and with others, so compute the "
            "answers; do not write them down."
        )
    return manifest.title, body
