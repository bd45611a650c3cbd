"""Hold the folders of a checkout against what the course's manifest says of them."""

from collections.abc import Iterator
from pathlib import Path

from autograder.course.course import Course
from autograder.course.manifest import Milestone, Step
from autograder.paths import CoursePaths

MANIFEST = "modules/course.toml"


def folders_agree(course: Course, paths: CoursePaths) -> list[str]:
    """List, as sentences, where folders and manifest disagree; an empty list is agreement."""
    modules = {step.id for step in course.modules}
    labs = set(course.lab_ids())
    projects = {project.id for project in course.projects}
    return [
        *_strangers(paths.modules, modules, "module"),
        *_strangers(paths.labs, labs, "lab"),
        *_strangers(paths.projects, projects, "project"),
        *(problem for step in course.steps for problem in _step_problems(step, paths)),
    ]


def lesson_folder(step: Step, paths: CoursePaths) -> Path:
    """Name the folder of a step's lesson: README.md and lesson.ipynb."""
    if isinstance(step, Milestone):
        return paths.projects / step.project / "lessons" / step.id
    return paths.modules / step.id


def lab_stands(step_id: str, paths: CoursePaths) -> bool:
    """Tell whether a lab's folder stands, with its manifest."""
    return (paths.labs / step_id / "lab.toml").is_file()


def _strangers(folder: Path, known: set[str], kind: str) -> Iterator[str]:
    for name in _folders(folder):
        if name not in known:
            yield (
                f"{folder.name}/{name} stands, but {MANIFEST} knows no {kind} {name}. "
                f"Add it there, or remove the folder."
            )


def _step_problems(step: Step, paths: CoursePaths) -> Iterator[str]:
    lesson = lesson_folder(step, paths)
    parts = [lesson / "README.md", lesson / "lesson.ipynb", paths.labs / step.id / "lab.toml"]
    if isinstance(step, Milestone):
        parts.append(paths.projects / step.project / "__init__.py")
    if step.showcase and not step.built:
        yield f"{MANIFEST} shows {step.id} in the demo, but does not mark it as built."
    if step.built:
        for part in parts:
            if not part.is_file():
                yield (
                    f"{MANIFEST} marks {step.id} as built, but {part.relative_to(paths.root)} "
                    f"is missing. Write it, or remove built = true."
                )
    elif lab_stands(step.id, paths):
        yield (
            f"labs/{step.id} stands, but {MANIFEST} does not mark {step.id} as built. "
            f"Add built = true to it."
        )


def _folders(parent: Path) -> list[str]:
    if not parent.is_dir():
        return []
    # A folder that holds caches alone is what remains after a change of branch.
    return sorted(
        entry.name
        for entry in parent.iterdir()
        if entry.is_dir()
        and not entry.name.startswith((".", "__"))
        and any(not inner.name.startswith((".", "__pycache__")) for inner in entry.iterdir())
    )
