"""Work out what queries and rules say over scraped samples, at one moment.

Series are plain data: `{"name": "up", "labels": {"job": "a"}, "samples": [[seconds, value], ...]}`
with samples in order of time. Unlike Prometheus, `rate` and `increase` do not extrapolate to the
edges of their window, both of which belong to it.
"""

import itertools
import math
import operator
import re
from collections.abc import Iterable
from typing import Any

from promql import Node, parse

LOOKBACK = 300  # seconds for which a sample stands for its series
_COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_COUNT = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_AGGREGATE = {
    "sum": sum,
    "max": max,
    "min": min,
    "avg": lambda values: sum(values) / len(values),
    "count": len,
}
Labels = tuple[tuple[str, str], ...]
Vector = dict[Labels, float]


def query(expression: str, series: Iterable[dict[str, Any]], now: float) -> Any:
    """Return a number, or the list of (labels, value) that an expression gives at `now`."""
    found = _value(parse(expression), list(series), now)
    if not isinstance(found, dict):
        return found
    return [(_without_name(labels), value) for labels, value in sorted(found.items())]


def firing(
    rules: dict[str, Any], series: Iterable[dict[str, Any]], now: float
) -> list[dict[str, Any]]:
    """Return the alerts that fire at `now`, as dicts of `alert` and `labels`.

    `rules` is what stands in a rule file; a recording rule is there for the rules behind it.
    """
    known, found = list(series), []
    for group in rules["groups"]:
        for rule in group["rules"]:
            values = query(rule["expr"], known, now)
            if not isinstance(values, list):
                raise ValueError(f"a rule must give series, not a number: {rule['expr']!r}")
            for labels, value in values:
                labels = {**labels, **rule.get("labels", {})}
                if "record" in rule:
                    made = {"name": rule["record"], "labels": labels, "samples": [[now, value]]}
                    known.append(made)
                else:
                    found.append({"alert": rule["alert"], "labels": labels})
    return found


def _value(node: Node, series: list[dict[str, Any]], now: float) -> float | Vector:
    kind = node[0]
    if kind == "number":
        return float(node[1])
    if kind == "minus":
        return _arithmetic("-", 0.0, _value(node[1], series, now), None)
    if kind == "select":
        if node[3] is not None:
            raise ValueError(f"{node[1]} has a range, which only rate and increase can take")
        return _newest(_chosen(node, series), now)
    if kind == "aggregate":
        return _aggregate(node[1], node[2], _vector(_value(node[3], series, now)))
    if kind == "call":
        return _call(node[1], node[2], series, now)
    _, sign, matching, left, right = node
    sides = _value(left, series, now), _value(right, series, now)
    if sign in ("and", "or", "unless"):
        return _sets(sign, _vector(sides[0]), _vector(sides[1]), matching)
    return _arithmetic(sign, *sides, matching)


def _call(name: str, arguments: Node, series: list[dict[str, Any]], now: float) -> float | Vector:
    if name == "time":
        return now
    if name in ("rate", "increase"):
        node = arguments[0]
        if node[0] != "select" or node[3] is None:
            raise ValueError(f"{name} takes a metric with a range, such as [5m]")
        span = node[3]
        grown = {
            _labels(one): _grown(one["samples"], now - span, now) for one in _chosen(node, series)
        }
        by = span if name == "rate" else 1
        return {labels: value / by for labels, value in grown.items() if value is not None}
    if name == "histogram_quantile":
        share = _value(arguments[0], series, now)
        return _quantiles(float(share), _vector(_value(arguments[1], series, now)))
    inside = _value(arguments[0], series, now)
    if name == "vector":
        return {(): inside} if not isinstance(inside, dict) else inside
    matchers = arguments[0][2] if arguments[0][0] == "select" else ()
    equal = tuple(sorted((label, text) for label, sign, text in matchers if sign == "="))
    return {} if _vector(inside) else {equal: 1.0}


def _chosen(node: Node, series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        one
        for one in series
        if one["name"] == node[1]
        and all(_fits(one["labels"].get(label, ""), sign, text) for label, sign, text in node[2])
    ]


def _fits(value: str, sign: str, text: str) -> bool:
    same = re.fullmatch(text, value) is not None if "~" in sign else value == text
    return same != sign.startswith("!")


