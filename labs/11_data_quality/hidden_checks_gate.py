"""Hidden checks of the policy and of the gate that follows it."""

import pandas as pd
from checks import ARGUMENTS, files, row_faults
from hidden_checks import SECRET
from hidden_checks_drift import leaning
from payment_batches import clean_payments, faulty_payments, incident_log, reference_amounts

from autograder.checks import Run, check, expect


@check(
    "policy",
    points=1,
    feedback="What can be set aside, which harm came about, and what if two actions cost the same?",
)
def sets_aside_only_rows(run: Run) -> None:
    alarms = [  # rule, by_row, rows_hit, estimate, real
        ("columns", False, 3, 5_000.0, True),
        ("columns", False, 2, 4_000.0, False),
        ("even", True, 400, 600.0, True),
        ("even", True, 400, 9_999.0, False),
        ("even", True, 0, 600.0, True),
        ("level", True, 300, 450.0, True),
        ("level", True, 100, 150.0, True),
        ("harmless", False, 1, 700.0, False),
    ]
    log = pd.DataFrame(alarms, columns=["rule", "by_row", "rows_hit", "estimate", "real"])
    expect(run.call("choose_policy", log), "choose_policy(eight alarms)").to_equal(
        {
            "columns": {"action": "block", "cost": 1_200.0},
            "even": {"action": "warn", "cost": 1_200.0},
            "level": {"action": "warn", "cost": 600.0},
            "harmless": {"action": "warn", "cost": 0.0},
        },
        tol=1e-9,
    )


@check("policy", points=1, feedback="Add up the whole year, false alarms included.")
def weighs_a_year_of_alarms(run: Run) -> None:
    log = incident_log(SECRET + run.parameters["seed"])
    due = {}
    for rule, own in log.groupby("rule"):
        costs = [
            (float((own.estimate * own.real).sum()), 0, "warn"),
            (600.0 * len(own), 2, "block"),
        ]
        if own.by_row.all():
            costs.append((1.5 * int(own.rows_hit.sum()), 1, "quarantine"))
        cost, _, action = min(costs)
        due[rule] = {"action": action, "cost": cost}
    expect(run.call("choose_policy", log), "choose_policy(a year)").to_equal(due, tol=1e-9)


def gate_on(run: Run, batch: pd.DataFrame, name: str, seed: int = SECRET):
    """Return what the gate did with a batch, as an expectation."""
    got = run.call("try_gate", files(batch, reference_amounts(seed)), ARGUMENTS)
    return expect(got, f"the gate on {name}")


@check(
    "gate",
    points=1,
    feedback="Batch and reference: which exit code says that nothing could be judged at all?",
)
def says_what_it_could_not_read(run: Run) -> None:
    given = files(clean_payments(SECRET), reference_amounts(SECRET))
    for name, changed in (
        ("a file that is not there", {"reference.csv": given["reference.csv"]}),
        ("an empty file", {**given, "batch.csv": ""}),
        ("a file that breaks off", {**given, "batch.csv": 'payment_id,amount\n"P1,3\n'}),
        ("a reference that is not there", {"batch.csv": given["batch.csv"]}),
        ("a reference of other columns", {**given, "reference.csv": "price\n3.5\n"}),
        ("a reference without rows", {**given, "reference.csv": "amount\n"}),
        ("a reference without numbers", {**given, "reference.csv": "amount\nn/a\nn/a\n"}),
    ):
        got = expect(run.call("try_gate", changed, ARGUMENTS), f"the gate on {name}")
        got.at("exit").to_equal(2)
        got.at("report", "verdict").to_equal("unreadable")


@check("gate", points=0.5, feedback="All of nothing is true. And how many rows may be set aside?")
def blocks_what_is_hollow(run: Run) -> None:
    frame = clean_payments(SECRET + run.parameters["seed"])
    got = gate_on(run, frame.iloc[:0], "a batch without rows")
    got.at("exit").to_equal(1)
    got.at("report", "blocked_by").to_equal(["batch.empty"])
    for broken, blocked_by in ((40, []), (41, ["quarantine.share"])):
        frame.loc[frame.index[100 : 100 + broken], "currency"] = "XXX"
        got = gate_on(run, frame, f"400 payments, {broken} of unknown currency")
        got.at("exit").to_equal(1 if blocked_by else 0)
        got.at("report", "blocked_by").to_equal(blocked_by)
        got.at("report", "quarantined").to_equal(broken)
        got.at("report", "accepted").to_equal(0 if blocked_by else 400 - broken)


