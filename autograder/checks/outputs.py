"""Read what the cells of an executed notebook printed and showed."""

import base64
import binascii
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """Hold a PNG picture with its size in pixels."""

    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Outputs:
    """Read the outputs of an executed notebook, a cell being named by its grade_id or its id."""

    notebook: Mapping[str, Any]

    def text(self, cell: str) -> str:
        """Return all that the cell printed and showed as text, in order; errors are left out."""
        return "".join(_texts(self._outputs(cell)))

    def tables(self, cell: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """Return the tables that the cell showed, each as rows of texts."""
        found: list[tuple[tuple[str, ...], ...]] = []
        for data in self._data(cell):
            reader = _TableReader()
            reader.feed(_joined(data.get("text/html", "")))
            found.extend(reader.tables)
        return tuple(found)

    def pictures(self, cell: str) -> tuple[Picture, ...]:
        """Return the PNG pictures that the cell showed; what only claims to be one is left out."""
        pictures = (_picture(_joined(data.get("image/png", ""))) for data in self._data(cell))
        return tuple(picture for picture in pictures if picture is not None)

    def _data(self, cell: str) -> Iterator[Mapping[str, Any]]:
        for output in self._outputs(cell):
            if isinstance(output.get("data"), Mapping):
                yield output["data"]

    def _outputs(self, name: str) -> list[Mapping[str, Any]]:
        cells = self.notebook["cells"]
        for identify in (_grade_id, lambda cell: cell.get("id")):
            for cell in cells:
                if cell["cell_type"] == "code" and identify(cell) == name:
                    return list(cell.get("outputs", []))
        raise LookupError(f"the notebook has no code cell {name!r}: name one by its grade_id")


def _grade_id(cell: Mapping[str, Any]) -> Any:
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")


def _texts(outputs: list[Mapping[str, Any]]) -> Iterator[str]:
    for output in outputs:
        if output.get("output_type") == "stream":
            yield _ANSI.sub("", _joined(output.get("text", "")))
        elif isinstance(output.get("data"), Mapping) and "text/plain" in output["data"]:
            yield _ANSI.sub("", _joined(output["data"]["text/plain"])) + "\n"


def _joined(text: Any) -> str:
    """Return a text that the notebook format lets stand as a list of lines."""
    if isinstance(text, list):
        return "".join(str(line) for line in text)
    return text if isinstance(text, str) else ""


def _picture(encoded: str) -> Picture | None:
    try:
        png = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if not png.startswith(_PNG) or png[12:16] != b"IHDR" or len(png) < 24:
        return None
    width, height = struct.unpack(">II", png[16:24])
    return Picture(png, width, height)


class _TableReader(HTMLParser):
    """Collect the texts in the cells of tables; a table inside a table is part of its cell."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[tuple[tuple[str, ...], ...]] = []
        self._rows: list[list[str]] = []
        self._depth = 0
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self._rows = []
        elif self._depth == 1 and tag == "tr":
            self._rows.append([])
        elif self._depth == 1 and tag in ("td", "th") and self._rows:
            self._rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._depth:
            self._depth -= 1
            if self._depth == 0:
                self.tables.append(tuple(tuple(row) for row in self._rows))
        elif self._depth == 1 and tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._rows and self._rows[-1]:
            self._rows[-1][-1] = (self._rows[-1][-1] + data).strip()
