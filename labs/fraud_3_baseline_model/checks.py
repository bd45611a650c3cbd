"""The checks that you can read: they run with your own seed, and again with others."""

import hashlib

import numpy as np
import pandas as pd
import world as lab_world
from world import LINEAGE_COLUMNS, START_DAY

from autograder.checks import Run, check, expect, prepared

small_world = prepared(lab_world.small_world)
prepared_weeks = prepared(lab_world.prepared_weeks)
DAY = 86_400


def payments(rows: list[tuple[float, int, int]]) -> pd.DataFrame:
    """Return payments from (day, terminal, fraud); half a day is day + 0.5."""
    day, terminal, fraud = (np.array(column) for column in zip(*rows, strict=True))
    return pd.DataFrame(
        {
            "TRANSACTION_ID": np.arange(len(day)),
            "CUSTOMER_ID": 1,
            "TERMINAL_ID": terminal,
            "TX_TIME_SECONDS": (day * DAY).astype(int),
            "TX_TIME_DAYS": day.astype(int),
            "TX_AMOUNT": 20.0,
            "TX_FRAUD": fraud,
        }
    )


@check("split", points=1)
def train_and_test_have_the_right_days(run: Run) -> None:
    world = small_world(run.parameters["seed"])
    world = world[world["CUSTOMER_ID"] % 3 == 0]  # fewer rows to send
    parts = expect(run.call("time_split", world, START_DAY, 7, 7, 7), "time_split(…, 21, 7, 7, 7)")
    train = parts.at(0).to_have_columns(*world.columns)
    days = sorted(set(train.value["TX_TIME_DAYS"].tolist()))
    expect(days, "the days in train").to_equal(list(range(21, 28)))
    due = world[world["TX_TIME_DAYS"].between(21, 27)]
    train.at("TRANSACTION_ID").to_equal(due["TRANSACTION_ID"])
    test = parts.at(1).to_have_columns(*world.columns)
    days = sorted(set(test.value["TX_TIME_DAYS"].tolist()))
    expect(days, "the days in test").to_equal(list(range(35, 42)))


@check(
    "split",
    points=1,
    feedback="It counts your test period, so see first that time_split is right; then compute all "
    "four from it, and copy no number.",
)
def doing_nothing_has_its_price(run: Run) -> None:
    world = small_world(run.parameters["seed"])
    frauds = world[(world["TX_FRAUD"] == 1) & (world["TX_TIME_DAYS"] >= 21)]
    test = []
    for day in range(35, 42):
        blocked = frauds.loc[frauds["TX_TIME_DAYS"] + 7 < day, "CUSTOMER_ID"]
        today = world[world["TX_TIME_DAYS"] == day]
        test.append(today[~today["CUSTOMER_ID"].isin(blocked)])
    labels = pd.concat(test)["TX_FRAUD"]
    got = expect(run.value("doing_nothing"), "doing_nothing").to_be_a(dict)
    got.at("payments").to_equal(len(labels))
    got.at("frauds").to_equal(int(labels.sum()))
    got.at("accuracy").to_equal(1 - labels.mean(), tol=1e-9)
    got.at("recall").to_equal(0.0, tol=1e-9)


@check("risk", points=1, feedback="Which labels are known at the time of the payment?")
def reads_a_terminals_past(run: Run) -> None:
    # Terminal 5 is clean at first, then every payment there is fraud; terminal 6 has no past.
    past = payments(
        [(0, 5, 0), (2, 5, 0), (4.5, 5, 1), (9.2, 5, 1), (10, 6, 0), (12, 5, 1), (15, 5, 0)]
    )
    got = expect(run.call("terminal_risk", past, 7, 7), "terminal_risk(seven payments, 7, 7)")
    got.to_have_columns("NB_TX", "RISK").to_have_length(7)
    got.at("NB_TX").to_equal([0, 0, 0, 2, 0, 3, 2])
    got.at("RISK").to_equal([0, 0, 0, 0, 0, 1 / 3, 0.5], tol=1e-9)


@check("metrics", points=1)
def average_precision_of_a_short_list(run: Run) -> None:
    labels = np.array([0, 1, 0, 1, 1])
    scores = np.array([0.1, 0.9, 0.7, 0.6, 0.3])
    # In order: fraud, genuine, fraud, fraud, genuine. Each fraud found is a third of the recall.
    due = (1 / 1 + 2 / 3 + 3 / 4) / 3
    got = run.call("average_precision", labels, scores)
    expect(got, "average_precision([0 1 0 1 1], [.9 is the top])").to_equal(due, tol=1e-9)


