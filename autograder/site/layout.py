"""Where each thing of the course stands on the site, and how pages point at one another."""

import posixpath
from dataclasses import dataclass

from autograder.course import Milestone, Step


@dataclass(frozen=True)
class Page:
    """Hold one Markdown page; `path` is relative to the site's root and ends in `.md`."""

    path: str
    title: str
    body: str
    description: str = ""
    wide: bool = False

    def source(self) -> str:
        """Return the page's text with its front matter."""
        hidden = "hide:\n  - toc\n" if self.wide else ""
        return (
            f"---\ntitle: {_quoted(self.title)}\n"
            f"description: {_quoted(self.description or self.title)}\n{hidden}---\n\n{self.body}\n"
        )


@dataclass(frozen=True)
class Asset:
    """Hold one file that is no page: a picture, or starter code to download."""

    path: str
    content: bytes


def step_folder(step: Step) -> str:
    """Name the site folder of a module or milestone."""
    if isinstance(step, Milestone):
        return f"projects/{step.project}/{step.id}"
    return f"modules/{step.id}"


def step_path(step: Step) -> str:
    """Name the page of a module or milestone, where its lesson stands."""
    return f"{step_folder(step)}/index.md"


def notebook_path(step: Step) -> str:
    """Name the page of a step's worked notebook."""
    return f"{step_folder(step)}/notebook.md"


def lab_path(step: Step) -> str:
    """Name the page of a step's lab."""
    return f"{step_folder(step)}/lab.md"


def project_path(project_id: str) -> str:
    """Name the page of a project."""
    return f"projects/{project_id}/index.md"


def track_path(track_id: str) -> str:
    """Name the page of a track."""
    return f"tracks/{track_id}.md"


def link(text: str, target: str, *, page: str) -> str:
    """Return a Markdown link from the page at `page` to the page at `target`."""
    return f"[{text}]({relative(target, page=page)})"


def relative(target: str, *, page: str) -> str:
    """Spell `target` as seen from the folder of `page`; an anchor is kept."""
    path, mark, anchor = target.partition("#")
    return posixpath.relpath(path, posixpath.dirname(page) or ".") + mark + anchor


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
