"""Find the first place where a value differs from what is due, and say so in words."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from autograder.checks.kinds import due, family, is_missing, plain
from autograder.checks.scalars import (
    Difference,
    Leniency,
    numbers_difference,
    other_kind,
    scalars_in_words,
    texts_in_words,
)
from autograder.checks.wording import (
    counted,
    describe,
    due_kind,
    listed,
    show,
    type_word,
    with_article,
)

_LISTLIKE = ("sequence", "array", "series")


def difference(got: Any, expected: Any, leniency: Leniency) -> Difference | None:
    """Return the first difference between plain data, or None when they are equal.

    Raises TypeError when `expected` is no plain data, which is the author's mistake.
    """
    got, want = plain(got), due(expected)
    kind, kind_got = family(want), family(got)
    if leniency.exact and type(got) is not type(want):
        return other_kind(got, want)
    if kind in _LISTLIKE and kind_got in _LISTLIKE:
        return _listlike(got, want, leniency)
    if leniency.missing_alike and is_missing(got) and is_missing(want):
        return None
    if kind != kind_got:
        return other_kind(got, want)
    match kind:
        case "number":
            return numbers_difference(got, want, leniency)
        case "text":
            return None if got == want else Difference("", texts_in_words(got, want))
        case "set":
            return _sets(got, want)
        case "dict":
            return _dicts(got, want, leniency)
        case "frame":
            from autograder.checks.tabular import frame_difference

            return frame_difference(got, want, leniency)
        case _:
            return None if got == want else Difference("", scalars_in_words(got, want))


def lacks_and_has(lacking: Sequence[Any], extra: Sequence[Any], word: str) -> str:
    """Return which names are missing and which were not asked for."""
    parts = []
    if lacking:
        parts.append(f"lacks the {word}{'s' if len(lacking) > 1 else ''} {listed(lacking)}")
    if extra:
        verb = "is" if len(extra) == 1 else "are"
        parts.append(
            f"has the {word}{'s' if len(extra) > 1 else ''} {listed(extra)}, which {verb} not due"
        )
    return " and ".join(parts)


def _sets(got: set[Any], want: set[Any]) -> Difference | None:
    if got == want:
        return None
    lacking, extra = (sorted(some, key=repr) for some in (want - got, got - want))
    return Difference("", lacks_and_has(lacking, extra, "item"))


def _dicts(got: dict[Any, Any], want: dict[Any, Any], leniency: Leniency) -> Difference | None:
    lacking = [key for key in want if key not in got]
    extra = [key for key in got if key not in want]
    if lacking or extra:
        text = lacks_and_has(lacking, extra, "key")
        twins = [(a, b) for a in lacking for b in extra if str(plain(a)) == str(plain(b))]
        if twins:
            asked, given = (with_article(type_word(type(plain(key)))) for key in twins[0])
            text += f"; the key {show(twins[0][0])} must be {asked}, not {given}"
        return Difference("", text)
    for key in want:
        found = difference(got[key], want[key], leniency)
        if found is not None:
            return found.inside(f"[{show(key)}]")
    return None


def _listlike(got: Any, want: Any, leniency: Leniency) -> Difference | None:
    if family(got) != "sequence" and family(want) != "sequence":
        from autograder.checks.tabular import array_difference

        return array_difference(got, want, leniency)
    if family(got) != family(want):
        # A missing value inside an array or column has no spelling of its own.
        leniency = Leniency(leniency.tol, leniency.exact, missing_alike=True)
    return _sequences(_as_list(got), _as_list(want), leniency)


def _as_list(value: Any) -> Sequence[Any]:
    if family(value) == "array" and value.dtype.kind in "mM":
        import pandas as pd

        return list(pd.Series(value.ravel())) if value.ndim == 1 else list(value)
    items: Sequence[Any] = value if family(value) == "sequence" else value.tolist()
    return items


def _sequences(got: Sequence[Any], want: Sequence[Any], leniency: Leniency) -> Difference | None:
    if type(got) not in (list, tuple):  # an array of no dimensions is one bare value
        return Difference("", f"is {describe(got)}, where {due_kind(want)} is due")
    found = None
    for place, (one, other) in enumerate(zip(got, want, strict=False)):
        found = difference(one, other, leniency)
        if found is not None:
            found = found.inside(f"[{place}]")
            break
    if len(got) == len(want):
        if found is not None and _same_items(got, want):
            return Difference(found.path, f"{found.text}; the items are right, their order is not")
        return found
    due_items = f"{len(want)} {'is' if len(want) == 1 else 'are'} due"
    text = f"has {counted(len(got), 'item')}, where {due_items}"
    if found is not None:
        return Difference("", f"{text}; the first difference: {found.path} {found.text}")
    if len(got) < len(want):
        return Difference("", f"{text}; the first one lacking is {show(want[len(got)])}")
    return Difference("", f"{text}; the first one too many is {show(got[len(want)])}")


def _same_items(got: Sequence[Any], want: Sequence[Any]) -> bool:
    def counts(items: Sequence[Any]) -> Counter[Any]:
        # 1 equals True, and is not what was asked for.
        return Counter((isinstance(item, bool), item) for item in items)

    try:
        return counts(got) == counts(want)
    except TypeError:  # lists and dicts cannot be counted
        return False
