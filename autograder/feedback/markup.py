"""Make HTML that a learner wrote, or had written, inert."""

import re
from collections.abc import Callable

from bleach.sanitizer import Cleaner  # type: ignore[import-untyped]

LONGEST = 400_000  # characters of one piece of HTML; a longer one is left out

_TAGS = frozenset(
    re.findall(
        r"\w+",
        """
        a abbr b blockquote br caption code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img
        ins kbd li ol p pre q s samp small span strong sub summary sup table tbody td tfoot th thead
        tr tt u ul var
        """,
    )
)
_EVERYWHERE = frozenset({"title", "dir", "lang", "align"})
# Classes of the highlighter and of pandas; any other could borrow the page's own style.
_CLASSES = re.compile(
    r"(dataframe|highlight|[a-z]{1,2}\d?)(\s+(dataframe|highlight|[a-z]{1,2}\d?))*"
)
_ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "details": {"open"},
    "table": {"border"},
}
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*\Z")
_LINK = re.compile(r"(https?://|#)", re.IGNORECASE)
# What these hold is no text for a reader; the cleaner would leave it behind as such.
_SILENT = ("style", "script", "template", "noscript", "iframe", "object", "title", "head")


def _may_stay(tag: str, name: str, value: str) -> bool:
    if name in _EVERYWHERE:
        return True
    if name == "class":
        return bool(_CLASSES.fullmatch(value))
    if name not in _ATTRIBUTES.get(tag, ()):
        return False
    if name == "src":
        return bool(_PICTURE.match(value))
    if name == "href":
        return bool(_LINK.match(value))
    return True


def inert_html(markup: str) -> str:
    """Keep of `markup` what lays out text, tables and embedded pictures; drop all that acts.

    Nothing that is left can run, fetch, submit or cover the page: no script, style, form or
    handler, pictures from `data:` alone, links only to the web or within the page.
    """
    if len(markup) > LONGEST:
        return f"<p><em>Left out: {len(markup):,} characters of HTML.</em></p>"
    for tag in _SILENT:
        markup = _without_element(markup, tag)
    cleaner = Cleaner(
        tags=_TAGS,
        attributes=_may_stay,
        protocols=frozenset({"http", "https", "data"}),
        strip=True,
        strip_comments=True,
    )
    try:
        return str(cleaner.clean(markup))
    except RecursionError:
        return "<p><em>Left out: HTML nested too deeply.</em></p>"


def inert_markdown(source: str) -> str:
    """Render a learner's Markdown, and keep of it what `inert_html` keeps."""
    from nbconvert.filters import markdown2html

    return inert_html(markdown2html(source))


def inert_filter(render: Callable[..., str]) -> Callable[..., str]:
    """Wrap a template filter that makes HTML, so that what it makes is inert."""

    def cleaned(*args: object) -> str:
        return inert_html(render(*args))

    # Filters that ask for the template's context are marked so by an attribute.
    cleaned.__dict__.update(render.__dict__)
    return cleaned


def _without_element(markup: str, tag: str) -> str:
    """Cut `<tag …>…</tag>` out, in linear time however hostile the text."""
    opening, closing, lower = f"<{tag}", f"</{tag}", markup.lower()
    if len(lower) != len(markup):  # a letter whose lower case is longer would shift the cuts
        return markup
    kept, at = [], 0
    while (start := lower.find(opening, at)) >= 0:
        end = lower.find(closing, start)
        stop = lower.find(">", end) if end >= 0 else -1
        if stop < 0 or lower[start + len(opening) : start + len(opening) + 1].isalnum():
            kept.append(markup[at : start + 1])
            at = start + 1
            if stop < 0:
                break
            continue
        kept.append(markup[at:start])
        at = stop + 1
    return "".join((*kept, markup[at:]))
