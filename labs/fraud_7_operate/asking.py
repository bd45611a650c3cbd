"""Read what an answer gave: samples of a text, rules, panels; each fails in words."""

from typing import Any

from prometheus_client.parser import text_string_to_metric_families
from querying import firing, query
from traffic import BEGIN

from autograder.checks import expect

INF = float("inf")


def scraped(text: Any, what: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample that a text exposes, by name and labels; fail in words."""
    expect(text, what).to_be_a(str)
    try:
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
            if not sample.name.endswith("_created")
        }
    except ValueError as error:
        expect(False, what).to_be_true(f"Prometheus must be able to read it: {error}")
        raise AssertionError from error


def bounds_of(samples: dict[Any, float]) -> dict[float, float]:
    """Return the cumulative counts of the latency histogram by bound."""
    return {
        float(dict(labels)["le"]): value
        for (name, labels), value in samples.items()
        if name == "fraud_decision_seconds_bucket"
    }


def answer_of(expression: Any, series: list[dict[str, Any]], now: float, what: str) -> Any:
    """Return what a query gives; fail in words where it cannot be worked out."""
    expect(expression, what).to_be_a(str)
    try:
        return query(expression, series, now)
    except (ValueError, IndexError) as error:
        expect(False, what).to_be_true(f"the query must be one that promql.py knows: {error}")
        return None


def rules_of(rules: Any, what: str) -> list[Any]:
    """Return every rule; fail in words where one has not the form of a rule."""
    found = []
    groups = expect(rules, what).to_be_a(dict).at("groups").to_be_a(list).value
    for number, _ in enumerate(groups):
        rows = expect(rules, what).at("groups", number, "rules").to_be_a(list).value
        for place, _ in enumerate(rows):
            row = expect(rules, what).at("groups", number, "rules", place).to_be_a(dict)
            row.at("expr").to_be_a(str)
            row.at("record" if "record" in row.value else "alert").to_be_a(str)
            if "alert" in row.value or "labels" in row.value:
                row.at("labels").to_be_a(dict)
            found.append(row.value)
    return found


def alerts_of(rules: Any, series: list[dict[str, Any]], now: float, what: str) -> list[Any]:
    """Return (alert, severity, job) of what fires, sorted; fail in words."""
    rules_of(rules, what)
    try:
        found = firing(rules, series, now)
    except (ValueError, IndexError) as error:
        expect(False, what).to_be_true(f"its queries must be such as promql.py knows: {error}")
        raise AssertionError from error
    keys = ("severity", "job")
    return sorted((one["alert"], *(one["labels"].get(key) for key in keys)) for one in found)


def panel_of(board: Any, title: str) -> Any:
    """Return the expectation on the panel of that title; fail in words where there is none."""
    panels = expect(board, "dashboard(…)").to_be_a(dict).at("panels").to_be_a(list).value
    for panel in panels:
        if isinstance(panel, dict) and panel.get("title") == title:
            found = expect(panel, f"the panel {title!r}")
            found.at("targets").to_be_a(list).to_have_length(1)
            return found
    titles = [panel.get("title") for panel in panels if isinstance(panel, dict)]
    expect(titles, "the titles of the panels").to_contain(title)
    return None


def event(due: int, taken: int, alert: bool | None = False, error: str | None = None) -> Any:
    """Return an event: due so many milliseconds after the begin, and done after `taken` more."""
    at = BEGIN * 1000 + due
    return {"card": 4711, "due": at, "done": at + taken, "alert": alert, "error": error}


def steady(job: str, instance: str, slow: int, total: int, le: str = "0.15") -> list[Any]:
    """Return 61 minutes of counters, of which `slow` of `total` a minute are beyond `le`."""
    name = "fraud_decision_seconds"
    found = []
    for suffix, labels, step in (
        ("_bucket", {"le": le}, total - slow),
        ("_bucket", {"le": "+Inf"}, total),
        ("_count", {}, total),
    ):
        samples = [[BEGIN + 60 * minute, 1.0 * step * minute] for minute in range(61)]
        labels = {"job": job, "instance": instance, **labels}
        found.append({"name": name + suffix, "labels": labels, "samples": samples})
    return found


def triples(found: Any) -> list[tuple[Any, ...]]:
    """Return what lint found, sorted, whether triples are tuples or lists."""
    rows = expect(found, "lint(…)").to_be_a(list, set, tuple).value
    for row in rows:
        expect(row, "an item of lint(…)").to_be_a(tuple, list).to_have_length(3)
    return sorted((tuple(row) for row in rows), key=repr)
