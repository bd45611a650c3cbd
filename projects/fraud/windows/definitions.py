"""Define the features of `projects.fraud.features` once, for every engine that computes them."""

from datetime import UTC, datetime, timedelta

from infra.features.definition import Aggregation, FeatureSet, WindowAggregate
from projects.fraud import columns as c
from projects.fraud.features import FIRST_WEEKEND_DAY, LAST_HOUR_OF_NIGHT, FeatureConfig

# When a label begins to count among the payments of its terminal; see `counted_at`.
COUNTED_AT = "LABEL_COUNTED_AT"
_CENTS = 2


def customer_features(config: FeatureConfig) -> FeatureSet:
    """Define each card's number of payments and mean amount in euros, the present one included.

    The window of w days before a payment at time t holds times in (t-w, t].
    """
    aggregates = []
    for days in config.windows_days:
        window = timedelta(days=days)
        count, mean = f"NB_TX_{days}DAY_WINDOW", f"AVG_AMOUNT_{days}DAY_WINDOW"
        aggregates += [
            WindowAggregate(f"{c.CUSTOMER_ID}_{count}", Aggregation.COUNT, window, closed="right"),
            WindowAggregate(
                f"{c.CUSTOMER_ID}_{mean}",
                Aggregation.MEAN,
                window,
                c.TX_AMOUNT,
                closed="right",
                decimals=_CENTS,
                when_empty=0.0,
            ),
        ]
    return FeatureSet("customer", c.CUSTOMER_ID, c.TX_DATETIME, tuple(aggregates), c.TRANSACTION_ID)


def terminal_features(config: FeatureConfig) -> FeatureSet:
    """Define each terminal's number of labelled payments and share of fraud among them.

    The events are labels, at the time `counted_at` gives them. With delay d, the window of w days
    before a payment at time t holds times in (t-d-w, t-d].
    """
    delay = timedelta(days=config.label_delay_days)
    aggregates = []
    for days in config.windows_days:
        window = timedelta(days=days)
        count, share = f"NB_TX_{days}DAY_WINDOW", f"RISK_{days}DAY_WINDOW"
        aggregates += [
            WindowAggregate(
                f"{c.TERMINAL_ID}_{count}", Aggregation.COUNT, window, None, delay, "right"
            ),
            WindowAggregate(
                f"{c.TERMINAL_ID}_{share}",
                Aggregation.MEAN,
                window,
                c.TX_FRAUD,
                delay,
                "right",
                decimals=0,
                when_empty=0.0,
            ),
        ]
    return FeatureSet("terminal", c.TERMINAL_ID, COUNTED_AT, tuple(aggregates), c.TRANSACTION_ID)


def counted_at(payment_at: datetime, known_at: datetime, label_delay: timedelta) -> datetime:
    """Return the time at which the windows find a label: its payment's, or later if known later.

    What is known within the label delay lies at its payment's time. What is known later lies
    one delay before it was known: so the windows, which end a delay ago, never hold a label before
    `known_at`, and then hold it for their full length.
    """
    return max(payment_at, known_at - label_delay)


def during_weekend(at: datetime) -> bool:
    """Say whether an instant lies on a Saturday or Sunday in UTC."""
    return at.astimezone(UTC).weekday() >= FIRST_WEEKEND_DAY


def during_night(at: datetime) -> bool:
    """Say whether an instant lies before seven in the morning in UTC."""
    return at.astimezone(UTC).hour <= LAST_HOUR_OF_NIGHT
