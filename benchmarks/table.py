"""Print and keep what was measured, with the machine it was measured on."""

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median


@dataclass(frozen=True)
class Row:
    """Hold the seconds of both sides, run for run, in turn."""

    what: str
    ours: tuple[float, ...]
    other: str
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Return the median of the ratios of neighbouring runs."""
        return median(theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True))


def write_results(rows: list[Row], path: Path) -> None:
    """Write the table in Markdown to `path` and print it."""
    lines = [
        "# Measured",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} cores. Medians, both sides in turn in one run.",
        "",
        "| work | here, s | against | there, s | times as fast |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.what} | {median(row.ours):.2f} | {row.other} | {median(row.theirs):.2f} "
        f"| {row.ratio:.1f} |"
        for row in rows
    ]
    text = "\n".join(lines) + "\n"
    path.write_text(text, encoding="utf-8")
    print(text)
