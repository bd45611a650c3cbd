"""How soon drift is noticed, and how often none is: `python -m benchmarks.fraud_drift`.

Worlds of 1,000 cards, each with a model of its own and a watch calibrated on it; on day 107
something changes, or nothing. And how long a rollback takes, on real servers. Writes
FRAUD_DRIFT.md beside this file; a part that is not run keeps what it wrote.
"""

import math
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.fraud_rollback import COLUMNS as ROLLBACK_COLUMNS
from benchmarks.fraud_rollback import HEADING, RollbackConfig, rollbacks, section
from benchmarks.fraud_rollback import rows as rollback_rows
from projects.fraud.operating.drift_watch import FEATURES, LABELS, SCORES
from projects.fraud.operating.drill_figures import DrillFigures, figures
from projects.fraud.operating.drills import CHANGES, DrillConfig, Drilled, DrillSeed
from projects.fraud.operating.retraining import TriggerConfig

PAGE = Path(__file__).with_name("FRAUD_DRIFT.md")
# Bounds were chosen while looking at worlds with small numbers; these were not looked at.
FIRST_SEED = 100
COLUMNS = (
    "what changes",
    "confirmed",
    "days until then, median (longest)",
    "days with an alarm a month: features",
    "scores",
    "labels",
    "confirmed by",
    "retrainings",
)


class Part(StrEnum):
    """Name what can be measured apart."""

    DRIFT = "drift"
    ROLLBACK = "rollback"


def drift_figures(
    config: DrillConfig, seeds: Sequence[int], console: Console
) -> list[DrillFigures]:
    """Play every change in the world of every seed."""
    drilled: dict[str, list[Drilled]] = {change: [] for change in CHANGES}
    for seed in seeds:
        begin = time.perf_counter()
        world = DrillSeed(config, seed)
        for change in CHANGES:
            drilled[change].append(world.drill(change))
        console.print(f"seed {seed}: {time.perf_counter() - begin:.0f} s")
    return [figures(drills, config.change, TriggerConfig()) for drills in drilled.values()]


def rows(found: Sequence[DrillFigures]) -> list[tuple[str, ...]]:
    """Put figures into words, a row each."""
    return [
        (
            one.change,
            f"{len(one.delays)} of {one.seeds}",
            "-" if math.isnan(one.delay) else f"{one.delay:g} ({one.longest:g})",
            *(f"{one.alarm_days[watch]:.2f}" for watch in (FEATURES, SCORES, LABELS)),
            ", ".join(f"{watch} {count}" for watch, count in one.told.items() if count) or "-",
            f"{sum(one.retrained) / one.seeds:.1f}",
        )
        for one in found
    ]


def page(config: DrillConfig, found: Sequence[DrillFigures]) -> str:
    """Return the page in Markdown."""
    world, trigger, quiet = config.world, TriggerConfig(), found[0]
    alarms = sum(quiet.alarm_days.values())
    months = quiet.days / 30
    lines = [
        "# Drift drills",
        "",
        "Written by `python -m benchmarks.fraud_drift`.",
        "",
        f"{quiet.seeds} worlds of {world.customers:,} cards and {world.terminals:,} terminals, "
        f"each with a model and a watch of its own. On day {config.change} something changes; days "
        f"are judged until day {world.days - 1}. A drift is confirmed when a watch raised an alarm "
        f"on {trigger.least} of {trigger.of} days; if it is features or labels, one retraining "
        f"starts then, and no other for "
        f"{trigger.cooldown_days} days. Models are not exchanged in the drills, so drift goes on.",
        "",
        f"Stated: {config.false_alarms_a_month:g} day a month with a false alarm, over all three "
        f"watches. Measured where nothing changes, over {months:.0f} months: {alarms:.2f}. "
        f"Confirmed there: {len(quiet.delays)} of {quiet.seeds} worlds, which is "
        f"{len(quiet.delays) / months:.2f} a month.",
        "",
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
        *(f"| {' | '.join(row)} |" for row in rows(found)),
        "",
        "Labels are known a week late: the label watch cannot speak before day 7. Traffic is "
        "changed by having the same cards pay more or less often. Counts over windows follow, and "
        "these the model reads, so its scores move. So a lasting change of traffic is not told "
        "from drift of scores by this watch: look at the volume beside it. Scores alone start no "
        "retraining. Features and labels are moved far less.",
        "",
    ]
    return "\n".join(lines)


def in_place(kept: str, *, drift: str | None = None, rollback: str | None = None) -> str:
    """Return a page with its parts, the new ones in the place of those that it had."""
    before, heading, after = kept.partition(HEADING)
    first = before if drift is None else drift
    second = f"{heading}{after}" if rollback is None else rollback
    return "\n\n".join(part.strip("\n") for part in (first, second) if part) + "\n"


def main(
    part: Annotated[
        list[Part] | None, typer.Option(help="What to measure; all by default.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="How many worlds drift.")] = 20,
    drills: Annotated[int, typer.Option(min=1, help="How often is rolled back.")] = 5,
    write: Annotated[bool, typer.Option(help="Write FRAUD_DRIFT.md.")] = True,
) -> None:
    """Play the drills, print the tables and write the page."""
    console, parts = Console(), part or list(Part)
    if Part.DRIFT in parts:
        config = DrillConfig()
        found = drift_figures(config, range(FIRST_SEED, FIRST_SEED + seeds), console)
        _show(console, COLUMNS, rows(found))
        _write(write, drift=page(config, found))
    if Part.ROLLBACK in parts:
        reports = rollbacks(RollbackConfig(drills), console)
        _show(console, ROLLBACK_COLUMNS, rollback_rows(reports))
        _write(write, rollback=section(reports))


def _show(console: Console, columns: Sequence[str], found: Sequence[Sequence[str]]) -> None:
    table = Table(*columns)
    for row in found:
        table.add_row(*row)
    console.print(table)


def _write(wanted: bool, **parts: str) -> None:
    if wanted:
        kept = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        PAGE.write_text(in_place(kept, **parts), encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
