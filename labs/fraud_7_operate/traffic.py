"""What happens around a scorer of card payments: events, scraped series, minutes of a bad week."""

from typing import Any

import numpy as np

BEGIN = 1_760_000_000  # seconds since 1970
BOUNDS = (0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.2, 0.3, 0.6, 1.0, 3.0)
REASONS = ("schema", "features", "model", "other")
_DAY = 1440  # minutes


def events(seed: int, count: int = 400) -> list[dict[str, Any]]:
    """Return what became of some payments, in the order in which they were done.

    Each is a dict: `card`; `due`, when the payment was made, and `done`, when it was decided or put
    aside, both in milliseconds since 1970; `alert`, True or False, or None without a decision;
    `error`, a text where there was none, else None.
    """
    rng = np.random.default_rng(seed)
    due = BEGIN * 1000 + np.cumsum(rng.integers(1, 400, count))
    taken = np.exp(rng.normal(4.2, 0.8, count)).astype(int) + rng.integers(-3, 3, count)
    # No latency lies on a round bound: whoever divides in another order must not lose by it.
    taken = np.where(taken % 10 == 0, taken + 1, taken)
    found = []
    for number in range(count):
        card = int(rng.integers(100_000, 999_999))
        error = _error(rng, card) if rng.random() < 0.06 else None
        found.append(
            {
                "card": card,
                "due": int(due[number]),
                "done": int(due[number] + taken[number]),
                "alert": None if error else bool(rng.random() < 0.05),
                "error": error,
            }
        )
    return sorted(found, key=lambda one: (one["done"], one["due"]))


def _error(rng: np.random.Generator, card: int) -> str:
    texts = (
        "schema: field amount is missing",
        f"features: card {card} has no state",
        f"model: no answer within {rng.integers(100, 999)} ms",
        f"ConnectionResetError: 10.0.0.{rng.integers(255)}:9092 closed the connection",
        f"out of memory in batch {rng.integers(10**6)}",
    )
    return texts[int(rng.integers(len(texts)))]


def series(seed: int, minutes: int = 90) -> list[dict[str, Any]]:
    """Return what was scraped once a minute from two scorers and from a canary, as plain series.

    The first scorer is fast and busy, the second slow; one of them is restarted on the way.
    """
    rng = np.random.default_rng(seed)
    kinds = (
        ("fraud-scorer", "a:9000", 900, 3.4),
        ("fraud-scorer", "b:9000", 120, 4.9),
        ("fraud-canary", "c:9000", 400, 5.6),
    )
    restarted, at = int(rng.integers(2)), int(rng.integers(minutes // 2, minutes - 8))
    found = []
    for number, (job, instance, a_minute, log_ms) in enumerate(kinds):
        restart = at if number == restarted else None
        mean = log_ms + rng.uniform(-0.1, 0.1)
        target = {"job": job, "instance": instance}
        found += _of_instance(rng, target, minutes, a_minute, mean, restart)
    return found


def _of_instance(
    rng: np.random.Generator,
    target: dict[str, str],
    minutes: int,
    a_minute: int,
    log_ms: float,
    restart: int | None,
) -> list[dict[str, Any]]:
    bounds = [*(str(bound) for bound in BOUNDS), "+Inf"]
    edges = np.array([0.0, *BOUNDS, np.inf])
    grown: dict[tuple[str, str, str], list[float]] = {}
    newest, waiting, total = [], [], []
    for minute in range(minutes):
        seconds = np.exp(rng.normal(log_ms, 0.7, rng.poisson(a_minute))) / 1000
        below = np.cumsum(np.histogram(seconds, edges)[0])
        alerts = rng.binomial(len(seconds), 0.04)
        for bound, count in zip(bounds, below, strict=True):
            grown.setdefault(("fraud_decision_seconds_bucket", "le", bound), []).append(count)
        for name, count in (("yes", alerts), ("no", len(seconds) - alerts)):
            grown.setdefault(("fraud_decisions_total", "alert", name), []).append(count)
        for reason in REASONS:
            dead = ("fraud_dead_letters_total", "reason", reason)
            grown.setdefault(dead, []).append(rng.poisson(1.5))
        grown.setdefault(("fraud_decision_seconds_count", "", ""), []).append(len(seconds))
        grown.setdefault(("fraud_decision_seconds_sum", "", ""), []).append(float(seconds.sum()))
        total.append(BEGIN + 60.0 * minute)
        newest.append(total[-1] - float(rng.uniform(0.1, 20)))
        waiting.append(float(rng.poisson(40)))
    found = []
    for (name, label, text), counts in grown.items():
        values = np.cumsum(counts, dtype=float)
        if restart is not None:
            values[restart:] -= values[restart - 1]
        labels = {**target, **({label: text} if label else {})}
        found.append(_series(name, labels, total, values.tolist()))
    gauge = "fraud_newest_payment_timestamp_seconds"
    found.append(_series(gauge, target, total, newest))
    for partition in ("0", "1"):
        labels = {**target, "partition": partition}
        found.append(_series("fraud_payments_waiting", labels, total, waiting))
    return found


def _series(
    name: str, labels: dict[str, str], times: list[float], values: list[float]
) -> dict[str, Any]:
    pairs = [[at, value] for at, value in zip(times, values, strict=True)]
    return {"name": name, "labels": labels, "samples": pairs}


def fleet_buckets(found: list[dict[str, Any]], job: str) -> dict[str, dict[float, list[Any]]]:
    """Return the samples of the latency buckets by instance and bound (inf for +Inf)."""
    fleet: dict[str, dict[float, list[Any]]] = {}
    for one in found:
        labels = one["labels"]
        if one["name"] == "fraud_decision_seconds_bucket" and labels["job"] == job:
            fleet.setdefault(labels["instance"], {})[float(labels["le"])] = one["samples"]
    return fleet


def bad_week(seed: int, days: int = 5) -> dict[str, np.ndarray]:
    """Return bad and all payments of each minute, nan where the scrape failed.

    Quiet nights with a few slow payments, forty minutes in which a third is slow, an hour in which
    nobody could scrape, and a day in which a little too much is slow all the time.
    """
    rng = np.random.default_rng(seed)
    minute = np.arange(days * _DAY)
    hour, day = minute % _DAY / 60, minute // _DAY
    quiet = (hour >= 1) & (hour < 5)
    total = np.where(quiet, rng.poisson(0.1, len(minute)), rng.poisson(400, len(minute)))
    share = np.full(len(minute), 0.003)
    share[quiet] = 0.1
    begin = 2 * _DAY + 600 + int(rng.integers(60))
    share[begin : begin + 40] = 0.35
    lost = 2 * _DAY + 1000 + int(rng.integers(60))
    share[(day >= 3) & ~quiet] = rng.uniform(0.022, 0.028)
    share[(day == days - 1) & (hour > 6)] = 0.003
    bad = rng.binomial(total, share).astype(float)
    known = total.astype(float)
    missing = (rng.random(len(minute)) < 0.004) | ((minute >= lost) & (minute < lost + 70))
    bad[missing], known[missing] = np.nan, np.nan
    return {"bad": bad, "total": known}
