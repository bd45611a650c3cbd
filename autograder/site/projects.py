"""A project's pages: what it is, the milestones that build it, and what tells more of it."""

from collections.abc import Iterator, Mapping

from autograder.course import Course
from autograder.paths import CoursePaths
from autograder.site.companions import companion_pages
from autograder.site.layout import Asset, Page, link, project_path, step_path
from autograder.site.links import rewrite_links
from autograder.site.lists import States
from autograder.site.pieces import chip, sentence


def project_pages(
    course: Course, paths: CoursePaths, states: States, pages: Mapping[str, str]
) -> Iterator[Page | Asset]:
    """Yield the page of each project, its README carried in where one stands."""
    for project in course.projects:
        here = project_path(project.id)
        body = [f"# {project.title}", "", project.summary, "", "## Milestones", ""]
        for number, stone in enumerate(course.milestones_of(project.id), start=1):
            title = link(stone.title, step_path(stone), page=here)
            body += [f"{number}. **{title}** {chip(states[stone.id])}<br>{sentence(stone.lab)}"]
        readme = paths.projects / project.id / "README.md"
        if readme.is_file():
            carried = rewrite_links(
                readme.read_text(encoding="utf-8").partition("\n")[2],
                source=readme,
                page=here,
                root=paths.root,
                pages=pages,
            )
            yield from carried.assets
            body += ["", "## The reference system", "", carried.text]
        yield Page(here, project.title, "\n".join(body), project.summary)
        yield from companion_pages(paths, project.id, pages)
