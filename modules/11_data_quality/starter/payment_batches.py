"""Make daily payment batches, clean or with planted faults, and the records kept about them."""

from pathlib import Path

import numpy as np
import pandas as pd

DAY = "2026-03-02"
COLUMNS = ("payment_id", "customer_id", "amount", "currency", "paid_at")
CURRENCIES = ("EUR", "USD", "GBP")
AMOUNT_CEILING = 50_000.0
ROW_RULES = (
    "payment_id.present",
    "payment_id.unique",
    "customer_id.present",
    "customer_id.format",
    "amount.present",
    "amount.range",
    "currency.present",
    "currency.known",
    "paid_at.present",
    "paid_at.in_batch",
)
# What the team agreed on: "block" stops the batch, "quarantine" sets the rows aside,
# "warn" lets them through and tells.
POLICY = {
    "batch.empty": "block",
    "columns.missing": "block",
    "columns.extra": "warn",
    "payment_id.present": "quarantine",
    "payment_id.unique": "quarantine",
    "customer_id.present": "warn",
    "customer_id.format": "warn",
    "amount.present": "quarantine",
    "amount.range": "quarantine",
    "currency.present": "quarantine",
    "currency.known": "quarantine",
    "paid_at.present": "quarantine",
    "paid_at.in_batch": "quarantine",
    "quarantine.share": "block",
    "amount.drift": "block",
}
QUARANTINE_SHARE = 0.10  # above this share of rows set aside, the batch itself is in doubt
COST_OF_A_BLOCKED_BATCH = 600.0  # EUR: the model of yesterday serves another day
COST_OF_A_ROW_SET_ASIDE = 1.5  # EUR: somebody looks at it


def clean_payments(seed: int, day: str = DAY, rows: int = 400) -> pd.DataFrame:
    """Return one day's payments, all within the contract, ordered by `paid_at` (UTC)."""
    r = np.random.default_rng([seed, 1])
    start = pd.Timestamp(day, tz="UTC")
    seconds = np.sort(r.integers(0, 86_400, rows))
    prefix = f"P{start:%y%m%d}-"
    return pd.DataFrame(
        {
            "payment_id": [f"{prefix}{i:05d}" for i in range(rows)],
            "customer_id": [f"C{c:04d}" for c in r.integers(0, 3_000, rows)],
            "amount": np.clip(r.lognormal(3.0, 0.8, rows), 0.5, 400.0).round(2),
            "currency": r.choice(CURRENCIES, rows, p=[0.5, 0.2, 0.3]),
            "paid_at": start + pd.to_timedelta(seconds, unit="s"),
        }
    )


def faulty_payments(seed: int, day: str = DAY, rows: int = 400) -> tuple[pd.DataFrame, dict]:
    """Return a batch with seven planted faults, and how many rows each of them broke.

    The truth is keyed by rule. Six faults sit in single rows, no row having two of them; the
    seventh, `amount.drift`, is that every GBP amount arrives in pence, which no row betrays.
    """
    r = np.random.default_rng([seed, 2])
    frame = clean_payments(seed, day, rows)
    frame.loc[frame.currency == "GBP", "amount"] *= 100
    counts = r.integers(3, 10, 5)
    picks = np.split(r.permutation(rows), np.cumsum(counts))
    missing, negative, spelling, customer, late = picks[:5]
    frame.loc[missing, "amount"] = np.nan
    frame.loc[negative, "amount"] *= -1
    frame.loc[spelling, "currency"] = r.choice(["eur", "€", "GBp"], len(spelling))
    frame.loc[customer, "customer_id"] = frame.customer_id[customer].str.replace("C", "C ")
    frame.loc[late, "paid_at"] += pd.Timedelta(days=1)
    sent_again = frame.loc[picks[5][: int(r.integers(4, 12))]]
    truth = {
        "amount.present": len(missing),
        "amount.range": len(negative),
        "currency.known": len(spelling),
        "customer_id.format": len(customer),
        "paid_at.in_batch": len(late),
        "payment_id.unique": len(sent_again),
        "amount.drift": int((frame.currency == "GBP").sum()),
    }
    return pd.concat([frame, sent_again], ignore_index=True), truth


def reference_amounts(seed: int, rows: int = 6_000) -> np.ndarray:
    """Return the amounts of past clean payments, shape (rows,), to compare a batch with."""
    return clean_payments(seed + 1_000_003, "2026-02-01", rows)["amount"].to_numpy()


def batch_history(seed: int, until: str = DAY, days: int = 84) -> pd.DataFrame:
    """Return what is recorded of past batches: `day`, `rows`, `delivered_at` (UTC), oldest first.

    Weekends bring less than half the payments; `until` itself is not in the history.
    """
    r = np.random.default_rng([seed, 3])
    when = pd.date_range(end=pd.Timestamp(until, tz="UTC") - pd.Timedelta(days=1), periods=days)
    usual = np.where(when.dayofweek < 5, 400, 170)
    return pd.DataFrame(
        {
            "day": when.strftime("%Y-%m-%d"),
            "rows": r.poisson(usual),
            "delivered_at": when + pd.to_timedelta(24 * 60 + r.integers(30, 240, days), unit="min"),
        }
    )


def incident_log(seed: int, alarms: int = 600) -> pd.DataFrame:
    """Return a year of alarms, one a row, each with what came of it.

    Columns: `rule`; `by_row`, whether the rule judges single rows, so that these could have been
    set aside; `rows_hit`; `estimate`, the harm in EUR expected at the time had the batch been used
    as it was; `real`, found out later: false means that the data were right after all and would
    have done no harm.
    """
    r = np.random.default_rng([seed, 4])
    kinds = {  # rule: by row?, mean of rows hit, mean estimate, share of real alarms
        "amount.present": (True, 4, 300.0, 0.9),
        "customer_id.format": (True, 60, 400.0, 0.08),
        "currency.known": (True, 6, 500.0, 0.8),
        "paid_at.in_batch": (True, 1_200, 1_800.0, 0.75),
        "columns.extra": (False, 2_000, 1_500.0, 0.05),
        "columns.missing": (False, 2_000, 3_000.0, 0.95),
        "amount.drift": (False, 2_000, 2_500.0, 0.6),
    }
    rules = r.choice(list(kinds), alarms)
    by_row, hit, estimate, share = (np.array([kinds[rule][i] for rule in rules]) for i in range(4))
    return pd.DataFrame(
        {
            "rule": rules,
            "by_row": by_row.astype(bool),
            "rows_hit": r.poisson(hit) + 1,
            "estimate": (estimate * r.gamma(4.0, 0.25, alarms)).round(2),
            "real": r.random(alarms) < share,
        }
    )


def read_batch(path: Path) -> pd.DataFrame:
    """Read a batch from a CSV file; a number or time that cannot be parsed becomes missing.

    A column that is not there stays away. Raise OSError when the file cannot be opened, and
    ValueError (of which pandas' parser errors are kinds) when it is no CSV file.
    """
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""])
    if "amount" in frame:
        frame["amount"] = pd.to_numeric(frame["amount"], errors="coerce")
    if "paid_at" in frame:
        frame["paid_at"] = pd.to_datetime(
            frame["paid_at"], errors="coerce", utc=True, format="ISO8601"
        )
    return frame
