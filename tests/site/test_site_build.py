"""Tests of the built site: every step has its pages, no link is dead, nothing is fetched."""

import re
import tomllib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from autograder.course import load_course
from autograder.course.agreement import lab_stands
from autograder.paths import CoursePaths
from autograder.site.companions import companions
from autograder.site.layout import lab_path, project_path, step_path, track_path

LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
    "embed": "src",
    "object": "data",
    "link": "href",
}
FAR = re.compile(r"^(https?:)?//")


@dataclass
class Reader(HTMLParser):
    """Collect what a page loads, where it leads and which anchors it has."""

    loads: list[str] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    classes: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        self.classes |= set(values.get("class", "").split())
        wanted = LOADED.get(tag)
        if wanted in values and values.get("rel") not in ("next", "prev", "canonical"):
            self.loads.append(values[wanted])
        if tag == "a" and "href" in values:
            self.leads.append(values["href"])


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Reader]:
    read = {}
    for path in sorted(site.rglob("*.html")):
        reader = Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        read[path] = reader
    return read


def problem(link: str, page: Path, pages: dict[Path, Reader]) -> str | None:
    """Say what is wrong with a link of a page, None when nothing is."""
    parts = urlsplit(link)
    if parts.scheme or link.startswith("//"):
        return None
    if parts.path.startswith("/"):
        return "starts at the server's root, so the site works at one address alone"
    target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not target.is_file():
        return "leads nowhere"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return "names an anchor that the page does not have"
    return None


def test_every_step_project_and_track_has_its_pages(site: Path, root: Path) -> None:
    paths = CoursePaths(root)
    course = load_course(paths)
    due = [step_path(step) for step in course.steps]
    due += [lab_path(step) for step in course.steps]
    due += [project_path(project.id) for project in course.projects]
    beside = [page for row in course.projects for page in companions(paths, row.id).values()]
    assert "projects/fraud/operating-runbook.md" in beside
    due += beside
    due += [track_path(track.id) for track in course.tracks]
    due += ["index.md", "coverage.md", "labs.md", "reference/cli.md"]
    due += ["reference/api/autograder-checks.md", "reference/api/infra-tracking.md"]
    assert [path for path in due if not (site / path).with_suffix(".html").is_file()] == []


def test_no_page_loads_anything_from_afar(pages: dict[Path, Reader]) -> None:
    far = {(page.name, link) for page, read in pages.items() for link in read.loads}
    assert {(page, link) for page, link in far if FAR.match(link)} == set()
    # A diagram of this class would make the theme fetch its renderer.
    assert [page for page, read in pages.items() if "mermaid" in read.classes] == []


def test_no_style_sheet_loads_anything_from_afar(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    for sheet in sheets:
        text = sheet.read_text(encoding="utf-8")
        named = re.findall(r"url\(\s*[\"']?([^\"')]+)", text) + re.findall(
            r"@import\s+[\"']([^\"']+)", text
        )
        assert [link for link in named if FAR.match(link)] == [], sheet


def test_no_link_and_no_anchor_is_dead(pages: dict[Path, Reader]) -> None:
    dead = [
        f"{page}: {link} {told}"
        for page, read in pages.items()
        for link in [*read.loads, *read.leads]
        if (told := problem(link, page, pages))
    ]
    assert dead == []


def test_the_checker_sees_dead_links(site: Path, pages: dict[Path, Reader]) -> None:
    home = site / "index.html"
    assert problem("nowhere.html", home, pages) == "leads nowhere"
    assert problem("coverage.html#nowhere", home, pages) is not None
    assert problem("/coverage.html", home, pages) is not None
    assert problem("coverage.html", home, pages) is None


def test_a_lab_page_keeps_hints_and_hidden_checks_back(site: Path, root: Path) -> None:
    paths = CoursePaths(root)
    standing = [step for step in load_course(paths).steps if lab_stands(step.id, paths)]
    assert standing
    for step in standing:
        shown = (site / lab_path(step)).with_suffix(".html").read_text(encoding="utf-8")
        folder = paths.labs / step.id
        manifest = tomllib.loads((folder / "lab.toml").read_text(encoding="utf-8"))
        hidden = (folder / "hidden_checks.py").read_text(encoding="utf-8")
        for task in manifest["task"]:
            assert task["id"] in shown
            assert not [hint for hint in task["hints"] if hint in shown]
        names = re.findall(r"^def (\w+)\(run", hidden, re.MULTILINE)
        assert names
        assert not [name for name in names if name in shown]


def test_a_planned_step_says_so_and_offers_no_start(site: Path, root: Path) -> None:
    paths = CoursePaths(root)
    planned = [step for step in load_course(paths).steps if not lab_stands(step.id, paths)]
    for step in planned:
        shown = (site / lab_path(step)).with_suffix(".html").read_text(encoding="utf-8")
        assert "is not written yet" in shown
        assert f"lab start {step.id}" not in shown


def test_the_command_reference_has_every_command(site: Path) -> None:
    shown = (site / "reference/cli.html").read_text(encoding="utf-8")
    for command in ("list", "start", "check", "verify", "release", "grade", "coverage", "doctor"):
        assert f'id="lab-{command}"' in shown
