"""Visible checks: given to learners as they stand."""

import numpy as np
import pandas as pd
from payment_batches import (
    DAY,
    ROW_RULES,
    batch_history,
    clean_payments,
    faulty_payments,
    reference_amounts,
)

from autograder.checks import Run, check, expect

ARGUMENTS = ["batch.csv", "--day", DAY, "--reference", "reference.csv", "--report", "report.json"]


def files(batch: pd.DataFrame, amounts: np.ndarray) -> dict[str, str]:
    """Return a batch and its reference as the text of two CSV files."""
    reference = pd.DataFrame({"amount": amounts})
    return {
        "batch.csv": batch.to_csv(index=False),
        "reference.csv": reference.to_csv(index=False),
    }


def row_faults(truth: dict[str, int]) -> dict[str, int]:
    """Return the planted faults that single rows betray."""
    return {rule: count for rule, count in truth.items() if rule != "amount.drift"}


@check("schema", points=1)
def counts_six_row_faults(run: Run) -> None:
    frame, truth = faulty_payments(run.parameters["seed"])
    got = expect(run.call("validate", frame, DAY), "validate(faulty payments, day)")
    got.at("failed").to_equal(row_faults(truth))
    got.at("rows").to_equal(len(frame))


@check("schema", points=1, needs="counts_six_row_faults")
def passes_clean_payments(run: Run) -> None:
    frame = clean_payments(run.parameters["seed"])
    got = expect(run.call("validate", frame, DAY), "validate(clean payments, day)")
    clean = {"rows": len(frame), "failed": {}, "missing_columns": [], "extra_columns": []}
    got.to_be_a(dict).to_equal(clean)


@check(
    "expectations",
    points=1,
    once=True,
    feedback="Counts under the wrong rule? Results come in an order of their own, not the suite's.",
)
def finds_the_six_row_faults(run: Run) -> None:
    frame, truth = faulty_payments(run.parameters["seed"])
    suite = expect(run.call("payment_suite", DAY), "payment_suite(day)").to_be_a(list).value
    got = expect(run.call("run_suite", frame, suite), "run_suite(faulty payments, your suite)")
    got.to_equal({"success": False, "failed": row_faults(truth), "errors": []})


@check("expectations", points=0.5, once=True, needs="finds_the_six_row_faults")
def passes_clean_payments_too(run: Run) -> None:
    suite = run.call("payment_suite", DAY)
    got = run.call("run_suite", clean_payments(run.parameters["seed"]), suite)
    expect(got, "run_suite(clean payments, your suite)").to_equal(
        {"success": True, "failed": {}, "errors": []}
    )


