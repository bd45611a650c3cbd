"""Tests of how lessons, notebooks and commands become pages."""

from pathlib import Path

import nbformat
import pytest
import typer
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from autograder.errors import CourseError
from autograder.site.layout import relative
from autograder.site.links import Rewritten, rewrite_links
from autograder.site.notebooks import RunNotebooks, notebook_markdown
from autograder.site.reference import api_pages, cli_page

PAGES = {"modules/01_one/lesson.ipynb": "modules/01_one/notebook.md", "labs/01_one": "labs/one.md"}


def rewritten(root: Path, text: str) -> Rewritten:
    readme = root / "modules/01_one/README.md"
    for name in ("modules/01_one/lesson.ipynb", "modules/01_one/starter/x.py", "code/y.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x", encoding="utf-8")
    (root / "labs/01_one").mkdir(parents=True, exist_ok=True)
    readme.write_text(text, encoding="utf-8")
    return rewrite_links(
        text, source=readme, page="modules/01_one/index.md", root=root, pages=PAGES
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[run](lesson.ipynb)", "[run](notebook.md)"),
        ("[run](lesson.ipynb#why)", "[run](notebook.md#why)"),
        ("[lab](../../labs/01_one)", "[lab](../../labs/one.md)"),
        ("[code](starter/x.py)", "[code](starter/x.py)"),
        ("[code](../../code/y.py)", "code"),
        ("[far](https://example.org)", "[far](https://example.org)"),
        ("[here](#why)", "[here](#why)"),
        ("`[no](link.md)`", "`[no](link.md)`"),
        ("```\n[no](link.md)\n```", "```\n[no](link.md)\n```"),
    ],
)
def test_links_of_a_lesson_lead_to_pages(tmp_path: Path, written: str, shown: str) -> None:
    assert rewritten(tmp_path, written).text == shown


def test_files_beside_a_lesson_come_along(tmp_path: Path) -> None:
    (asset,) = rewritten(tmp_path, "![x](starter/x.py) [x](starter/x.py)").assets
    assert (asset.path, asset.content) == ("modules/01_one/starter/x.py", b"x")


def test_a_dead_link_names_its_line(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"README.md:3: the link to gone.md leads nowhere"):
        rewritten(tmp_path, "a\n\n[x](gone.md)")


@pytest.mark.parametrize(
    ("target", "page", "shown"),
    [
        ("labs.md", "index.md", "labs.md"),
        ("labs.md", "modules/01/index.md", "../../labs.md"),
        ("modules/01/lab.md#a", "modules/01/index.md", "lab.md#a"),
    ],
)
def test_relative_links(target: str, page: str, shown: str) -> None:
    assert relative(target, page=page) == shown


def shown_output(**data: str) -> str:
    output = new_output("execute_result", data=data)
    return notebook_markdown(new_notebook(cells=[new_code_cell("f()", outputs=[output])]))


def test_a_cell_is_a_fence_and_its_text_stays_in_one_block() -> None:
    output = new_output("stream", name="stdout", text="a < b\n\n\x1b[31m`c`\x1b[0m\n")
    shown = notebook_markdown(
        new_notebook(cells=[new_markdown_cell("# T"), new_code_cell("f()", outputs=[output])])
    )
    assert "````python\nf()\n````" in shown
    assert "a &lt; b&#10;&#10;&#96;c&#96;</code></pre>" in shown


def test_tables_lose_styles_and_scripts_and_pictures_stand_inside() -> None:
    html = "<style scoped>\n x\n</style><table>\n\n<tr></tr></table><script>x()</script>"
    shown = shown_output(**{"text/html": html, "text/plain": "no"})
    assert '<div class="nb-output nb-html"><table> <tr></tr></table></div>' in shown
    assert "script" not in shown
    assert 'src="data:image/png;base64,QUJD"' in shown_output(**{"image/png": "QUJD\n"})


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    path = tmp_path / "01_one" / "lesson.ipynb"
    path.parent.mkdir()
    cell = new_code_cell("open('runs.txt', 'a').write('x'); print(6 * 7)")
    nbformat.write(new_notebook(cells=[cell]), path)
    return path


def test_a_notebook_runs_once_until_it_or_its_code_changes(tmp_path: Path, notebook: Path) -> None:
    runner = RunNotebooks(tmp_path / "cache")
    runs = notebook.parent / "runs.txt"
    for _ in range(2):
        done = runner.outputs_of(notebook, (notebook.parent,))
        assert done.cells[0].outputs[0].text == "42\n"
    assert runs.read_text() == "x"
    (notebook.parent / "helper.py").write_text("new = 1")
    runner.outputs_of(notebook, (notebook.parent,))
    assert runs.read_text() == "xx"


def test_a_notebook_that_stops_is_told(tmp_path: Path, notebook: Path) -> None:
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), notebook)
    with pytest.raises(CourseError, match="ZeroDivisionError"):
        RunNotebooks(tmp_path / "cache").outputs_of(notebook, ())
    assert not list((tmp_path / "cache").glob("*"))


def test_the_command_reference_is_what_help_says() -> None:
    app = typer.Typer(name="lab")

    @app.command("greet")
    def greet(name: str, loud: bool = typer.Option(False, help="Shout it.")) -> None:
        """Greet somebody."""

    @app.command("part")
    def part() -> None:
        """Take leave."""

    body = cli_page(app).body
    for text in ("# The lab command", "## `lab greet`", "Greet somebody.", "Shout it.", "lab part"):
        assert text in body


def test_the_interface_pages_list_rooms_with_public_names(tmp_path: Path) -> None:
    room = tmp_path / "grader" / "scoring"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text('"""Scores things."""')
    (room / "cards.py").write_text('def score() -> int:\n    """Score."""\n    return 1\n')
    (room / "inner.py").write_text("def _score() -> int:\n    return 1\n")
    shared = tmp_path / "shared" / "scoring"
    shared.mkdir(parents=True)
    (shared / "__init__.py").write_text('"""Scores for all."""')
    index, page, other = api_pages(tmp_path / "grader", tmp_path / "shared")
    assert "Scores things." in index.body and "Scores for all." in index.body
    assert f"({page.path.rpartition('/')[2]})" in index.body
    assert "::: grader.scoring.cards" in page.body
    assert "inner" not in page.body
    assert page.path != other.path
