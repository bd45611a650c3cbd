"""The chain's step of the features: one definition each, for the files of the intake and online.

The names are those that the baseline of milestone 3 learns from. Cards come from milestone 4 in
batch and online; the share of fraud of terminals is milestone 3's in batch, milestone 4's online.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from projects.fraud.features import add_features

HOUR, DAY = 3_600, 86_400
WINDOWS, DELAY = (1, 7, 30), 7
# So long a dead letter may wait for its repair and still be scored as in its time.
LATENESS = 7 * DAY
# Of the six weeks the first is past alone, and the last is what the scorer decides.
FIRST_ASKED, FIRST_SCORED = 7, 35
# What the scorer asks the store of terminals for; all else it works out of its own memory.
ASKED_FOR = "TERMINAL_ID_RISK_7DAY_WINDOW"
Story = dict[str, Any]
Definition = dict[str, Any]


def _definition(name: str, key: str, value: str | None, days: int, delay: int) -> Definition:
    # Windows that are open on the left, as the project's are: one second less, and no tiles.
    return {
        "name": name,
        "key": key,
        "aggregate": "mean" if value else "count",
        "value": value,
        "window": days * DAY - 1,
        "tile": 1,
        "delay": delay * DAY,
        "present": True,
    }


CARDS, TERMINALS = (
    [
        _definition(f"{entity}_{what}_{days}DAY_WINDOW", key, value, days, delay)
        for days in WINDOWS
        for what, value in (("NB_TX", None), (share, of))
    ]
    for entity, key, share, of, delay in (
        ("CUSTOMER_ID", "card", "AVG_AMOUNT", "amount", 0),
        ("TERMINAL_ID", "terminal", "RISK", "fraud", DELAY),
    )
)


def features(story: Story) -> dict[str, Any]:
    """Work out the cards' windows from the intake's files, and make states to go on from."""
    import features as f

    history = as_history(story["raw"], story["chargebacks"])
    events = history[["event_id", "at", "card", "terminal", "amount", "fraud"]]
    begin = int(history["at"].min()) // DAY * DAY
    asked = history[history["TX_TIME_DAYS"] >= FIRST_ASKED]
    known = asked.assign(**calendar(asked["at"]))
    first, until = begin + FIRST_ASKED * DAY, int(asked["at"].max()) + 1
    for definition in CARDS:
        values: list[float] = []
        for chunk in f.plan(definition, first, until, 7 * DAY):
            rows, needed = (
                frame[(frame["at"] >= low) & (frame["at"] < high)]
                for frame, (low, high) in ((asked, chunk["rows"]), (events, chunk["events"]))
            )
            values += f.batch(definition, needed, rows)
        known[definition["name"]] = values
    due = add_features(story["sold"]).set_index("TRANSACTION_ID").loc[known["TRANSACTION_ID"]]
    story |= {
        "history": history,
        "features": known,
        "backfilled": _backfilled(events, begin, begin + FIRST_SCORED * DAY),
    }
    names = [*calendar(0), *(one["name"] for one in CARDS)]
    return {
        "wrong_fields": [f.problems(one) for one in (*CARDS, *TERMINALS) if f.problems(one)],
        "rows_stored": len(story["raw"]),
        "rows_asked": len(known),
        "rows_due": int((story["sold"]["TX_TIME_DAYS"] >= FIRST_ASKED).sum()),
        "from_the_projects": {
            name: float(np.abs(known[name].to_numpy() - due[name].to_numpy()).max())
            for name in ("TX_AMOUNT", *names)
        },
    }


def as_history(raw: pd.DataFrame, chargebacks: dict[int, int]) -> pd.DataFrame:
    """Return what the intake stored in order of time, by the names of milestones 3 and 4."""
    at = (pd.to_datetime(raw["at"], utc=True) - pd.Timestamp(0, tz="UTC")) // pd.Timedelta("1s")
    since = at - at.min() // DAY * DAY
    fraud = raw["transaction_id"].map(chargebacks)
    names = {
        "event_id": raw["transaction_id"],
        "payment": "t" + raw["transaction_id"].astype(str),
        "at": at,
        "card": raw["customer_id"],
        "terminal": raw["terminal_id"],
        "amount": raw["amount_cents"] / 100,
        "fraud": fraud,
        "TRANSACTION_ID": raw["transaction_id"],
        "CUSTOMER_ID": raw["customer_id"],
        "TERMINAL_ID": raw["terminal_id"],
        "TX_AMOUNT": raw["amount_cents"] / 100,
        "TX_TIME_SECONDS": since,
        "TX_TIME_DAYS": since // DAY,
        "TX_FRAUD": fraud,
    }
    return pd.DataFrame(names).sort_values(["at", "event_id"]).reset_index(drop=True)


def calendar(at: Any) -> dict[str, Any]:
    """Return what the baseline reads off a moment or many, in seconds since 1970."""
    # The first day of 1970 was a Thursday.
    return {
        "TX_DURING_WEEKEND": ((at // DAY + 3) % 7 >= 5) * 1,
        "TX_DURING_NIGHT": (at // HOUR % 24 <= 6) * 1,
    }


@dataclass(frozen=True)
class Backfilled:
    """What is known of cards and terminals when the scorer starts, by definition."""

    cards: dict[int, dict[str, Any]]
    terminals: dict[str, Any]
    # A terminal's answer about a moment never changes: labels of the scored week come later.
    answers: dict[tuple[int, int], dict[str, float]] = field(default_factory=dict)


def _backfilled(events: pd.DataFrame, begin: int, until: int) -> Backfilled:
    import features as f

    job = {"start": begin, "until": until, "chunk": until - begin, "lateness": 0}
    terminals = {one["name"]: f.advance(one, job, None, events)["state"] for one in TERMINALS}
    past = events[events["at"] < until]
    # A state for each card, as each partition of a log has its own: taking one in stays cheap.
    cards = {
        int(card): {one["name"]: f.feed(one, LATENESS, None, told)[0] for one in CARDS}
        for card, told in ((card, rows.to_dict("records")) for card, rows in past.groupby("card"))
    }
    return Backfilled(cards, terminals)


class Online:
    """Answer for one process of the scorer, from the backfill and what it took in since."""

    def __init__(self, backfilled: Backfilled) -> None:
        self._backfilled = backfilled
        self._cards: dict[int, dict[str, Any]] = {}
        self._taken: dict[str, dict[str, float]] = {}
        self._present: dict[str, Any] = {}

    def take(self, payment: dict[str, Any]) -> dict[str, float]:
        """Take in a payment and return its features but the one that is asked for."""
        self._present = payment
        if payment["id"] not in self._taken:
            amount = payment["cents"] / 100
            windows = self._windows(payment, amount) | self._terminal(payment)
            self._taken[payment["id"]] = {
                "TX_AMOUNT": amount,
                **calendar(payment["at"]),
                **{name: value for name, value in windows.items() if name != ASKED_FOR},
            }
        return dict(self._taken[payment["id"]])

    def risk(self, terminal: int) -> float:
        """Return a terminal's share of fraud as it was at the payment that was taken last."""
        return self._terminal(self._present | {"terminal": terminal})[ASKED_FOR]

    def _windows(self, payment: dict[str, Any], amount: float) -> dict[str, float]:
        import features as f

        card, at = payment["card"], payment["at"]
        if card not in self._cards:
            self._cards[card] = copy.deepcopy(self._backfilled.cards.get(card, {}))
        states = self._cards[card]
        event = {"event_id": payment["id"], "at": at, "card": card, "amount": amount}
        found = {}
        for one in CARDS:
            states[one["name"]], _ = f.feed(one, LATENESS, states.get(one["name"]), [event])
            found[one["name"]] = float(f.ask(one, states[one["name"]], card, at))
        return found

    def _terminal(self, payment: dict[str, Any]) -> dict[str, float]:
        import features as f

        terminal, at = payment["terminal"], payment["at"]
        answers, states = self._backfilled.answers, self._backfilled.terminals
        if (terminal, at) not in answers:
            told = {one["name"]: f.ask(one, states[one["name"]], terminal, at) for one in TERMINALS}
            # Of a terminal without a past nothing bad is known.
            answers[terminal, at] = {name: float(value or 0) for name, value in told.items()}
        return answers[terminal, at]
