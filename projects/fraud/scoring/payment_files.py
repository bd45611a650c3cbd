"""Read payments from Parquet files, and which of them are known to be frauds, by DuckDB."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from autograder.errors import CourseError
from projects.fraud import columns as c
from projects.fraud.windows.batch import labels_known_in_time
from projects.fraud.windows.definitions import COUNTED_AT

KNOWN_AT = "KNOWN_AT"
PAYMENT_COLUMNS = (
    c.TRANSACTION_ID,
    c.TX_DATETIME,
    c.CUSTOMER_ID,
    c.TERMINAL_ID,
    c.TX_AMOUNT,
)
LABEL_COLUMNS = (c.TRANSACTION_ID, c.TX_DATETIME, c.TERMINAL_ID, c.TX_FRAUD)


def read_payments(session: duckdb.DuckDBPyConnection, source: Path) -> pd.DataFrame:
    """Return payments in order of time, with TX_FRAUD, which is null where no label is known.

    `source` is a file or a pattern for several, of which some may lack TX_FRAUD: today's payments
    have no labels yet. Raise CourseError for files that cannot be read as payments.
    """
    return _read(session, source, "payments", PAYMENT_COLUMNS, (c.TX_FRAUD,))


def labels_among(payments: pd.DataFrame) -> pd.DataFrame:
    """Return the labels that `read_payments` found, as `batch_features` takes them."""
    return labels_known_in_time(_labelled(payments))


def read_labels(session: duckdb.DuckDBPyConnection, source: Path, delay: timedelta) -> pd.DataFrame:
    """Return the labels of a file of their own, as `batch_features` takes them.

    It has TRANSACTION_ID, TX_DATETIME and TERMINAL_ID of the payment, TX_FRAUD, and may have
    KNOWN_AT, the time at which the label became known; without it, that was within `delay`. A
    transaction's first label counts. Raise CourseError for a file that cannot be read as labels.
    """
    labels = _labelled(_read(session, source, "labels", LABEL_COLUMNS, (KNOWN_AT,)))
    in_time = labels[c.TX_DATETIME]
    late = (labels[KNOWN_AT] - delay).fillna(in_time)
    # The same as `definitions.counted_at`, for all at once.
    counted = np.maximum(in_time, late)
    order = labels[KNOWN_AT].fillna(in_time + delay).argsort(kind="stable")
    made = labels[[c.TRANSACTION_ID, c.TERMINAL_ID, c.TX_FRAUD]].assign(**{COUNTED_AT: counted})
    return made.iloc[order].reset_index(drop=True)


def _labelled(rows: pd.DataFrame) -> pd.DataFrame:
    known = rows[c.TX_FRAUD].notna()
    labelled = rows if known.all() else rows[known]
    wrong = (labelled[c.TX_FRAUD] != 0) & (labelled[c.TX_FRAUD] != 1)
    if wrong.any():
        raise CourseError(
            f"{c.TX_FRAUD} is {labelled.loc[wrong, c.TX_FRAUD].iloc[0]:g} in {int(wrong.sum())} "
            "rows, must be 0 or 1.",
            mend="Write 1 for a fraud, 0 for a genuine payment, and nothing where none is known.",
        )
    return labelled.astype({c.TX_FRAUD: np.int64}, copy=False)


def _read(
    session: duckdb.DuckDBPyConnection,
    source: Path,
    what: str,
    needed: Sequence[str],
    optional: Sequence[str],
) -> pd.DataFrame:
    # By name: of several files, those of today lack the column that those of the past have.
    table = "read_parquet(?, union_by_name=true)"
    try:
        there = session.execute(f"select * from {table} limit 0", [str(source)]).df().columns
        chosen = [_selected(name) for name in (*needed, *optional) if name in {*needed, *there}]
        read = session.execute(
            f"select {', '.join(chosen)} from {table} order by {c.TX_DATETIME}, {c.TRANSACTION_ID}",
            [str(source)],
        ).df()
    except duckdb.Error as error:
        raise CourseError(
            f"{source} cannot be read as {what}: {error}",
            mend=f"Give Parquet files with the columns {', '.join(needed)}; {', '.join(optional)} "
            "may be there.",
        ) from error
    empty = [name for name in needed if name != c.TX_FRAUD and read[name].isna().any()]
    if empty:
        raise CourseError(
            f"{source}: {empty[0]} is empty in {int(read[empty[0]].isna().sum())} rows.",
            mend=f"Give every row its {', '.join(needed)}; has each of the files all of them?",
        )
    return _completed(read, optional)


def _selected(name: str) -> str:
    return f"cast({name} as double) as {name}" if name == c.TX_FRAUD else name


def _completed(read: pd.DataFrame, optional: Sequence[str]) -> pd.DataFrame:
    for name in optional:
        if name not in read:
            read[name] = pd.NaT if name == KNOWN_AT else np.nan
    for name in {c.TX_DATETIME, KNOWN_AT} & set(read.columns):
        if not pd.api.types.is_datetime64_any_dtype(read[name]):
            raise CourseError(
                f"{name} is a column of {read[name].dtype}, must be one of times.",
                mend=f"Write it as a timestamp: pd.to_datetime(frame['{name}']).",
            )
        if isinstance(read[name].dtype, pd.DatetimeTZDtype):
            # Instants come in the zone of this machine, and the features count in UTC.
            read[name] = read[name].dt.tz_convert("UTC").dt.tz_localize(None)
    return read
