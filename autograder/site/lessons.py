"""The pages of one module or milestone: the lesson, the worked notebook and the lab."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.course import Course, Milestone, Step
from autograder.course.agreement import lab_stands, lesson_folder
from autograder.course.coverage import State
from autograder.paths import CoursePaths
from autograder.site.lab_page import lab_page
from autograder.site.layout import (
    Asset,
    Page,
    lab_path,
    link,
    notebook_path,
    project_path,
    step_path,
)
from autograder.site.links import rewrite_links
from autograder.site.notebooks import RunNotebooks, notebook_markdown
from autograder.site.pieces import chip, sentence, unit_chips

_FIRST_HEADING = re.compile(r"\A\s*#\s+.*\n+")


@dataclass(frozen=True)
class StepPages:
    """Make the pages of steps; `pages` maps repository paths to the site's pages."""

    course: Course
    paths: CoursePaths
    states: Mapping[str, State]
    runner: RunNotebooks
    pages: Mapping[str, str]

    def of(self, step: Step) -> Iterator[Page | Asset]:
        """Yield the pages and files of one step."""
        folder = lesson_folder(step, self.paths)
        yield from self._overview(step, folder / "README.md")
        if (folder / "lesson.ipynb").is_file():
            yield from self._notebook(step, folder / "lesson.ipynb")
        yield lab_page(self.course, self.paths, step, self.states[step.id])

    def _overview(self, step: Step, readme: Path) -> Iterator[Page | Asset]:
        here = step_path(step)
        body = [f"# {step.title}", "", self._head(step, here), ""]
        if readme.is_file():
            text = _FIRST_HEADING.sub("", readme.read_text(encoding="utf-8"))
            carried = rewrite_links(
                text, source=readme, page=here, root=self.paths.root, pages=self.pages
            )
            yield from carried.assets
            body.append(carried.text)
        else:
            body += self._plan(step)
        yield Page(here, step.title, "\n".join(body), sentence(step.lab))

    def _notebook(self, step: Step, path: Path) -> Iterator[Page | Asset]:
        here = notebook_path(step)
        depends = [path.parent]
        if isinstance(step, Milestone):
            depends.append(self.paths.projects / step.project)
        done = self.runner.outputs_of(path, tuple(depends))
        carried = rewrite_links(
            notebook_markdown(done),
            source=path,
            page=here,
            root=self.paths.root,
            pages=self.pages,
        )
        yield from carried.assets
        file = path.relative_to(self.paths.root)
        note = (
            f'<p class="step-note">The worked notebook of '
            f"<code>{step.id}</code>, as it ran when this site was built. "
            f"The file is <code>{file}</code>.</p>"
        )
        body = _FIRST_HEADING.sub("", carried.text)
        title = f"{step.title}: worked notebook"
        yield Page(here, title, f"# {title}\n\n{note}\n\n{body}", sentence(step.lab))

    def _head(self, step: Step, here: str) -> str:
        if isinstance(step, Milestone):
            project = self.course.project(step.project)
            place = link(project.title, project_path(project.id), page=here)
        else:
            place = next(
                part.title for part in self.course.parts if step in self.course.modules_of(part.id)
            )
        lines = [
            '<div class="step-head" markdown>',
            "",
            f"{place} {chip(self.states[step.id])}",
            "{ .step-place }",
            "",
            f"**You build:** {sentence(step.lab)}",
            "",
            f"Covers {unit_chips(self.course, step)}",
            "{ .step-covers }",
            "",
            " ".join(self._ways(step, here)),
            "",
            "</div>",
        ]
        return "\n".join(lines)

    def _ways(self, step: Step, here: str) -> Iterator[str]:
        if lab_stands(step.id, self.paths):
            yield link("The lab", lab_path(step), page=here) + "{ .md-button .md-button--primary }"
        if (lesson_folder(step, self.paths) / "lesson.ipynb").is_file():
            yield link("Worked notebook", notebook_path(step), page=here) + "{ .md-button }"

    def _plan(self, step: Step) -> list[str]:
        kind = "milestone" if isinstance(step, Milestone) else "module"
        lines = [
            '!!! info "Planned"',
            f"    This {kind} is not written yet: nothing of it can be started or graded today.",
            "",
            "## What it will teach",
            "",
        ]
        for unit_id in step.covers:
            unit = self.course.unit(unit_id)
            syllabus = next(row for row in self.course.syllabi if row.id == unit.syllabus)
            lines.append(f"- **{unit.id}** {unit.title} *({syllabus.title})*")
        return lines
