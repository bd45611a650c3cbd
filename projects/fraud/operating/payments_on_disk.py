"""Read payments from Parquet as they are known at the end of a day: nothing that came later."""

from pathlib import Path

import duckdb
import pandas as pd

from autograder.errors import CourseError
from projects.fraud import columns as c

COLUMNS = (
    c.TRANSACTION_ID,
    c.TX_DATETIME,
    c.CUSTOMER_ID,
    c.TERMINAL_ID,
    c.TX_AMOUNT,
    c.TX_TIME_SECONDS,
    c.TX_TIME_DAYS,
    c.TX_FRAUD,
)


def payments_until(source: Path, day: int, label_delay_days: int) -> pd.DataFrame:
    """Return the payments of all days until `day`, in order of time, with `COLUMNS`.

    `source` is a Parquet file, a folder of them, or a pattern. Labels of the last
    `label_delay_days` days are not known at the end of `day`: whatever the files say of them, 0
    stands there. Raise CourseError for files that cannot be read, payments that are there twice,
    values that are missing, or a `day` without payments.
    """
    known = day - label_delay_days
    label = f"case when {c.TX_TIME_DAYS} > ? then 0 else {c.TX_FRAUD} end as {c.TX_FRAUD}"
    found = _asked(
        source,
        f"select {', '.join([*COLUMNS[:-1], label])} from payments where {c.TX_TIME_DAYS} <= ? "
        f"order by {c.TX_TIME_SECONDS}, {c.TRANSACTION_ID}",
        (known, day),
    )
    _require_whole(found, source, day, known)
    return found.astype({c.TX_TIME_SECONDS: "int64", c.TX_TIME_DAYS: "int64", c.TX_FRAUD: "int64"})


def newest_day(source: Path) -> int:
    """Return the last day of which there are payments; raise CourseError where there are none."""
    newest = _asked(source, f"select max({c.TX_TIME_DAYS}) as day from payments", ())["day"].iloc[0]
    if pd.isna(newest):
        raise CourseError(f"{source} has no payments.", mend="Give some.")
    return int(newest)


def _asked(source: Path, query: str, values: tuple[int, ...]) -> pd.DataFrame:
    pattern = source / "**" / "*.parquet" if source.is_dir() else source
    try:
        with duckdb.connect() as session:
            session.read_parquet(str(pattern)).create_view("payments")
            return session.execute(query, values).df()
    except duckdb.Error as error:
        raise CourseError(
            f"{source} cannot be read as payments: {error}.",
            mend=f"Give Parquet files with the columns {', '.join(COLUMNS)}.",
        ) from error


def _require_whole(found: pd.DataFrame, source: Path, day: int, known: int) -> None:
    if not (found[c.TX_TIME_DAYS] == day).any():
        last = "none" if found.empty else f"the last before it is {found[c.TX_TIME_DAYS].max()}"
        raise CourseError(
            f"{source} has no payments of day {day} ({last}).",
            mend="Run it again when they are there; nothing was decided.",
        )
    twice = found[c.TRANSACTION_ID].duplicated()
    if twice.any():
        raise CourseError(
            f"{source} has payment {found.loc[twice, c.TRANSACTION_ID].iloc[0]} twice.",
            mend="Give each payment once: do files overlap?",
        )
    absent = found.isna().sum()
    for name, count in absent[absent > 0].items():
        raise CourseError(
            f"{source}: {name} is missing in {count} payments.",
            mend=f"Labels of days until {known} are known by the end of day {day}."
            if name == c.TX_FRAUD
            else "Every payment has all columns.",
        )
