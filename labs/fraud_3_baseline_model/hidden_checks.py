"""The checks that learners never see; their seeds of 96 random bits are too many to try."""

import numpy as np
import pandas as pd
import world as lab_world
from world import FEATURES, START_DAY

from autograder.checks import Run, check, expect, prepared
from projects.fraud import features, metrics
from projects.fraud.splitting import SplitConfig, time_split

small_world = prepared(lab_world.small_world)
prepared_weeks = prepared(lab_world.prepared_weeks)

UNSEEN_WORLDS = (
    0x23FF7567F6967C03EF7CE654,
    0x1B695E1C2781D445DD749B5F,
)
CARD_WORLD = 0x7C9EADE2AD5DF7E53BAAACE0
CALIBRATION_WORLDS = (
    0x2BA27760F048689F23E8090C,
    0xAF4D94639635C163A57F487F,
)
TABLE_SEED = 0x91E124BABCED9D2F19F0BD27
SCORE_SEED = 0xC58CBF6BD603365573D46C0E
DAY = 86_400


def a_few_cards(seed: int) -> pd.DataFrame:
    """Return the payments of every third card: enough to tell, and quick to send."""
    world = small_world(seed)
    return world[world["CUSTOMER_ID"] % 3 == 0]


@check("split", points=1, feedback="Try a delay other than seven days, and none at all.")
def waits_as_long_as_it_is_told(run: Run) -> None:
    world = a_few_cards(run.parameters["seed"])
    for start, train_days, delay, test_days in ((16, 5, 4, 6), (20, 3, 0, 2)):
        parts = expect(
            run.call("time_split", world, start, train_days, delay, test_days),
            f"time_split(…, {start}, {train_days}, {delay}, {test_days})",
        )
        first_test_day = start + train_days + delay
        for place, first, length in ((0, start, train_days), (1, first_test_day, test_days)):
            days = parts.at(place).to_have_columns("TX_TIME_DAYS").value["TX_TIME_DAYS"]
            due = list(range(first, first + length))
            expect(sorted(set(days.tolist())), f"the days of part {place}").to_equal(due)


@check(
    "split",
    points=1,
    feedback="Which cards does the bank know to be bad on the morning of each test day?",
)
def blocks_the_cards_known_by_then(run: Run) -> None:
    world = a_few_cards(run.parameters["seed"])
    for start, train_days, delay, test_days in ((START_DAY, 7, 7, 7), (18, 6, 3, 9)):
        config = SplitConfig(start, train_days, delay, test_days)
        _, due = time_split(world, config)
        parts = run.call("time_split", world, start, train_days, delay, test_days)
        test = expect(parts, f"time_split(…, {start}, {train_days}, {delay}, {test_days})").at(1)
        test.at("TRANSACTION_ID").to_equal(due["TRANSACTION_ID"])


def coarse_payments(rows: int) -> pd.DataFrame:
    """Return payments whose times lie on a grid of half days, so that windows end on them."""
    rng = np.random.default_rng(TABLE_SEED)
    seconds = np.sort(rng.integers(0, 60, rows)) * DAY // 2
    return pd.DataFrame(
        {
            "TRANSACTION_ID": np.arange(rows),
            "CUSTOMER_ID": rng.integers(0, 50, rows),
            "TERMINAL_ID": rng.integers(100, 108, rows),
            "TX_TIME_SECONDS": seconds,
            "TX_TIME_DAYS": seconds // DAY,
            "TX_AMOUNT": 20.0,
            "TX_FRAUD": rng.integers(0, 2, rows),
        }
    )


def expected_risk(frame: pd.DataFrame, delay: int, window: int) -> pd.DataFrame:
    """Return the project's own windows under the names that the lab asks for."""
    found = features.terminal_windows(frame, [window], delay)
    return pd.DataFrame(
        {
            "NB_TX": found[f"TERMINAL_ID_NB_TX_{window}DAY_WINDOW"],
            "RISK": found[f"TERMINAL_ID_RISK_{window}DAY_WINDOW"],
        }
    )


@check(
    "risk",
    points=2,
    feedback="Check both ends of the window by hand: what if a payment lies exactly on one?",
)
def windows_end_where_they_should(run: Run) -> None:
    frame = coarse_payments(400)
    for delay, window in ((7, 7), (3, 10), (0, 1)):
        got = expect(
            run.call("terminal_risk", frame, delay, window), f"terminal_risk(…, {delay}, {window})"
        )
        got.to_have_columns("NB_TX", "RISK")
        due = expected_risk(frame, delay, window)
        got.at("NB_TX").to_equal(due["NB_TX"])
        got.at("RISK").to_equal(due["RISK"], tol=1e-9)


