"""Read the two public sets, each in its own columns, from CSV or Parquet.

The simulated set is that of the handbook named in `projects.fraud.simulation`. The anonymised set
is that of Dal Pozzolo et al., "Calibrating Probability with Undersampling for Unbalanced
Classification", 2015: two days of European card payments as 28 principal components.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from autograder.errors import CourseError
from projects.fraud import columns as c

ANONYMISED_FEATURES = (*(f"V{number}" for number in range(1, 29)), c.TX_AMOUNT)
_ANONYMISED = ("Time", *ANONYMISED_FEATURES[:-1], "Amount", "Class")
_INTEGERS = (c.TRANSACTION_ID, c.CUSTOMER_ID, c.TERMINAL_ID, c.TX_TIME_SECONDS, c.TX_TIME_DAYS)
_PICKLES = {".pkl", ".pickle", ".joblib", ".p"}
_READABLE = {".csv", ".parquet"}


class Kind(StrEnum):
    """Name a public set by what it holds."""

    PAYMENTS = "payments"
    ANONYMISED = "anonymised"


@dataclass(frozen=True)
class PublicData:
    """Hold a set's rows in order of time, in the columns of `projects.fraud.columns`.

    The anonymised set knows no cards and no terminals: each payment is a card of its own there, and
    it has V1 to V28 instead of clock time and terminals.
    """

    kind: Kind
    frame: pd.DataFrame
    name: str


def load_public_data(path: Path) -> PublicData:
    """Read a CSV or Parquet file, or all such files of a folder, and tell the sets apart.

    Raise CourseError that says which file, column and row is wrong and what to do. Pickles are
    refused.
    """
    files = _files(path)
    frame = pd.concat([_read(file) for file in files], ignore_index=True)
    if set(_ANONYMISED) <= set(frame.columns):
        return PublicData(Kind.ANONYMISED, _anonymised(frame, path), path.name)
    return PublicData(Kind.PAYMENTS, _payments(frame, path), path.name)


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise CourseError(f"There is no {path}.", mend="Name a CSV or Parquet file, or a folder.")
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    for file in files:
        if file.is_file():
            _refuse_pickle(file)
    found = [file for file in files if set(file.suffixes) & _READABLE]
    if not found:
        raise CourseError(
            f"{path.name} holds no data that can be read: {[file.name for file in files][:5]}.",
            mend="Give .csv (also .csv.gz) or .parquet.",
        )
    return found


def _refuse_pickle(file: Path) -> None:
    with file.open("rb") as content:
        # Protocol 2 and later begin so; neither CSV nor Parquet does.
        is_one = content.read(1) == b"\x80"
    if is_one or set(file.suffixes) & _PICKLES:
        raise CourseError(
            f"{file.name} is a pickle: reading it would run whatever code its writer put there.",
            mend="Where you trust it, turn it into Parquet: pd.read_pickle(...).to_parquet(...).",
        )


def _read(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"{file.name} cannot be read as {file.suffix[1:]}: {error}.",
            mend="Fetch the file again, or look at its first lines.",
        ) from error


def _payments(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    needed = [name for name in c.TRANSACTION_COLUMNS if name != c.TX_FRAUD_SCENARIO]
    _require_columns(frame, needed, path)
    made = {name: _numbers(frame, name, path).astype(np.int64) for name in _INTEGERS}
    made[c.TX_AMOUNT] = _numbers(frame, c.TX_AMOUNT, path).astype(float)
    made[c.TX_FRAUD] = _labels(frame, c.TX_FRAUD, path)
    if c.TX_FRAUD_SCENARIO in frame:
        made[c.TX_FRAUD_SCENARIO] = _numbers(frame, c.TX_FRAUD_SCENARIO, path).astype(np.int64)
    else:
        made[c.TX_FRAUD_SCENARIO] = np.zeros(len(frame), dtype=np.int64)
    try:
        times = pd.to_datetime(frame[c.TX_DATETIME], utc=True)
    except (ValueError, TypeError) as error:
        raise CourseError(
            f"{path.name}: {c.TX_DATETIME} is no column of times: {error}.",
            mend="Write times as 2018-04-01 00:00:31.",
        ) from error
    made[c.TX_DATETIME] = times.dt.tz_localize(None).astype("datetime64[ns]")
    table = pd.DataFrame(made)[list(c.TRANSACTION_COLUMNS)]
    repeated = table[c.TRANSACTION_ID].duplicated()
    if repeated.any():
        number = int(table.loc[repeated, c.TRANSACTION_ID].iloc[0])
        raise CourseError(
            f"{path.name}: {c.TRANSACTION_ID} {number} is there twice.",
            mend="Give each payment once; is a file in the folder twice?",
        )
    days = table[c.TX_TIME_SECONDS] // c.SECONDS_PER_DAY
    if (days != table[c.TX_TIME_DAYS]).any():
        row = int(np.flatnonzero(days != table[c.TX_TIME_DAYS])[0])
        raise CourseError(
            f"{path.name}: row {row}: {c.TX_TIME_DAYS} does not follow from {c.TX_TIME_SECONDS}.",
            mend="Count both from the same midnight.",
        )
    return table.sort_values([c.TX_TIME_SECONDS, c.TRANSACTION_ID], ignore_index=True)


def _anonymised(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    ordered = frame.sort_values("Time", kind="stable", ignore_index=True)
    seconds = _numbers(ordered, "Time", path).astype(np.int64)
    number = np.arange(len(ordered))
    made = {
        c.TRANSACTION_ID: number,
        c.CUSTOMER_ID: number,
        c.TX_TIME_SECONDS: seconds,
        c.TX_TIME_DAYS: seconds // c.SECONDS_PER_DAY,
        c.TX_FRAUD: _labels(ordered, "Class", path),
        c.TX_AMOUNT: _numbers(ordered, "Amount", path).astype(float),
    }
    parts = {name: _numbers(ordered, name, path).astype(float) for name in ANONYMISED_FEATURES[:-1]}
    return pd.DataFrame(made | parts)


def _require_columns(frame: pd.DataFrame, needed: list[str], path: Path) -> None:
    missing = [name for name in needed if name not in frame]
    if missing:
        raise CourseError(
            f"{path.name} has no column {', '.join(missing)}; it has {list(frame.columns)[:12]}.",
            mend=f"Give the simulated set with {', '.join(c.TRANSACTION_COLUMNS)}, or the "
            "anonymised one with Time, V1 to V28, Amount and Class.",
        )


def _numbers(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    # The published files keep some numbers as text, and one writer of them quotes the class.
    values = frame[name]
    if values.dtype == object or isinstance(values.dtype, pd.StringDtype):
        values = values.astype(str).str.strip("' \"")
    found = pd.to_numeric(values, errors="coerce")
    wrong = ~np.isfinite(found.to_numpy(float))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise CourseError(
            f"{path.name}: row {row}: {name} is {frame[name].iloc[row]!r}, which is no number.",
            mend="Mend or drop that row.",
        )
    return found


def _labels(frame: pd.DataFrame, name: str, path: Path) -> pd.Series:
    found = _numbers(frame, name, path)
    wrong = ~found.isin([0, 1])
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise CourseError(
            f"{path.name}: row {row}: {name} is {found.iloc[row]:g}, must be 0 or 1.",
            mend="Write 1 for a fraud and 0 for a genuine payment.",
        )
    return found.astype(np.int64)