def in_json(value: object) -> bool:
    """Return whether a value holds nothing but what JSON can, tuples counting as lists."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and in_json(item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return all(in_json(item) for item in value)
    return value is None or isinstance(value, str | bool | int | float)


@check("expectations", points=0.5, once=True, needs="finds_the_six_row_faults")
def keeps_the_suite_plain(run: Run) -> None:
    suite = expect(run.call("payment_suite", DAY), "payment_suite(day)").to_be_a(list).value
    rules = [expect(one, "an expectation of your suite").at("meta", "rule").value for one in suite]
    expect(sorted(rules), "the rules of payment_suite(day), sorted").to_equal(sorted(ROW_RULES))
    odd = [one["meta"]["rule"] for one in suite if not in_json(one)]
    expect(odd, "rules whose expectation holds what JSON cannot (a Timestamp, say)").to_equal([])


@check("quarantine", points=1)
def sets_the_faulty_rows_aside(run: Run) -> None:
    frame, truth = faulty_payments(run.parameters["seed"])
    got = expect(run.call("quarantine", frame, DAY), "quarantine(faulty payments, day)")
    accepted = (
        got.to_be_a(tuple, list).to_have_length(2).at(0).to_have_columns(*frame.columns).value
    )
    rejected = got.at(1).to_have_columns(*frame.columns, "reasons").value
    expect(len(rejected), "number of rejected rows").to_equal(sum(row_faults(truth).values()))
    expect(len(accepted) + len(rejected), "accepted plus rejected rows").to_equal(len(frame))
    expect(rejected.reasons.value_counts().to_dict(), "reasons, counted").to_equal(
        row_faults(truth)
    )


@check("history", points=1)
def measures_how_late(run: Run) -> None:
    seed = run.parameters["seed"]
    history, frame = batch_history(seed), clean_payments(seed)
    for moment, hours in (
        ("2026-03-03T03:30:00+00:00", 3.5),
        ("2026-03-03T07:15:00+00:00", 7.25),
        ("2026-03-03T06:30:00+02:00", 4.5),
    ):
        got = run.call("batch_health", history, frame, DAY, moment, [])
        got = expect(got, f"batch_health(… delivered_at={moment!r} …)")
        got.at("hours_late").to_equal(hours, tol=1e-9)
        got.at("fresh").to_equal(hours <= 6)


@check("history", points=1)
def counts_what_was_seen_before(run: Run) -> None:
    seed = run.parameters["seed"]
    history, frame = batch_history(seed), clean_payments(seed)
    seen = [f"P260301-{i:05d}" for i in range(300)] + frame.payment_id[40:57].tolist()
    frame = pd.concat([frame, frame[50:52]], ignore_index=True)
    got = run.call("batch_health", history, frame, DAY, "2026-03-03T01:00:00+00:00", seen)
    got = expect(got, "batch_health(a batch of which 19 rows have a known id)")
    got.at("seen_before").to_equal(19)


@check("drift", points=1)
def follows_the_formula(run: Run) -> None:
    # 100 reference values, 10 in each bin of 10; 60 current ones, all below the median.
    reference = np.arange(100.0)
    current = np.concatenate([np.full(30, 2.0), np.full(10, 15.0), np.full(20, 41.0)])
    counts = np.array([30, 10, 0, 0, 20, 0, 0, 0, 0, 0])
    p, q = np.full(10, 10.5 / 105), (counts + 0.5) / 65
    due = float(np.sum((q - p) * np.log(q / p)))
    got = run.call("psi", reference, current)
    expect(got, "psi(0 … 99, 60 values below 42)").to_equal(due, tol=1e-9)


@check("drift", points=1)
def sees_the_pence(run: Run) -> None:
    seed = run.parameters["seed"]
    frame, _ = faulty_payments(seed)
    got = run.call("drift_report", reference_amounts(seed), frame.amount.to_numpy())
    got = expect(got, "drift_report(reference, amounts of which 30 % are in pence)")
    got.at("alarm").to_equal(True)
    got.at("psi").to_be_at_least(0.15)
    got.at("p_value").to_be_at_most(1e-6)


@check("policy", points=1)
def weighs_three_actions(run: Run) -> None:
    alarms = [  # rule, by_row, rows_hit, estimate, real
        ("few_rows", True, 10, 900.0, True),
        ("few_rows", True, 20, 100.0, True),
        ("many_rows", True, 2_000, 2_500.0, True),
        ("many_rows", True, 1_000, 1_000.0, True),
        ("cries_wolf", True, 50, 900.0, False),
        ("cries_wolf", True, 70, 800.0, False),
        ("cries_wolf", True, 60, 12.5, True),
    ]
    log = pd.DataFrame(alarms, columns=["rule", "by_row", "rows_hit", "estimate", "real"])
    expect(run.call("choose_policy", log), "choose_policy(seven alarms)").to_equal(
        {
            "few_rows": {"action": "quarantine", "cost": 45.0},
            "many_rows": {"action": "block", "cost": 1_200.0},
            "cries_wolf": {"action": "warn", "cost": 12.5},
        },
        tol=1e-9,
    )


@check("gate", points=1)
def blocks_a_batch_without_amounts(run: Run) -> None:
    seed = run.parameters["seed"]
    frame = clean_payments(seed).rename(columns={"amount": "amount_minor"})
    got = run.call("try_gate", files(frame, reference_amounts(seed)), ARGUMENTS)
    got = expect(got, "the gate on a batch whose column amount was renamed")
    got.at("exit").to_equal(1)
    got.at("report", "verdict").to_equal("block")
    got.at("report", "blocked_by").to_equal(["columns.missing"])
    got.at("report", "warnings").to_equal(["columns.extra"])


@check("gate", points=1, needs="blocks_a_batch_without_amounts")
def lets_a_clean_batch_pass(run: Run) -> None:
    seed = run.parameters["seed"]
    got = run.call("try_gate", files(clean_payments(seed), reference_amounts(seed)), ARGUMENTS)
    got = expect(got, "the gate on clean payments")
    got.at("exit").to_equal(0)
    got.at("report").to_equal(
        {
            "verdict": "pass",
            "rows": 400,
            "accepted": 400,
            "quarantined": 0,
            "failed": {},
            "warnings": [],
            "blocked_by": [],
        }
    )
