"""Hidden checks: they never leave the course."""

import math

import numpy as np
import pandas as pd
from payment_batches import DAY, clean_payments, faulty_payments

from autograder.checks import Run, check, expect

SECRET = 0x9D27_41E6_C05B_7F13_A8E2_6B94  # 96 random bits: no seed that could be tried out
TOMORROW = "2026-03-03"
LEAP_DAY = "2028-02-29"


def on_the_edge(secret: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return payments just within and just outside of each rule, and the rows that break them."""
    frame = clean_payments(SECRET + secret)
    frame.loc[[3, 4, 5, 6], "amount"] = [0.0, 0.01, 50_000.0, 50_000.01]
    frame.loc[[7, 8], "amount"] = [math.inf, -math.inf]
    frame.loc[[11, 12, 13], "currency"] = ["eur", "GBP ", "GBX"]
    frame.loc[[21, 22, 23, 24], "customer_id"] = ["c0123", "C012", "C01234", "XC0123"]
    frame.loc[31, "paid_at"] = pd.Timestamp(DAY, tz="UTC")
    frame.loc[32, "paid_at"] = pd.Timestamp(TOMORROW, tz="UTC")
    frame.loc[33, "paid_at"] = pd.Timestamp("2026-03-03T00:30:00+01:00").tz_convert("UTC")
    frame.loc[[60, 90, 120], "payment_id"] = frame.payment_id[41]
    due = {
        "amount.range": 4,
        "currency.known": 3,
        "customer_id.format": 4,
        "paid_at.in_batch": 1,
        "payment_id.unique": 3,
    }
    return frame, due


def with_gaps(secret: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return payments of another day with missing values in every column, and how many."""
    frame = clean_payments(SECRET + secret, LEAP_DAY)
    frame.loc[[1, 2], "payment_id"] = None
    frame.loc[[2, 3, 4], "customer_id"] = None
    frame.loc[[5, 6, 7, 8], "amount"] = np.nan
    frame.loc[[8, 9], "currency"] = None
    frame.loc[[10], "paid_at"] = pd.NaT
    columns = ("payment_id", "customer_id", "amount", "currency", "paid_at")
    return frame, dict(zip((f"{c}.present" for c in columns), (2, 3, 4, 2, 1), strict=True))


@check("schema", points=1, feedback="What is an amount that is not there? And an id, a currency?")
def counts_what_is_missing(run: Run) -> None:
    frame, due = with_gaps(run.parameters["seed"])
    expect(run.call("validate", frame, LEAP_DAY), "validate(frame)").at("failed").to_equal(due)


@check(
    "schema", points=0.5, feedback="Values that lie just on the edge of a rule, and just beyond."
)
def knows_the_edges(run: Run) -> None:
    frame, due = on_the_edge(run.parameters["seed"])
    expect(run.call("validate", frame, DAY), "validate(frame)").at("failed").to_equal(due)


@check(
    "schema", points=0.5, feedback="Customers' ids: what all does your pattern take for a digit?"
)
def knows_what_a_digit_is(run: Run) -> None:
    frame = clean_payments(SECRET + run.parameters["seed"])
    frame.loc[[2, 3, 5, 8], "customer_id"] = [
        "C\u0660\u0661\u0662\u0663",
        "C012\uff13",
        "C01234",
        "c0123",
    ]
    got = expect(run.call("validate", frame, DAY), "validate(frame)")
    got.at("failed").to_equal({"customer_id.format": 4})


@check(
    "schema",
    points=1,
    feedback="Columns come, go and are renamed: the rest is still judged, and lists are sorted.",
)
def survives_other_columns(run: Run) -> None:
    given, found = on_the_edge(run.parameters["seed"])
    renamed = given.rename(columns={"amount": "amount_minor"}).assign(zone="EU", batch=1)
    for frame, missing, extra in (
        (renamed.drop(columns="paid_at"), ["amount", "paid_at"], ["amount_minor", "batch", "zone"]),
        (given.drop(columns=["payment_id", "customer_id"]), ["customer_id", "payment_id"], []),
    ):
        failed = {rule: n for rule, n in found.items() if rule.split(".")[0] not in missing}
        expect(run.call("validate", frame, DAY), "validate(frame)").to_equal(
            {
                "rows": len(frame),
                "failed": failed,
                "missing_columns": missing,
                "extra_columns": extra,
            }
        )


@check("expectations", points=1, once=True, feedback="Both tools must find the same, edges too.")
def agrees_with_the_contract(run: Run) -> None:
    for day, (frame, due) in ((DAY, on_the_edge(1)), (LEAP_DAY, with_gaps(2))):
        got = run.call("run_suite", frame, run.call("payment_suite", day))
        expect(got, "run_suite(frame, your suite)").at("failed").to_equal(due)


@check("expectations", points=1, once=True, feedback="Suites that others wrote: any expectation.")
def runs_any_suite(run: Run) -> None:
    frame, _ = on_the_edge(3)
    frame["net"] = np.where(np.arange(len(frame)) < 9, frame.amount + 1, frame.amount - 0.2)
    frame.loc[[7, 8], ["amount", "net"]] = [5.0, 6.0]
    suite = [
        ("length", "expect_column_value_lengths_to_equal", {"column": "currency", "value": 3}),
        ("few", "expect_table_row_count_to_be_between", {"min_value": 1_000}),
        ("mean", "expect_column_median_to_be_between", {"column": "amount", "max_value": 5}),
        (
            "mostly",
            "expect_column_values_to_be_in_set",
            {"column": "currency", "value_set": ["EUR", "USD", "GBP"], "mostly": 0.95},
        ),
        (
            "net",
            "expect_column_pair_values_a_to_be_greater_than_b",
            {"column_A": "amount", "column_B": "net"},
        ),
        ("twice", "expect_column_values_to_be_unique", {"column": "payment_id"}),
    ]
    given = [{"type": kind, "kwargs": how, "meta": {"rule": rule}} for rule, kind, how in suite]
    expect(run.call("run_suite", frame, given), "run_suite(frame, a suite of ours)").to_equal(
        {
            "success": False,
            "failed": {"length": 1, "few": 1, "mean": 1, "net": 9, "twice": 3},
            "errors": [],
        }
    )


@check("expectations", points=1, once=True, feedback="A rule that cannot be judged has not passed.")
def tells_what_it_could_not_judge(run: Run) -> None:
    frame = clean_payments(SECRET + 4).drop(columns="currency")
    suite = [
        ("late", "expect_column_values_to_not_be_null", {"column": "paid_at"}),
        ("set", "expect_column_values_to_be_in_set", {"column": "currency", "value_set": ["EUR"]}),
        ("gone", "expect_column_values_to_not_be_null", {"column": "currency"}),
        ("size", "expect_table_row_count_to_equal", {"value": 7}),
    ]
    given = [{"type": kind, "kwargs": how, "meta": {"rule": rule}} for rule, kind, how in suite]
    expect(run.call("run_suite", frame, given), "run_suite(frame, a suite of ours)").to_equal(
        {"success": False, "failed": {"size": 1}, "errors": ["gone", "set"]}
    )


@check(
    "quarantine",
    points=1,
    feedback="Name every rule that a row breaks, in the contract's order; rows keep theirs.",
)
def names_every_reason(run: Run) -> None:
    frame = clean_payments(SECRET + run.parameters["seed"])
    frame.loc[70, ["amount", "currency"]] = [-3.0, "CHF"]
    frame.loc[12, ["payment_id", "customer_id", "paid_at"]] = [None, "0007", pd.NaT]
    frame.loc[90, ["payment_id", "currency"]] = [frame.payment_id[89], None]
    got = expect(run.call("quarantine", frame, DAY), "quarantine(frame, day)").at(1)
    got.at("reasons").to_equal(
        [
            "payment_id.present; customer_id.format; paid_at.present",
            "amount.range; currency.known",
            "payment_id.unique; currency.present",
        ]
    )


@check("quarantine", points=1, feedback="Labels of an index may occur twice; rows do not.")
def keeps_rows_with_equal_labels(run: Run) -> None:
    seed = SECRET + run.parameters["seed"]
    first, second = clean_payments(seed, rows=60), clean_payments(seed + 1, rows=50)
    second["payment_id"] = "Q" + second.payment_id
    second.loc[[4, 17], "amount"] = [np.nan, -1.0]
    frame = pd.concat([first, second])
    frame = frame.iloc[np.random.default_rng(seed).permutation(len(frame))]
    bad = ~(frame.amount > 0)
    got = expect(run.call("quarantine", frame, DAY), "quarantine(two batches glued together)")
    accepted = got.at(0).to_equal(frame[~bad]).value
    rejected = got.at(1).value
    expect(list(accepted.index), "labels of the accepted rows").to_equal(list(frame.index[~bad]))
    expect(list(rejected.index), "labels of the rejected rows").to_equal(list(frame.index[bad]))


@check(
    "quarantine",
    points=1,
    needs="sets_the_faulty_rows_aside",
    feedback="Look at the frame you were given after your function has run.",
)
def leaves_its_input_alone(run: Run) -> None:
    frame, _ = faulty_payments(SECRET + run.parameters["seed"])
    _, after = run.inspect("quarantine", frame, DAY)
    expect(after, "the arguments afterwards").at(0).to_equal(frame, exact=True)


def past(seed: int, until: str, rows: dict[int, list[int]]) -> pd.DataFrame:
    """Return a shuffled history before and after a day, with given rows on weekdays before it."""
    when = pd.date_range(end=pd.Timestamp(until, tz="UTC") + pd.Timedelta(days=30), periods=130)
    history = pd.DataFrame({"day": when.strftime("%Y-%m-%d"), "rows": 9_000})
    history["delivered_at"] = when + pd.Timedelta(hours=25)
    for weekday, values in rows.items():
        places = np.flatnonzero((when.dayofweek == weekday) & (history.day < until))[-len(values) :]
        history.loc[places, "rows"] = values
    return history.sample(frac=1, random_state=np.random.default_rng(seed), ignore_index=True)


SUNDAYS = [170, 150, 180, 160, 175, 166, 900, 171]  # median 170.5, spread 10.4
MONDAYS = [400, 390, 431, 400, 408, 411, 380, 395]  # median 400, spread at its floor of 20


def health_of(run: Run, day: str, size: int):
    """Return what is said of a batch of a size on a Sunday or a Monday, as an expectation."""
    weekday, rows = (6, SUNDAYS) if day == "2026-03-01" else (0, MONDAYS)
    history = past(SECRET + run.parameters["seed"], day, {weekday: rows})
    frame = clean_payments(SECRET + size, day, size)
    got = run.call("batch_health", history, frame, day, f"{day}T23:59:00+00:00", [])
    return expect(got, f"batch_health(… a batch of {size} rows on {day} …)")


@check("history", points=0.5, feedback="Which past days are like today? What was known that day?")
def compares_with_past_days_alike(run: Run) -> None:
    for day, size, usual in (("2026-03-01", 165, 170.5), ("2026-03-02", 405, 400.0)):
        got = health_of(run, day, size)
        got.at("usual_rows").to_equal(usual, tol=1e-9)
        got.at("volume").to_equal("ok")


@check(
    "history",
    points=0.5,
    needs="compares_with_past_days_alike",
    feedback="How wide is a spread, how small may it be, and what of a size just at the border?",
)
def measures_the_volume(run: Run) -> None:
    for day, size, volume in (
        ("2026-03-01", 120, "low"),
        ("2026-03-01", 132, "ok"),
        ("2026-03-01", 208, "ok"),
        ("2026-03-01", 300, "high"),
        ("2026-03-02", 165, "low"),
        ("2026-03-02", 319, "low"),
        ("2026-03-02", 320, "ok"),
        ("2026-03-02", 480, "ok"),
        ("2026-03-02", 481, "high"),
    ):
        health_of(run, day, size).at("volume").to_equal(volume)


@check("history", points=0.5, feedback="Clocks differ, hours do not. And is the last minute late?")
def counts_hours_on_any_clock(run: Run) -> None:
    history = past(SECRET, LEAP_DAY, {})
    frame = clean_payments(SECRET + run.parameters["seed"], LEAP_DAY, 20)
    for moment, hours in (
        ("2028-02-29T23:59:00-06:00", 5 + 59 / 60),
        ("2028-03-01T11:30:00+05:30", 6.0),
        ("2028-03-01T11:45:00+05:30", 6.25),
        ("2028-03-02T00:00:00+00:00", 24.0),
    ):
        got = run.call("batch_health", history, frame, LEAP_DAY, moment, [])
        got = expect(got, f"batch_health(… delivered_at={moment!r} …)")
        got.at("hours_late").to_equal(hours, tol=1e-6)
        got.at("fresh").to_equal(hours <= 6)


@check("history", points=0.5, feedback="What cannot be known: how short may a past be, and no ids?")
def says_when_it_does_not_know(run: Run) -> None:
    history = past(SECRET, DAY, {0: [400, 410, 390, 400]})
    before = history[history.day < DAY].sort_values("day")
    frame = clean_payments(SECRET + run.parameters["seed"], rows=30)
    moment = "2026-03-03T05:00:00+00:00"
    for days, usual, volume in ((28, 400.0, "low"), (27, None, "unknown"), (0, None, "unknown")):
        got = run.call("batch_health", before.tail(days), frame, DAY, moment, [])
        got = expect(got, f"batch_health(a history of {days} days, …)")
        got.at("usual_rows").to_equal(usual)
        got.at("volume").to_equal(volume)
    frame = frame.drop(columns="payment_id")
    got = expect(
        run.call("batch_health", before.tail(28), frame, DAY, moment, ["P1"]), "no payment_id"
    )
    got.at("seen_before").to_equal(None)
    got.at("volume").to_equal("low")
