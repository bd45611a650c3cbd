"""The reference pages, read from the code: the command line and the public interfaces."""

import ast
from collections.abc import Iterator
from pathlib import Path

import typer.main
from typer.cli import get_docs_for_click
from typer.core import MARKUP_MODE_KEY

from autograder.site.layout import Page

CLI = "reference/cli.md"
API = "reference/api/index.md"
_CHECKS_FIRST = ("checks", "contract")
# The rooms that only hold commands are described by the command line's own page.
_LEFT_OUT = ("cli", "site")


def cli_page(app: typer.Typer) -> Page:
    """Describe every command of `app` as its own help does."""
    command = typer.main.get_command(app)
    context = typer.Context(command, obj={MARKUP_MODE_KEY: app.rich_markup_mode})
    text = get_docs_for_click(obj=command, ctx=context, name="lab")
    body = text.replace("# `lab`", "# The lab command", 1)
    return Page(CLI, "The lab command", body, "Every command of lab with its options.")


def api_pages(grader: Path, *shared: Path) -> Iterator[Page]:
    """Yield an index and a page for each room of the grader's package and of the `shared` ones."""
    rooms = [room for room in _rooms(grader) if room.name not in _LEFT_OUT]
    lines = [
        "# The Python interface",
        "",
        f"Authors of labs write against `{grader.name}.checks`. The other rooms are for those who "
        "build on the grader itself; each does not know the others' insides.",
        "",
        *_table(rooms),
    ]
    for package in shared:
        found = _rooms(package)
        lines += ["", f"What projects and labs share, in `{package.name}`:", "", *_table(found)]
        rooms += found
    yield Page(API, "Python interface", "\n".join(lines), "The public names of the course.")
    for room in rooms:
        yield _room_page(room)


def _table(rooms: list[Path]) -> list[str]:
    rows = [f"| [`{_name(room)}`]({_file(room)}) | {_summary(room)} |" for room in rooms]
    return ["| Room | What it does |", "| --- | --- |", *rows]


def _name(room: Path) -> str:
    return f"{room.parent.name}.{room.name}"


def _file(room: Path) -> str:
    return f"{room.parent.name}-{room.name}.md"


def _room_page(room: Path) -> Page:
    name = _name(room)
    body = [f"# {name}", "", _summary(room), ""]
    for module in sorted(room.glob("*.py")):
        if module.stem.startswith("_") or not _has_public_names(module):
            continue
        body += [f"::: {name}.{module.stem}", ""]
    return Page(f"reference/api/{_file(room)}", name, "\n".join(body), _summary(room))


def _rooms(package: Path) -> list[Path]:
    rooms = [entry.parent for entry in package.glob("*/__init__.py")]
    return sorted(
        rooms,
        key=lambda room: (
            _CHECKS_FIRST.index(room.name) if room.name in _CHECKS_FIRST else len(_CHECKS_FIRST),
            room.name,
        ),
    )


def _summary(room: Path) -> str:
    text = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8")))
    return (text or "").partition("\n\n")[0].replace("\n", " ")


def _has_public_names(module: Path) -> bool:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(
        isinstance(node, named)
        and not node.name.startswith("_")
        and ast.get_docstring(node) is not None
        for node in tree.body
    )
