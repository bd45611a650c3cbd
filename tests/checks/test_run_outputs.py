"""What cells printed and showed is read by the cell's name."""

import base64
import struct

import nbformat.v4 as nb
import pytest

from autograder.checks import Run
from autograder.checks.outputs import Outputs, Picture

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 4, 3) + b"rest"
HTML = (
    "<p>no</p><table><tr><th></th><th>a&amp;b</th></tr><tr><td>0</td><td> 1 <b>x</b></td></tr>"
    "</table><table><tr><td>z<table><tr><td>inner</td></tr></table></td></tr></table>"
)


@pytest.fixture
def outputs() -> Outputs:
    shown = {"text/plain": "   a\n0  1", "text/html": HTML}
    cell = nb.new_code_cell(
        metadata={"nbgrader": {"grade_id": "summary"}},
        outputs=[
            nb.new_output("stream", name="stdout", text="\x1b[31mred\x1b[0m\n"),
            nb.new_output("execute_result", shown),
            nb.new_output("display_data", {"image/png": base64.b64encode(PNG).decode() + "\n"}),
            nb.new_output("display_data", {"image/png": "no base64!"}),
            nb.new_output("display_data", {"image/png": base64.b64encode(b"GIF89a").decode()}),
            nb.new_output("error", ename="E", evalue="boom", traceback=["boom"]),
        ],
    )
    text = nb.new_markdown_cell("text", metadata={"nbgrader": {"grade_id": "words"}})
    other = nb.new_code_cell(id="plain-id")
    notebook = nb.new_notebook(cells=[text, cell, other])
    return Run(lambda *_, **__: (None, None), {}, notebook).outputs


def test_text_is_all_that_was_printed_and_shown(outputs: Outputs) -> None:
    assert outputs.text("summary") == "red\n   a\n0  1\n"
    assert outputs.text("plain-id") == ""


def test_tables_are_rows_of_texts(outputs: Outputs) -> None:
    assert outputs.tables("summary") == (
        (("", "a&b"), ("0", "1x")),
        (("zinner",),),
    )


def test_pictures_are_what_they_claim_to_be(outputs: Outputs) -> None:
    assert outputs.pictures("summary") == (Picture(PNG, 4, 3),)


@pytest.mark.parametrize("name", ["gone", "words"])
def test_an_unknown_cell_is_the_authors_mistake(outputs: Outputs, name: str) -> None:
    with pytest.raises(LookupError, match="no code cell"):
        outputs.text(name)
