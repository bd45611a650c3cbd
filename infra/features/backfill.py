"""Compute features of the past chunk by chunk, so that a run that was cut goes on where it was."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from infra.features.batch import require_columns, window_features
from infra.features.clock import column_microseconds, microseconds
from infra.features.definition import MICROSECOND, FeatureSet
from infra.features.errors import FeatureError

# Called with a start and an end; returns rows whose times lie in [start, end).
Source = Callable[[datetime, datetime], pd.DataFrame]

_FINGERPRINT = b"window_features.fingerprint"
# Readers of Parquet folders pass over names that start with a dot.
_DRAFT = ".draft-"


@dataclass(frozen=True)
class BackfillConfig:
    """Configure which times [start, end) are computed, in chunks how long, and into which folder.

    `revision` names the state of the events: another one has every chunk computed anew.
    """

    folder: Path
    start: datetime
    end: datetime
    chunk: timedelta = timedelta(days=1)
    revision: str = ""

    def __post_init__(self) -> None:
        if microseconds(self.end) <= microseconds(self.start) or self.chunk <= timedelta(0):
            raise FeatureError(
                f"A backfill from {self.start} to {self.end} by {self.chunk} has no chunk: let it "
                "end after it starts, with chunks longer than nothing."
            )

    def chunks(self) -> Iterator[tuple[datetime, datetime]]:
        """Return the start and end of each chunk, in UTC."""
        start, end = (
            moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
            for moment in (self.start, self.end)
        )
        while start < end:
            yield start, min(start + self.chunk, end)
            start += self.chunk


@dataclass(frozen=True)
class Backfilled:
    """Hold which files were written now, which were there already, and how many rows were new."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    rows: int


def backfill(
    features: FeatureSet, config: BackfillConfig, events: Source, rows: Source
) -> Backfilled:
    """Compute the features of `rows` for every chunk that is not there yet, into Parquet files.

    Each file holds the rows of a chunk with their features and appears in one step, so readers
    see whole chunks and a run that died is resumed by the same call. Done again it changes
    nothing; the same input makes the same bytes. `events` is asked for no more than the windows
    of a chunk reach. One backfill of a folder at a time.
    """
    config.folder.mkdir(parents=True, exist_ok=True)
    for draft in config.folder.glob(f"{_DRAFT}*"):
        draft.unlink()
    written, kept, count = [], [], 0
    for start, end in config.chunks():
        path = config.folder / f"from_{start:%Y%m%dT%H%M%S_%f}Z.parquet"
        fingerprint = _fingerprint(features, config.revision, start, end)
        if _fingerprint_of(path) == fingerprint:
            kept.append(path)
            continue
        wanted = rows(start, end)
        _require_within(features, wanted, start, end)
        past = events(start - features.reach, end)
        found = window_features(features, past, wanted)
        # By place, since rows may come with one index value for several.
        answer = wanted.assign(**{name: found[name].to_numpy() for name in features.names})
        _write(path, answer, fingerprint)
        written.append(path)
        count += len(answer)
    return Backfilled(tuple(written), tuple(kept), count)


def rows_every(
    features: FeatureSet, events: Source, every: timedelta, *, seen_within: timedelta
) -> Source:
    """Return a source of rows at regular instants, one for each entity seen not long before.

    Instants are whole multiples of `every` since 1970 in UTC.
    """
    step = every // MICROSECOND

    def rows(start: datetime, end: datetime) -> pd.DataFrame:
        first = -(-microseconds(start) // step) * step
        instants = range(first, microseconds(end), step)
        found = [_seen(features, events, at, seen_within) for at in instants]
        names = [features.entity, features.time]
        return pd.concat(found, ignore_index=True) if found else events(start, start)[names]

    return rows


def _seen(features: FeatureSet, events: Source, at: int, within: timedelta) -> pd.DataFrame:
    moment = pd.Timestamp(at, unit="us", tz="UTC")
    seen = events((moment - within).to_pydatetime(), moment.to_pydatetime())
    entities = seen[features.entity].dropna().drop_duplicates().sort_values()
    aware = seen[features.time].dt.tz is not None
    times = pd.Series(moment if aware else moment.tz_localize(None), index=entities.index)
    return pd.DataFrame(
        {features.entity: entities, features.time: times.astype(seen[features.time].dtype)}
    )


def _require_within(
    features: FeatureSet, rows: pd.DataFrame, start: datetime, end: datetime
) -> None:
    require_columns(rows, (features.entity, features.time), "the rows of a chunk")
    taken = [name for name in features.names if name in rows.columns]
    if taken:
        raise FeatureError(f"The rows of a chunk have a column {taken[0]!r} already: drop it.")
    times = column_microseconds(rows[features.time])
    outside = (times < microseconds(start)) | (times >= microseconds(end))
    if outside.any():
        raise FeatureError(
            f"{int(outside.sum())} rows lie outside [{start}, {end}), which the source of rows was "
            "asked for: they would be there twice."
        )


def _fingerprint(features: FeatureSet, revision: str, start: datetime, end: datetime) -> str:
    parts = [features.fingerprint, revision, microseconds(start), microseconds(end)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _fingerprint_of(path: Path) -> str | None:
    if not path.exists():
        return None
    found = (pq.read_schema(path).metadata or {}).get(_FINGERPRINT)
    return found.decode() if found else None


def _write(path: Path, answer: pd.DataFrame, fingerprint: str) -> None:
    table = pa.Table.from_pandas(answer, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), _FINGERPRINT: fingerprint.encode()}
    draft = path.with_name(f"{_DRAFT}{path.name}")
    pq.write_table(table.replace_schema_metadata(metadata), draft)
    draft.replace(path)
