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


def api_pages(package: Path) -> Iterator[Page]:
    """Yield an index and one page a room of the package whose folder is `package`."""
    rooms = [room for room in _rooms(package) if room.name not in _LEFT_OUT]
    lines = [
        "# The Python interface",
        "",
        "Authors of labs write against `autograder.checks`. The other rooms are for those who "
        "build on the grader itself; each does not know the others' insides.",
        "",
        "| Room | What it does |",
        "| --- | --- |",
    ]
    for room in rooms:
        lines.append(f"| [`{package.name}.{room.name}`]({room.name}.md) | {_summary(room)} |")
    yield Page(API, "Python interface", "\n".join(lines), "The public names of the grader.")
    for room in rooms:
        yield _room_page(package, room)


def _room_page(package: Path, room: Path) -> Page:
    name = f"{package.name}.{room.name}"
    body = [f"# {name}", "", _summary(room), ""]
    for module in sorted(room.glob("*.py")):
        if module.stem.startswith("_") or not _has_public_names(module):
            continue
        body += [f"::: {name}.{module.stem}", ""]
    return Page(f"reference/api/{room.name}.md", name, "\n".join(body), _summary(room))


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