def _newest(chosen: list[dict[str, Any]], now: float) -> Vector:
    found = {}
    for one in chosen:
        seen = [value for at, value in one["samples"] if now - LOOKBACK < at <= now]
        if seen:
            found[_labels(one)] = float(seen[-1])
    return found


def _grown(samples: list[list[float]], start: float, end: float) -> float | None:
    inside = [value for at, value in samples if start <= at <= end]
    if len(inside) < 2:
        return None
    pairs = itertools.pairwise(inside)
    return float(sum(new - old if new >= old else new for old, new in pairs))


def _aggregate(name: str, grouping: tuple[str, tuple[str, ...]], vector: Vector) -> Vector:
    groups: dict[Labels, list[float]] = {}
    for labels, value in vector.items():
        groups.setdefault(_kept(labels, grouping), []).append(value)
    return {labels: float(_AGGREGATE[name](values)) for labels, values in groups.items()}


def _kept(labels: Labels, matching: tuple[str, tuple[str, ...]] | None) -> Labels:
    way, names = matching or ("ignoring", ())
    inside = way in ("by", "on")
    return tuple(one for one in labels if (one[0] in names) == inside and one[0] != "__name__")


def _quantiles(share: float, vector: Vector) -> Vector:
    groups: dict[Labels, dict[float, float]] = {}
    for labels, value in vector.items():
        if "le" not in dict(labels):
            continue
        bound = float(dict(labels)["le"])
        groups.setdefault(_kept(labels, ("without", ("le",))), {})[bound] = value
    return {labels: _quantile(share, buckets) for labels, buckets in groups.items()}


def _quantile(share: float, buckets: dict[float, float]) -> float:
    rank = share * buckets.get(math.inf, 0.0)
    if not rank > 0:
        return math.nan
    low, before = 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= rank:
            inside = (rank - before) / (count - before)
            return low if math.isinf(bound) else low + (bound - low) * inside
        low, before = bound, count
    return math.nan


def _sets(sign: str, left: Vector, right: Vector, matching: Any) -> Vector:
    theirs = {_kept(labels, matching) for labels in right}
    if sign == "or":
        ours = {_kept(labels, matching) for labels in left}
        return left | {k: v for k, v in right.items() if _kept(k, matching) not in ours}
    wanted = sign == "and"
    return {k: v for k, v in left.items() if (_kept(k, matching) in theirs) == wanted}


def _arithmetic(
    sign: str, left: float | Vector, right: float | Vector, matching: Any
) -> float | Vector:
    if not isinstance(left, dict) and not isinstance(right, dict):
        if sign in _COMPARE:
            raise ValueError("two numbers cannot be compared: a comparison filters series")
        return _counted(sign, left, right)
    if isinstance(left, dict) and isinstance(right, dict):
        theirs = {_kept(labels, matching): value for labels, value in right.items()}
        pairs = [
            (labels, value, theirs[_kept(labels, matching)])
            for labels, value in left.items()
            if _kept(labels, matching) in theirs
        ]
    elif isinstance(left, dict):
        pairs = [(labels, value, right) for labels, value in left.items()]
    else:
        pairs = [(labels, value, left) for labels, value in _vector(right).items()]
    flipped = not isinstance(left, dict)
    found = {}
    for labels, value, other in pairs:
        one, two = (other, value) if flipped else (value, other)
        if sign in _COMPARE:
            if _COMPARE[sign](one, two):
                found[labels] = value
        else:
            found[_kept(labels, matching)] = _counted(sign, one, two)
    return found


def _counted(sign: str, one: float, two: float) -> float:
    if sign != "/":
        return float(_COUNT[sign](one, two))
    if two == 0:
        return math.nan if one == 0 or math.isnan(one) else math.copysign(math.inf, one)
    return one / two


def _vector(value: float | Vector) -> Vector:
    if not isinstance(value, dict):
        raise ValueError("series are due where a number stands")
    return value


def _labels(one: dict[str, Any]) -> Labels:
    return tuple(sorted({"__name__": one["name"], **one["labels"]}.items()))


def _without_name(labels: Labels) -> dict[str, str]:
    return {label: text for label, text in labels if label != "__name__"}
