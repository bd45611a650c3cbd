"""A small event backbone to break on purpose: late payments, crashes, partitions that stand still.

Everything is on paper: no broker, no bucket. What the figures show does not depend on either.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from projects.fraud.simulation import SimulationConfig, simulate

PARTITIONS = 4
POLL_SECONDS = 600
BLOCK = 200
LATE_SHARE, LATE_HOURS = 0.05, 6.0
DAY_SECONDS = 86_400
WORLD = SimulationConfig(customers=1_000, terminals=300, days=3, radius=8)


def payments(seed: int = 0) -> pd.DataFrame:
    """Return three days of payments as they arrive, one in twenty of them hours late.

    Columns: at and arrived (seconds from the first midnight), partition, offset. The cards of the
    last partition are a shop's own, which pay from eight to six alone.
    """
    rng = np.random.default_rng(seed)
    table = simulate(WORLD, seed)
    at = table["TX_TIME_SECONDS"].to_numpy(float)
    partition = table["CUSTOMER_ID"].to_numpy() % PARTITIONS
    hour = at % DAY_SECONDS / 3600
    open_hours = (partition < PARTITIONS - 1) | ((hour >= 8) & (hour < 18))
    late = rng.exponential(LATE_HOURS * 3600, len(at)) * (rng.random(len(at)) < LATE_SHARE)
    frame = pd.DataFrame(
        {
            "at": at,
            "arrived": at + late + rng.exponential(2, len(at)),
            "partition": partition,
            "amount": table["TX_AMOUNT"].to_numpy(),
        }
    )[open_hours].sort_values("arrived", ignore_index=True)
    frame["offset"] = frame.groupby("partition").cumcount()
    return frame


def in_another_folder(frame: pd.DataFrame) -> dict[str, float]:
    """Return the share of payments whose folder is not the day of the event in UTC."""
    day = frame["at"] // DAY_SECONDS
    return {
        "by arrival": float((frame["arrived"] // DAY_SECONDS != day).mean()),
        "by event, two hours east of UTC": float(
            ((frame["at"] + 7200) // DAY_SECONDS != day).mean()
        ),
        "by event, in UTC": 0.0,
    }


def stored_after(frame: pd.DataFrame, naming: str, crashes: int, seed: int = 0) -> float:
    """Return how many rows lie in files for each payment, after crashes before the commit.

    The intake polls every ten minutes and writes what is new. At `crashes` of the polls, chosen at
    random, it dies between the file and the commit. `naming`: "random", "batch" (first and last
    offset of what was there) or "block" (borders that are fixed).
    """
    rng = np.random.default_rng(seed)
    polls = np.arange(POLL_SECONDS, frame["arrived"].max() + 2 * POLL_SECONDS, POLL_SECONDS)
    fatal = set(rng.choice(len(polls) - 1, crashes, replace=False))
    rows = 0
    for _, part in frame.groupby("partition"):
        arrived = np.sort(part["arrived"].to_numpy())
        files: dict[tuple[object, ...], int] = {}
        committed = 0
        for number, now in enumerate(polls):
            end = int(np.searchsorted(arrived, now))
            if end == committed:
                continue
            for name, count in _written(naming, number, committed, end):
                files[name] = count
            if number not in fatal:
                committed = end // BLOCK * BLOCK if naming == "block" else end
        rows += sum(files.values())
    return rows / len(frame)


def _written(naming: str, poll: int, first: int, end: int) -> list[tuple[tuple[object, ...], int]]:
    if naming == "random":
        return [((poll,), end - first)]
    if naming == "batch":
        return [((first, end), end - first)]
    return [((begin,), min(begin + BLOCK, end) - begin) for begin in range(first, end, BLOCK)]


@dataclass(frozen=True)
class Standstill:
    """Say which partition's intake stands still, from when to when (seconds)."""

    partition: int = 1
    begin: float = 34 * 3600.0
    end: float = 40 * 3600.0


def lags(frame: pd.DataFrame, still: Standstill) -> pd.DataFrame:
    """Return the lag in hours, every ten minutes, as three rules tell it.

    Columns: hour, and a column for each rule: the latest partition, the earliest of all, the
    earliest of those that have something to do. Payments come in order here: a late one does not
    move a newest event back.
    """
    moments = np.arange(POLL_SECONDS, 3 * DAY_SECONDS, POLL_SECONDS)
    newest, waits = [], []
    for number, part in frame.groupby("partition"):
        arrived = part["arrived"].to_numpy()
        at = np.maximum.accumulate(part["at"].to_numpy())
        seen = moments.astype(float)
        if number == still.partition:
            stands = (moments >= still.begin) & (moments < still.end)
            seen = np.where(stands, still.begin, seen)
        stored = np.searchsorted(arrived, seen)
        newest.append(np.where(stored > 0, at[np.maximum(stored - 1, 0)], 0.0))
        waits.append(stored < np.searchsorted(arrived, moments))
    upto = np.array(newest)
    told = np.where(np.array(waits), upto, moments)
    return pd.DataFrame(
        {
            "hour": moments / 3600,
            "latest partition": (moments - upto.max(axis=0)) / 3600,
            "earliest partition": (moments - upto.min(axis=0)) / 3600,
            "earliest that has something to do": (moments - told.min(axis=0)) / 3600,
        }
    )


def sizes(frame: pd.DataFrame, rows_in_file: Sequence[int], rows: int = 2_000) -> dict[int, float]:
    """Return the bytes of Parquet for each payment, by how many of them are in one file."""
    part = frame.head(rows)
    found = {}
    for count in rows_in_file:
        total = 0
        for first in range(0, rows, count):
            written = io.BytesIO()
            table = pa.Table.from_pandas(part.iloc[first : first + count], preserve_index=False)
            pq.write_table(table, written)
            total += written.tell()
        found[count] = total / rows
    return found


def after_losses(replication: int, least: int, lost: int) -> str:
    """Say what is left of a topic whose writers ask for all in sync, after `lost` brokers.

    The worst case: an acknowledged event is on `least` brokers, and just those are lost.
    """
    if lost >= least:
        return "acknowledged events may be gone"
    return "takes events" if replication - lost >= least else "safe, takes none"
