"""The small worlds of the lesson: texts with their entropy, months with their bills, an estate."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

LOCKS = Path(__file__).parents[4] / "requirements"
RUN = re.compile(r"[A-Za-z0-9+/=_-]{24,}")
DIGITS = np.array(list("0123456789abcdef"))
BASE64 = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
DAYS = 30


def bits_a_character(text: str) -> float:
    """Return the Shannon entropy of the characters of `text`, in bits."""
    share = np.unique(list(text), return_counts=True)[1] / len(text)
    return float(-(share * np.log2(share)).sum())


def random_texts(alphabet: np.ndarray, length: int, count: int, seed: int) -> list[str]:
    """Return texts drawn from an alphabet, as keys and hashes are."""
    rng = np.random.default_rng(seed)
    return ["".join(row) for row in rng.choice(alphabet, (count, length))]


def lock_lines(folder: Path = LOCKS) -> list[str]:
    """Return the lines of the lock files of this repository."""
    return [
        line
        for path in sorted(folder.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").split("\n")
    ]


def alarms(lines: Iterable[str], least_bits: float, *, mixed: bool) -> int:
    """Count the lines with a long run of at least so many bits; `mixed` asks for A, a and 0."""
    kinds = ("[A-Z]", "[a-z]", "[0-9]") if mixed else ()
    return sum(
        any(
            all(re.search(kind, run) for kind in kinds) and bits_a_character(run) >= least_bits
            for run in RUN.findall(line)
        )
        for line in lines
    )


def month(seed: int, *, forgotten_from: int | None = None) -> np.ndarray:
    """Return what 30 days cost, in euros: 20 a day, and 45 more once a cluster is forgotten."""
    rng = np.random.default_rng(seed)
    daily = 20 * rng.lognormal(0, 0.35, DAYS)
    if forgotten_from is not None:
        daily[forgotten_from - 1 :] += 45
    return daily


def forecasts(daily: np.ndarray, *, with_today: bool = False) -> np.ndarray:
    """Return the forecast of each morning; the day that has just begun holds a tenth of its cost.

    The first day has none, which is nan, unless it is extrapolated from its own beginning.
    """
    before = np.concatenate([[0.0], np.cumsum(daily)[:-1]])
    days = np.arange(len(daily), dtype=float)
    if with_today:
        return (before + daily / 10) / (days + 1) * len(daily)
    with np.errstate(invalid="ignore"):
        return before / days * len(daily)


def first_warning(daily: np.ndarray, budget: float, rule: str) -> int | None:
    """Return the first morning (1 to 30) on which a rule warns, or None.

    "spent": all of the budget is gone; "share": 80 % of it is; "forecast": 80 % is, or the month
    is going to cost more than the budget; "patient": the same, with no forecast before day 6.
    """
    before = np.concatenate([[0.0], np.cumsum(daily)[:-1]])
    level = before >= budget * (1.0 if rule == "spent" else 0.8)
    if rule in ("forecast", "patient"):
        over = np.nan_to_num(forecasts(daily)) > budget
        over[: 5 if rule == "patient" else 0] = False
        level |= over
    return int(level.argmax()) + 1 if level.any() else None


@dataclass(frozen=True)
class Part:
    """Hold one resource of the drawn estate: what it needs, whose it is and what protects it."""

    name: str
    needs: tuple[str, ...] = ()
    team: str = "fraud"
    protected: bool = False


ESTATE = (
    Part("network"),
    Part("subnet a", ("network",)),
    Part("subnet b", ("network",)),
    Part("brokers", ("subnet b",)),
    Part("database", ("subnet a",), protected=True),
    Part("scorer", ("brokers", "database")),
    Part("dashboard", ("scorer",)),
    Part("bucket"),
    Part("fraud-ring study", ("bucket",), team="research"),
)


def fates(estate: Iterable[Part] = ESTATE) -> dict[str, str]:
    """Return what becomes of each part: goes, protected, needed or not ours."""
    parts = {part.name: part for part in estate}
    fate = {
        name: "not ours" if part.team != "fraud" else "protected" if part.protected else "goes"
        for name, part in parts.items()
    }
    staying = [name for name in parts if fate[name] != "goes"]
    for name in staying:  # the list grows while it is read
        for needed in parts[name].needs:
            if fate[needed] == "goes":
                fate[needed] = "needed"
                staying.append(needed)
    return fate


def refused(order: Iterable[str], estate: Iterable[Part] = ESTATE) -> list[str]:
    """Return which deletions of an order a cloud refuses, since something still needs the part."""
    there = {part.name: part for part in estate}
    turned_down = []
    for name in order:
        if any(name in other.needs for other in there.values()):
            turned_down.append(name)
        else:
            del there[name]
    return turned_down
