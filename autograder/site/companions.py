"""The pages beside a project's own: what was measured of it, its runbook, its rooms' notes."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from autograder.paths import CoursePaths
from autograder.site.layout import Asset, Page
from autograder.site.links import rewrite_links

_HEADING = re.compile(r"\A\s*#\s+(?P<title>.*)\n")
_NOTES = ("RUNBOOK.md", "README.md")


def companions(paths: CoursePaths, project_id: str) -> dict[Path, str]:
    """Map the files that tell more of a project to their pages, in the order of their names."""
    measured = sorted((paths.root / "benchmarks").glob(f"{project_id.upper()}*.md"))
    home = paths.projects / project_id
    notes = [note for name in _NOTES for note in sorted(home.glob(f"*/{name}"))]
    folder = f"projects/{project_id}"
    return {
        **{file: f"{folder}/{_slug(file.stem)}-measured.md" for file in measured},
        **{note: f"{folder}/{_slug(note.parent.name)}-{_slug(note.stem)}.md" for note in notes},
    }


def companion_pages(
    paths: CoursePaths, project_id: str, pages: Mapping[str, str]
) -> Iterator[Page | Asset]:
    """Yield a page for each companion of a project, under the title that it gives itself."""
    for file, here in companions(paths, project_id).items():
        text = file.read_text(encoding="utf-8")
        heading = _HEADING.match(text)
        carried = rewrite_links(text, source=file, page=here, root=paths.root, pages=pages)
        yield from carried.assets
        yield Page(here, heading["title"] if heading else file.stem, carried.text)


def _slug(name: str) -> str:
    return name.lower().replace("_", "-")