@check("metrics", points=1, feedback="A call looks at all payments of the card on that day.")
def cards_of_one_day(run: Run) -> None:
    # Cards 1 and 3 are called. The fraud on card 1 is not its most suspicious payment, but the
    # call finds it all the same; card 4 is missed.
    day = pd.DataFrame(
        {
            "TX_TIME_DAYS": 35,
            "CUSTOMER_ID": [1, 1, 2, 2, 2, 3, 3, 4],
            "TX_FRAUD": [1, 0, 0, 0, 0, 1, 0, 1],
        }
    )
    scores = np.array([0.85, 0.9, 0.6, 0.61, 0.62, 0.8, 0.1, 0.2])
    got = run.call("card_precision", day, scores, 2)
    expect(got, "card_precision(one day, scores, 2)").to_equal(1.0, tol=1e-9)


@check("model", points=1, feedback="A ranking needs shades between yes and no.")
def gives_probabilities(run: Run) -> None:
    train, test = prepared_weeks(run.parameters["seed"])
    test = test.head(2_000).drop(columns="TX_FRAUD")
    got = expect(run.call("fraud_scores", train, test), "fraud_scores(train, test)")
    scores = got.to_be_array((2_000,), 0, 1).value
    expect(len(np.unique(scores)), "how many different scores there are").to_be_at_least(5)


@check("calibration", points=1)
def keeps_range_and_order(run: Run) -> None:
    rng = np.random.default_rng(run.parameters["seed"])
    past = rng.uniform(0.2, 0.8, 3_000)
    labels = (rng.random(3_000) < past**2).astype(int)
    new = np.linspace(0.01, 0.99, 50)  # beyond the past on both sides
    got = expect(run.call("calibrate", past, labels, new), "calibrate(past, labels, new)")
    got.to_be_array((50,), 0, 1).to_be_sorted()
    expect(float(got.value[-1]) > float(got.value[0]), "the answer").to_be_true(
        "the highest score must get a higher probability than the lowest"
    )


@check("calibration", points=1)
def calibration_error_of_two_bins(run: Run) -> None:
    labels = np.array([1, 0, 0, 0, 0, 1, 1, 0])
    probabilities = np.array([0.2, 0.1, 0.1, 0.2, 0.7, 0.9, 0.8, 0.8])
    # The lower four: 0.15 predicted, a quarter observed. The upper: 0.8 predicted, half observed.
    got = run.call("calibration_error", labels, probabilities, 2)
    expect(got, "calibration_error(eight payments, 2)").to_equal((0.1 + 0.3) / 2, tol=1e-9)


@check("threshold", points=1)
def weighs_reviews_against_losses(run: Run) -> None:
    labels = np.array([1, 0, 1, 0, 1])
    scores = np.array([0.9, 0.8, 0.3, 0.2, 0.1])
    amounts = np.array([120.0, 60.0, 90.0, 80.0, 4.0])
    # Alerts down to 0.3: three reviews at 10, and 4 euros lost. No other threshold costs less.
    got = expect(
        run.call("cheapest_threshold", labels, scores, amounts, 10.0), "cheapest_threshold(…)"
    )
    threshold = got.to_be_a(float, int).value
    expect(
        [score >= threshold for score in scores.tolist()], "the alerts at your threshold"
    ).to_equal([True, True, True, False, False])


@check("registry", points=1)
def hashes_the_data(run: Run) -> None:
    week = small_world(run.parameters["seed"]).head(600)[LINEAGE_COLUMNS]
    due = hashlib.sha256(week.to_csv(index=False).encode()).hexdigest()
    expect(run.call("data_hash", week), "data_hash(600 payments)").to_equal(due)


@check(
    "registry",
    points=1,
    once=True,
    feedback="See first that data_hash is right; then follow the alias to its version, and the "
    "version to its run.",
)
def knows_its_champion(run: Run) -> None:
    week = small_world(run.parameters["seed"]).head(4_000)
    version = expect(run.call("register", week, "c0ffee1"), "register(…)").to_be_a(int).value
    run.call("promote", version)
    rows = week.sort_values("TRANSACTION_ID")[LINEAGE_COLUMNS]
    due = {
        "version": version,
        "data_hash": hashlib.sha256(rows.to_csv(index=False).encode()).hexdigest(),
        "code_revision": "c0ffee1",
    }
    expect(run.call("champion"), "champion() after promote").to_equal(due)
