"""How much of a learner's text one page shows: renderers take long for what nobody wrote by hand.

Cleaners, highlighters and Markdown parsers need a time that grows with the square of some texts;
a page is made in the process that leads a cohort, which everybody waits for.
"""

import re

_PAGE = 400_000  # characters of sources and outputs, pictures aside
_SOURCE, _MARKDOWN, _TEXT, _HTML = 40_000, 20_000, 100_000, 150_000
_KEPT = 2_000  # characters of a longer text that are shown still
_MOST_OPEN = 300
_TAG = re.compile(r"<(/?)[a-zA-Z]")


class Budget:
    """Hand out what one page may still show."""

    def __init__(self) -> None:
        self._left = _PAGE

    def source(self, text: str) -> str:
        """Return the source of a code cell, cut where it is longer than anybody writes."""
        return self._cut(text, _SOURCE)

    def text(self, text: str) -> str:
        """Return what a cell printed, cut where it is too long to read."""
        return self._cut(text, _TEXT)

    def markdown(self, text: str) -> str:
        """Return Markdown that renders in time; other text comes back as what it literally is."""
        shown = self._cut(text, _MARKDOWN)
        if shown is text and text.count("[") <= _MOST_OPEN:
            return text
        return "".join(f"    {line}\n" for line in shown.splitlines())

    def allows_html(self, markup: str) -> bool:
        """Tell whether HTML is short and flat enough to be cleaned in time."""
        if len(markup) > min(_HTML, self._left) or markup.count("<") > len(markup) // 3:
            return False
        depth = deepest = 0
        for tag in _TAG.finditer(markup):
            depth = max(0, depth - 1) if tag[1] else depth + 1
            deepest = max(deepest, depth)
        # Tags without an end, such as <br> and <td>, count as open: tables hold many of those.
        if deepest > _MOST_OPEN * 10:
            return False
        self._left -= len(markup)
        return True

    def _cut(self, text: str, most: int) -> str:
        if len(text) <= min(most, self._left):
            self._left -= len(text)
            return text
        kept = text[: min(_KEPT, self._left)]
        self._left -= len(kept)
        return f"{kept}\n… ({len(text) - len(kept):,} more characters)"
