"""Carry a lesson's links from the repository to the site, and its pictures with them."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.site.layout import Asset, relative

# Code is left alone: a fenced block and an inline span come first and match as they stand.
_PATTERN = re.compile(
    r"(?P<code>^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)\s*$|`+[^`\n]+`+)"
    r"|(?P<mark>!?)\[(?P<text>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)(?P<title>\s+\"[^\"]*\")?\)",
    re.DOTALL | re.MULTILINE,
)
_OUTSIDE = ("http://", "https://", "mailto:", "#")


@dataclass(frozen=True)
class Rewritten:
    """Hold a text whose links lead to site pages, and the files that it shows or offers."""

    text: str
    assets: tuple[Asset, ...]


def rewrite_links(
    text: str, *, source: Path, page: str, root: Path, pages: Mapping[str, str]
) -> Rewritten:
    """Turn relative links of the file `source` into links of the site page `page`.

    `pages` maps repository paths (files and folders, POSIX, relative to `root`) to site pages.
    A file below the source's folder comes along as an asset; another file of the repository has
    no page, so its name alone stays. A link to nothing raises CourseError naming the line.
    """
    assets: dict[str, Asset] = {}
    folder = source.parent

    def replaced(match: re.Match[str]) -> str:
        target = match["target"]
        if match["code"] or target.startswith(_OUTSIDE):
            return match[0]
        path, mark, anchor = target.partition("#")
        file = (folder / path).resolve()
        try:
            name = file.relative_to(root.resolve()).as_posix()
        except ValueError:
            name = ""
        if not name or not file.exists():
            line = text.count("\n", 0, match.start()) + 1
            raise CourseError(
                f"{source.relative_to(root)}:{line}: the link to {target} leads nowhere.",
                mend="Mend the path, relative to the file it stands in.",
            )
        if name in pages:
            there = relative(pages[name] + mark + anchor, page=page)
        elif file.is_file() and folder.resolve() in file.parents:
            inside = file.relative_to(folder.resolve()).as_posix()
            asset = Asset(posixpath.join(posixpath.dirname(page), inside), file.read_bytes())
            assets[asset.path] = asset
            there = inside
        else:
            return match["text"]
        return f"{match['mark']}[{match['text']}]({there}{match['title'] or ''})"

    return Rewritten(_PATTERN.sub(replaced, text), tuple(assets.values()))
