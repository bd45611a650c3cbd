"""Reckon what drills showed: detection delays, and false alarms a month."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa

from projects.fraud.operating.drift_watch import DAYS_A_MONTH, TESTS
from projects.fraud.operating.drills import Drilled
from projects.fraud.operating.retraining import RetrainingTrigger, TriggerConfig


@dataclass(frozen=True)
class DrillFigures:
    """Hold the figures of one change over all seeds.

    `alarm_days` are days with an alarm a month, by watch, from the change on; `delays` are the days
    from the change to a confirmed drift, one for each seed that had one. `told` counts which
    watches were confirmed in which seeds; `retrained` are trainings a seed started.
    """

    change: str
    seeds: int
    days: int
    alarm_days: dict[str, float]
    delays: tuple[int, ...]
    told: dict[str, int]
    retrained: tuple[int, ...]

    @property
    def confirmed(self) -> float:
        """Return the share of seeds with a confirmed drift."""
        return len(self.delays) / self.seeds

    @property
    def delay(self) -> float:
        """Return the median delay in days, NaN where nothing was confirmed."""
        return float(np.median(self.delays)) if self.delays else float("nan")

    @property
    def longest(self) -> float:
        """Return the longest delay in days, NaN where nothing was confirmed."""
        return float(max(self.delays)) if self.delays else float("nan")


def figures(drills: Sequence[Drilled], change_day: int, trigger: TriggerConfig) -> DrillFigures:
    """Return the figures of drills of one change; each seed has a trigger of its own."""
    alarms = dict.fromkeys(TESTS, 0)
    told = dict.fromkeys(TESTS, 0)
    days, delays, retrained = 0, [], []
    for drill in drills:
        started: list[str] = []
        # The real trigger, on a table in memory.
        engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
        deciding = RetrainingTrigger(engine, trigger)
        seen: set[str] = set()
        first: int | None = None
        for report in drill.reports:
            if report.day < change_day:
                continue
            days += 1
            for watch in report.moved:
                alarms[watch] += 1
            decided = deciding.look(report, started.append)
            seen |= decided.confirmed
            if decided.confirmed and first is None:
                first = report.day - change_day
        engine.dispose()
        retrained.append(len(started))
        if first is not None:
            delays.append(first)
        for watch in seen:
            told[watch] += 1
    return DrillFigures(
        drills[0].change,
        len(drills),
        days,
        {watch: count / days * DAYS_A_MONTH for watch, count in alarms.items()},
        tuple(delays),
        told,
        tuple(retrained),
    )