@check(
    "risk",
    points=1,
    feedback="Shuffle some rows and compare with a slow loop: does each row get its own answer, "
    "also where payments lie on an end of the window?",
)
def answers_row_for_row(run: Run) -> None:
    rng = np.random.default_rng(TABLE_SEED + 1)
    frame = coarse_payments(300)
    frame = frame.iloc[rng.permutation(300)].set_index(pd.Index(rng.permutation(300) + 1_000))
    got = run.call("terminal_risk", frame, 5, 6)
    expect(got, "terminal_risk(shuffled payments, 5, 6)").to_have_columns("NB_TX", "RISK")
    due = expected_risk(frame, 5, 6)
    expect(got["NB_TX"].to_numpy(), "NB_TX of shuffled payments").to_equal(due["NB_TX"])
    expect(list(got.index), "the index of the answer").to_equal(list(frame.index))


@check("metrics", points=1, feedback="Precision times the gain in recall; no lines between.")
def average_precision_without_interpolation(run: Run) -> None:
    rng = np.random.default_rng(TABLE_SEED + 2)
    scores = rng.permutation(500) / 500
    labels = (rng.random(500) < scores**6).astype(int)
    got = run.call("average_precision", labels, scores)
    due = metrics.average_precision(labels, scores)
    expect(got, "average_precision(500 payments)").to_equal(due, tol=1e-9)


@check("metrics", points=1, feedback="What if many payments have the same score?")
def equal_scores_enter_together(run: Run) -> None:
    rng = np.random.default_rng(TABLE_SEED + 3)
    scores = rng.integers(0, 8, 300) / 10
    labels = (rng.random(300) < 0.1 + scores / 4).astype(int)
    got = run.call("average_precision", labels, scores)
    due = metrics.average_precision(labels, scores)
    expect(got, "average_precision(300 payments, 8 scores)").to_equal(due, tol=1e-9)


