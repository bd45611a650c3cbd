"""Show a consistency report as a small table, in Markdown or HTML."""

import math
from collections.abc import Sequence
from html import escape

from infra.features.consistency import ConsistencyReport

_FEATURES = ("feature", "compared", "mismatches", "rate", "one missing", "largest gap", "mean gap")
_WORST = ("feature", "row", "served", "due")


def as_markdown(report: ConsistencyReport) -> str:
    """Return the report as Markdown tables under a sentence that sums it up."""
    parts = [summary(report), _markdown_table(_FEATURES, _feature_rows(report))]
    if report.worst:
        parts += ["The worst differences:", _markdown_table(_WORST, _worst_rows(report))]
    return "\n\n".join(parts) + "\n"


def as_html(report: ConsistencyReport) -> str:
    """Return the report as an HTML fragment."""
    parts = [f"<p>{escape(summary(report))}</p>", _html_table(_FEATURES, _feature_rows(report))]
    if report.worst:
        parts += ["<p>The worst differences:</p>", _html_table(_WORST, _worst_rows(report))]
    return "\n".join(parts) + "\n"


def summary(report: ConsistencyReport) -> str:
    """Return one sentence: how many rows, what differed."""
    apart = [feature.feature for feature in report.features if feature.mismatches]
    verdict = f"{len(apart)} of {len(report.features)} features differ" if apart else "all agree"
    lost = f"; {report.without_due} rows had nothing to compare with" if report.without_due else ""
    return f"{report.name}: {report.served} rows served, {verdict}{lost}."


def _feature_rows(report: ConsistencyReport) -> list[tuple[str, ...]]:
    return [
        (
            line.feature,
            str(line.compared),
            str(line.mismatches),
            f"{line.rate:.4%}",
            str(line.one_missing),
            f"{line.largest:.3g}",
            f"{line.mean:.3g}",
        )
        for line in sorted(report.features, key=lambda line: -line.rate)
    ]


def _worst_rows(report: ConsistencyReport) -> list[tuple[str, ...]]:
    return [
        (
            worst.feature,
            ", ".join(f"{name} {value}" for name, value in worst.key.items()),
            _number(worst.served),
            _number(worst.due),
        )
        for worst in report.worst
    ]


def _number(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.12g}"


def _markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "\n".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table>\n<thead><tr>{top}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"