@check("gate", points=0.5, feedback="A column is missing: what is still judged, and what is not?")
def judges_less_without_a_column(run: Run) -> None:
    frame = clean_payments(SECRET + run.parameters["seed"]).drop(columns="paid_at")
    frame.loc[frame.currency == "GBP", "amount"] *= 100
    frame.loc[100:149, "currency"] = "XXX"
    got = gate_on(run, frame, "payments in pence, 50 of unknown currency, without paid_at")
    got.at("exit").to_equal(1)
    got.at("report", "failed").to_equal({"currency.known": 50})
    got.at("report", "blocked_by").to_equal(["columns.missing"])
    got.at("report", "quarantined").to_equal(0)
    got.at("report", "accepted").to_equal(0)


@check(
    "gate",
    points=0.5,
    needs="lets_a_clean_batch_pass",
    feedback="Some rules only warn: which rows are set aside, and which go on?",
)
def warns_without_setting_aside(run: Run) -> None:
    frame = clean_payments(SECRET + run.parameters["seed"]).assign(device="phone")
    frame.loc[200:260, "customer_id"] = "guest"
    frame.loc[255:262, "amount"] = -1.0
    got = gate_on(run, frame, "payments with odd customers, a new column and 8 negative amounts")
    report = got.at("report")
    report.at("failed").to_equal({"customer_id.format": 61, "amount.range": 8})
    report.at("warnings").to_equal(["columns.extra", "customer_id.format"])
    report.at("quarantined").to_equal(8)
    blocked_by = report.at("blocked_by").to_be_a(list).value
    # A fault of the drift check is told elsewhere; this one is about the rules that warn.
    expect([one for one in blocked_by if one != "amount.drift"], "blocked_by").to_equal([])
    if not blocked_by:
        got.at("exit").to_equal(0)
        report.at("verdict").to_equal("pass")
        report.at("accepted").to_equal(392)


@check(
    "gate",
    points=0.5,
    needs="lets_a_clean_batch_pass",
    feedback="Which amounts are compared with the past? And what if there are none?",
)
def compares_what_remains(run: Run) -> None:
    frame = clean_payments(SECRET + run.parameters["seed"], rows=2_000)
    frame.loc[300:489, ["amount", "currency"]] = [3_000.0, "XXX"]
    got = gate_on(run, frame, "2,000 payments, 190 large ones of unknown currency")
    got.at("report", "blocked_by").to_equal([])
    got.at("report", "quarantined").to_equal(190)
    got.at("report", "accepted").to_equal(1_810)
    frame = frame.iloc[:400].assign(currency="XXX")
    got = gate_on(run, frame, "400 payments, all of unknown currency")
    got.at("exit").to_equal(1)
    got.at("report", "blocked_by").to_equal(["quarantine.share"])
    got.at("report", "quarantined").to_equal(400)


@check(
    "gate",
    points=0.5,
    needs="lets_a_clean_batch_pass",
    feedback="How often may the gate ring on clean days? It is not drift_report's own choice.",
)
def rings_as_rarely_as_agreed(run: Run) -> None:
    # p-values of 0.0016 and 0.00013 on either side of 0.0005, and half the PSI that would ring.
    amounts = reference_amounts(SECRET)
    for lean, blocked_by in ((0.096, []), (0.112, ["amount.drift"])):
        frame = clean_payments(SECRET + run.parameters["seed"])
        frame["amount"] = leaning(amounts, 400, lean)
        got = gate_on(run, frame, "amounts that lean a little")
        got.at("report", "blocked_by").to_equal(blocked_by)
        got.at("exit").to_equal(len(blocked_by))


@check("gate", points=0.5, feedback="The fault that no row betrays.")
def blocks_the_pence(run: Run) -> None:
    frame, truth = faulty_payments(SECRET + run.parameters["seed"])
    frame = frame[~frame.payment_id.duplicated() & frame.amount.notna()]
    left_out = ("amount.drift", "amount.present", "payment_id.unique")
    due = {rule: count for rule, count in row_faults(truth).items() if rule not in left_out}
    got = gate_on(run, frame, "payments with GBP in pence")
    got.at("exit").to_equal(1)
    got.at("report", "blocked_by").to_equal(["amount.drift"])
    got.at("report", "failed").to_equal(due)