def card_days(cards: int, payments_per_day: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Return payments of five days, and scores that all differ and know something of fraud."""
    rng = np.random.default_rng(TABLE_SEED + 4)
    rows = 5 * payments_per_day
    frame = pd.DataFrame(
        {
            "TX_TIME_DAYS": np.repeat(np.arange(35, 40), payments_per_day),
            "CUSTOMER_ID": rng.integers(0, cards, rows),
        }
    )
    bad_cards = rng.random(cards) < 0.3
    frame["TX_FRAUD"] = (bad_cards[frame["CUSTOMER_ID"]] & (rng.random(rows) < 0.7)).astype(int)
    scores = (rng.permutation(rows) / rows + 0.5 * frame["TX_FRAUD"].to_numpy()) / 2
    return frame, scores


@check("metrics", points=1, feedback="Which cards, and only which, leave the list?")
def a_card_found_leaves_the_list(run: Run) -> None:
    frame, scores = card_days(cards=60, payments_per_day=150)
    due = metrics.card_precision_at_k(frame, scores, 6)
    got = run.call("card_precision", frame, scores, 6)
    expect(got, "card_precision(five days, scores, 6)").to_equal(due, tol=1e-9)


@check("metrics", points=1, feedback="The team is paid for k calls, even on a quiet day.")
def quiet_days_divide_by_k_too(run: Run) -> None:
    day = pd.DataFrame(
        {"TX_TIME_DAYS": [35, 35, 36], "CUSTOMER_ID": [1, 2, 3], "TX_FRAUD": [1, 0, 1]}
    )
    got = run.call("card_precision", day, np.array([0.9, 0.8, 0.7]), 4)
    expect(got, "card_precision(two quiet days, scores, 4)").to_equal(0.25, tol=1e-9)


@check(
    "model",
    points=2,
    once=True,
    feedback="Do you use what is known of the terminal, and does the model generalise?",
)
def ranks_frauds_first(run: Run) -> None:
    found = []
    for seed in UNSEEN_WORLDS:
        train, test = prepared_weeks(seed)
        got = run.call("fraud_scores", train, test.drop(columns="TX_FRAUD"))
        scores = expect(got, "fraud_scores(train, test)").to_be_array((len(test),), 0, 1).value
        found.append(metrics.average_precision(test["TX_FRAUD"].to_numpy(), scores))
    mean = float(np.mean(found))
    expect(mean, "the mean average precision over unseen worlds").to_be_at_least(0.24)


@check("model", points=1, once=True, feedback="Would the investigators' calls find fraud?")
def finds_cards_every_day(run: Run) -> None:
    train, test = prepared_weeks(CARD_WORLD)
    got = run.call("fraud_scores", train, test.drop(columns="TX_FRAUD"))
    scores = expect(got, "fraud_scores(train, test)").to_be_array((len(test),), 0, 1).value
    precision = metrics.card_precision_at_k(test, scores, 20)
    expect(precision, "the card precision@20 in an unseen world").to_be_at_least(0.14)


@check(
    "model",
    points=1,
    once=True,
    needs="ranks_frauds_first",
    feedback="Are they probabilities, not verdicts? Compare their mean with the share of fraud.",
)
def its_probabilities_add_up(run: Run) -> None:
    predicted, observed = 0.0, 0
    for seed in CALIBRATION_WORLDS:
        week, _ = prepared_weeks(seed)
        known = week["CUSTOMER_ID"] % 2 == 0
        train, rest = week[known].reset_index(drop=True), week[~known].reset_index(drop=True)
        got = run.call("fraud_scores", train, rest[[*FEATURES, "CUSTOMER_ID", "TX_TIME_DAYS"]])
        scores = expect(got, "fraud_scores(train, test)").to_be_array((len(rest),), 0, 1).value
        shades = len(np.unique(scores))
        expect(shades, "how many different scores there are").to_be_at_least(5)
        predicted += float(np.sum(scores))
        observed += int(rest["TX_FRAUD"].sum())
    ratio = predicted / observed
    expect(ratio, "predicted frauds for each fraud observed").to_be_between(0.5, 1.5)


@check("calibration", points=1, feedback="Compare with the share of fraud in slices of the score.")
def comes_close_to_the_truth(run: Run) -> None:
    rng = np.random.default_rng(SCORE_SEED)
    truth = 1 / (1 + np.exp(-rng.normal(-4.2, 1.8, 25_000)))
    scores = 60 * truth / (60 * truth + 1 - truth)  # what weights of 60 to 1 make of them
    labels = (rng.random(20_000) < truth[:20_000]).astype(int)
    got = run.call("calibrate", scores[:20_000], labels, scores[20_000:])
    probabilities = expect(got, "calibrate(…)").to_be_array((5_000,), 0, 1).value
    distance = np.abs(probabilities - truth[20_000:]).mean() / truth[20_000:].mean()
    name = "the mean distance from the true probability, relative to its mean"
    expect(float(distance), name).to_be_at_most(0.5)


@check("calibration", points=1, feedback="How many payments does each bin hold?")
def bins_hold_equally_many(run: Run) -> None:
    rng = np.random.default_rng(SCORE_SEED + 1)
    probabilities = rng.beta(0.5, 8, 600)
    labels = (rng.random(600) < probabilities**0.7).astype(int)
    for bins in (10, 4):
        due = metrics.expected_calibration_error(labels, probabilities, bins)
        got = run.call("calibration_error", labels, probabilities, bins)
        expect(got, f"calibration_error(600 payments, {bins})").to_equal(due, tol=1e-9)


@check("threshold", points=1, feedback="Is there a cheaper threshold? Try them all.")
def no_threshold_is_cheaper(run: Run) -> None:
    rng = np.random.default_rng(TABLE_SEED + 5)
    for review_cost in (2.0, 9.0, 30.0):
        rank = rng.integers(1, 100, 400) / 100
        scores = rank**3 / 20  # small and close together: a grid of round numbers misses them
        labels = (rng.random(400) < rank**3).astype(int)
        amounts = np.round(rng.gamma(2.0, 30.0, 400), 2)
        threshold = expect(
            run.call("cheapest_threshold", labels, scores, amounts, review_cost),
            f"cheapest_threshold(400 payments, {review_cost:g} a review)",
        )
        alerts = scores >= threshold.to_be_a(float, int).value
        best = metrics.cheapest_threshold(labels, scores, amounts, review_cost)
        due = metrics.total_cost(labels, amounts, scores >= best, review_cost)
        cost = metrics.total_cost(labels, amounts, alerts, review_cost)
        expect(cost, "the total cost at your threshold").to_equal(due, tol=1e-9)


@check("threshold", points=1, feedback="What if a review costs more than a fraud?")
def stays_silent_when_that_is_cheapest(run: Run) -> None:
    labels = np.array([1, 0, 1, 0])
    scores = np.array([0.6, 0.9, 0.5, 0.1])
    threshold = expect(
        run.call("cheapest_threshold", labels, scores, np.array([9.0, 50.0, 8.0, 5.0]), 12.0),
        "cheapest_threshold(cheap frauds, dear reviews)",
    )
    alerts = int((scores >= threshold.to_be_a(float, int).value).sum())
    expect(alerts, "the number of alerts").to_equal(0)
