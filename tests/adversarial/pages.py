"""Find in HTML what would run, fetch or submit something."""

import re
from html.parser import HTMLParser
from pathlib import Path

_ACTING = {"script", "iframe", "object", "embed", "form", "base", "frame", "applet", "portal"}
_FETCHING = {"src", "srcset", "poster", "background", "data", "action", "formaction", "ping"}
_REMOTE_STYLE = re.compile(r"url\(\s*['\"]?\s*(https?:)?//|@import", re.IGNORECASE)


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: (value or "").strip() for name, value in attrs}
        if tag in _ACTING:
            self.found.append(f"<{tag}>")
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.found.append("<meta refresh>")
        if tag == "link" and not values.get("href", "").startswith("data:"):
            self.found.append(f"<link {values.get('href', '')}>")
        for name, value in values.items():
            plain = re.sub(r"[\s\x00-\x1f]", "", value).lower()
            if name.startswith("on"):
                self.found.append(f"<{tag} {name}>")
            if plain.startswith(("javascript:", "vbscript:", "data:text")):
                self.found.append(f"<{tag} {name}={value[:40]}>")
            if name in _FETCHING and not plain.startswith("data:image/"):
                self.found.append(f"<{tag} {name}={value[:40]}>")
            if name == "style" and _REMOTE_STYLE.search(value):
                self.found.append(f"<{tag} style={value[:40]}>")
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self._in_style and _REMOTE_STYLE.search(data):
            self.found.append("<style> that fetches")

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False


def what_acts(page: Path) -> list[str]:
    """Return, in words, what on a page would act; links that wait for a click aside."""
    finder = _Finder()
    finder.feed(page.read_text(encoding="utf-8"))
    return finder.found
