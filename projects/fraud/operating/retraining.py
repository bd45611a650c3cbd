"""Start a retraining once when drift is confirmed, and keep why.

Each day is decided once, by whoever comes first; the rest find what was decided. What is due and
was not started, because the process died or the trainer was away, is started by the next look:
`start` is told the day as its name, and must not train twice for one.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from projects.fraud.operating.drift_watch import FEATURES, LABELS, WatchReport, meaning

_METADATA = sa.MetaData()
_DAYS = sa.Table(
    "retraining_decisions",
    _METADATA,
    sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("moved", sa.Text, nullable=False),
    sa.Column("confirmed", sa.Text, nullable=False),
    sa.Column("retrain", sa.Boolean, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("decided_at", sa.String(40), nullable=False),
    sa.Column("started_at", sa.String(40)),
)


@dataclass(frozen=True)
class TriggerConfig:
    """Retrain when a watch drifted on `least` of the last `of` days, not again for `cooldown_days`.

    A watch of `grounds` must be among those: scores that move alone speak of the traffic, the
    pipeline or the model's inputs, and another model would learn the same from the same payments.
    The cooldown counts from the day of the last retraining: its model needs labels, which come a
    week later, before another one could be better.
    """

    least: int = 3
    of: int = 5
    cooldown_days: int = 14
    grounds: frozenset[str] = frozenset({FEATURES, LABELS})

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.of or self.cooldown_days < 0:
            raise ValueError(f"1 <= least <= of and cooldown_days >= 0 must hold: {self}")


@dataclass(frozen=True)
class DayDecided:
    """Hold what was decided on a day, and why; `started_at` is None while a start is due."""

    day: int
    moved: frozenset[str]
    confirmed: frozenset[str]
    retrain: bool
    why: str
    decided_at: datetime
    started_at: datetime | None

    @property
    def is_due(self) -> bool:
        """Say whether a retraining was decided and not started."""
        return self.retrain and self.started_at is None


class RetrainingTrigger:
    """Decide day by day, in a table of SQLite or Postgres that outlives this process."""

    def __init__(self, engine: sa.Engine, config: TriggerConfig | None = None) -> None:
        self._engine = engine
        self._config = config or TriggerConfig()
        try:
            _METADATA.create_all(engine)
        except sa.exc.DBAPIError:
            # Two processes that start at once both want to make the table; one may fail.
            if not sa.inspect(engine).has_table(_DAYS.name):
                raise

    def look(self, report: WatchReport, start: Callable[[str], None]) -> DayDecided:
        """Decide on a day unless that was done, and start whatever is due; return the decision.

        `start` gets a name such as "drift-day-120". What it raises is raised after the decision is
        written, so that a later look tries again.
        """
        found = self.decide(report)
        self.start_due(start)
        return self.history()[found.day]

    def decide(self, report: WatchReport) -> DayDecided:
        """Write what is to be done about a day, and return it; what was decided before stays."""
        with self._engine.begin() as session:
            values = _written(self._decided(session, report))
        try:
            with self._engine.begin() as session:
                session.execute(sa.insert(_DAYS).values(values))
        except sa.exc.IntegrityError:
            # Somebody decided on that day before.
            pass
        return self.history()[report.day]

    def start_due(self, start: Callable[[str], None]) -> None:
        """Start what was decided and not started yet, and take note of each that was."""
        for due in [one for one in self.history().values() if one.is_due]:
            start(f"drift-day-{due.day}")
            with self._engine.begin() as session:
                now = datetime.now(UTC).isoformat()
                started = sa.update(_DAYS).where(_DAYS.c.day == due.day).values(started_at=now)
                session.execute(started)

    def history(self) -> Mapping[int, DayDecided]:
        """Return every decision by its day, from first to last."""
        with self._engine.connect() as session:
            rows = session.execute(sa.select(_DAYS).order_by(_DAYS.c.day)).mappings().all()
        return {row["day"]: _read(row) for row in rows}

    def _decided(self, session: sa.Connection, report: WatchReport) -> DayDecided:
        first = report.day - self._config.of + 1
        lately = sa.select(_DAYS.c.moved).where(_DAYS.c.day >= first, _DAYS.c.day < report.day)
        days = [frozenset(json.loads(row.moved)) for row in session.execute(lately)]
        days.append(report.moved)
        watches = sorted(set().union(*days))
        counts = {watch: sum(watch in day for day in days) for watch in watches}
        confirmed = frozenset(w for w, count in counts.items() if count >= self._config.least)
        last = session.scalar(
            sa.select(sa.func.max(_DAYS.c.day)).where(_DAYS.c.retrain, _DAYS.c.day < report.day)
        )
        resting = last is not None and report.day - last < self._config.cooldown_days
        if not confirmed:
            why = f"not confirmed: {report.in_words()}"
        else:
            told = ", ".join(
                f"{w} on {counts[w]} of {self._config.of} days" for w in sorted(confirmed)
            )
            why = f"{told}; {meaning(confirmed)}"
            if not confirmed & self._config.grounds:
                why += "; no ground for another model"
            elif resting:
                why += f"; retrained on day {last}, which must show first"
        return DayDecided(
            report.day,
            report.moved,
            confirmed,
            bool(confirmed & self._config.grounds) and not resting,
            why,
            datetime.now(UTC),
            None,
        )


def _written(found: DayDecided) -> dict[str, object]:
    return {
        "day": found.day,
        "moved": json.dumps(sorted(found.moved)),
        "confirmed": json.dumps(sorted(found.confirmed)),
        "retrain": found.retrain,
        "why": found.why,
        "decided_at": found.decided_at.isoformat(),
    }


def _read(row: sa.RowMapping) -> DayDecided:
    started = row["started_at"]
    return DayDecided(
        row["day"],
        frozenset(json.loads(row["moved"])),
        frozenset(json.loads(row["confirmed"])),
        row["retrain"],
        row["why"],
        datetime.fromisoformat(row["decided_at"]),
        datetime.fromisoformat(started) if started else None,
    )
