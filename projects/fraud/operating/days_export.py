"""Keep the days of the log as Parquet files, since the log forgets and the drift watch may not."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from autograder.errors import CourseError
from infra.settings import Kafka
from projects.fraud import columns as c
from projects.fraud.operating.logged_payments import LogConfig, logged_payments

_DAY_ZERO, _LABELS = b"fraud.day_zero", b"fraud.labels"
_SETTLED, _OPEN = b"settled", b"open"
_SUFFIX = ".parquet"


@dataclass(frozen=True)
class ExportConfig:
    """Configure which days are written.

    A day is complete once the log has come `grace` past its end: payments come a little out of
    order. Labels of a day are settled `settled_after_days` later: verdicts come up to a week after
    the payment, and those that come late shall count too.
    """

    log: LogConfig = field(default_factory=LogConfig)
    grace: timedelta = timedelta(hours=1)
    settled_after_days: int = 14

    def __post_init__(self) -> None:
        if self.grace < timedelta() or self.settled_after_days < 0:
            raise ValueError(f"grace and settled_after_days must not be negative: {self}")

    def is_complete(self, day: int, until: datetime) -> bool:
        """Say whether no more payments of a day are to come."""
        return self.log.end_of(day) + self.grace <= until

    def is_settled(self, day: int, until: datetime) -> bool:
        """Say whether no more labels of a day are waited for."""
        return self.is_complete(day + self.settled_after_days, until)


@dataclass(frozen=True)
class WrittenDay:
    """Tell a file that was written."""

    day: int
    path: Path
    payments: int
    frauds: int
    is_settled: bool


@dataclass(frozen=True)
class Exported:
    """Tell what was written and how many settled days were left alone; see `Logged` for the rest.

    `not_whole` are days whose first payments the log has let go of, and that no file holds.
    """

    written: tuple[WrittenDay, ...]
    left_alone: int
    not_whole: tuple[int, ...]
    until: datetime | None
    left_out: int


def export_days(kafka: Kafka, folder: Path, config: ExportConfig) -> Exported:
    """Write one Parquet file for each complete day of the log into `folder`, each whole or not.

    The columns are the public set's but for the scenario of a fraud, which nobody tells the log.
    A day that is there with its labels settled is left alone; others are written anew, as long as
    the log still has all of them, and what was known as a fraud stays one when the log has let go
    of its label. So it may be run as often as one likes, and killed. Raise CourseError for a folder
    that cannot be written or that counts days from another date.
    """
    there = _there(folder, config.log.day_zero)
    settled = {day for day, is_settled in there.items() if is_settled}
    logged = logged_payments(kafka, config.log, lambda day: day not in settled)
    written: list[WrittenDay] = []
    not_whole: list[int] = []
    for day, rows in logged.payments.groupby(c.TX_TIME_DAYS):
        if logged.until is None or not config.is_complete(int(day), logged.until):
            continue
        if day >= logged.begins:
            is_settled = config.is_settled(int(day), logged.until)
            path = _path(folder, int(day), config.log.day_zero)
            if day in there:
                rows = _with_known_frauds(rows, path)
            written.append(_written(path, int(day), rows, config.log.day_zero, is_settled))
        elif day not in there:
            not_whole.append(int(day))
    return Exported(tuple(written), len(settled), tuple(not_whole), logged.until, logged.left_out)


def _there(folder: Path, day_zero: date) -> Mapping[int, bool]:
    """Return whether the labels are settled, by the day of each file that can be read."""
    found = {}
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            day = (date.fromisoformat(path.stem) - day_zero).days
            kept = pq.read_metadata(path).metadata or {}
        except (ValueError, OSError, pa.ArrowException):
            # No day's file, or one that a crash of the machine left: a day is written anew.
            continue
        if kept.get(_DAY_ZERO, b"") != day_zero.isoformat().encode():
            raise CourseError(
                f"{path} was not written with {day_zero} as day 0.",
                mend="Name the same date as before, or another folder.",
            )
        found[day] = kept.get(_LABELS) == _SETTLED
    return found


def _path(folder: Path, day: int, day_zero: date) -> Path:
    return folder / f"{day_zero + timedelta(days=day)}{_SUFFIX}"


def _with_known_frauds(rows: pd.DataFrame, path: Path) -> pd.DataFrame:
    before = pq.read_table(path, columns=[c.TRANSACTION_ID, c.TX_FRAUD]).to_pandas()
    frauds = before.loc[before[c.TX_FRAUD] == 1, c.TRANSACTION_ID]
    known = rows[c.TRANSACTION_ID].isin(frauds)
    return rows.assign(**{c.TX_FRAUD: rows[c.TX_FRAUD].where(~known, 1)})


def _written(
    path: Path, day: int, rows: pd.DataFrame, day_zero: date, is_settled: bool
) -> WrittenDay:
    table = pa.Table.from_pandas(rows, preserve_index=False)
    told = {_DAY_ZERO: day_zero.isoformat().encode(), _LABELS: _SETTLED if is_settled else _OPEN}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **told})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Readers take what ends as a day's file does, and a draft does not.
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=path.parent) as drafts:
            draft = Path(drafts) / "day"
            pq.write_table(table, draft)
            draft.chmod(0o644)
            draft.replace(path)
    except OSError as error:
        raise CourseError(
            f"{path} cannot be written: {error}.", mend="Name a folder that may be written."
        ) from error
    return WrittenDay(day, path, len(rows), int(rows[c.TX_FRAUD].sum()), is_settled)
