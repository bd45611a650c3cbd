"""Reckon what fraud detection costs a month, and a thousand scores, from a table of prices."""

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autograder.errors import CourseError

HOME = Path(__file__).parent
HOURS_A_MONTH = 730.0
SECONDS_A_MONTH = HOURS_A_MONTH * 3600
_GIGABYTE = 1e9
Price = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]
M = TypeVar("M", bound=BaseModel)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Frozen):
    """Say where prices come from and of which day they are."""

    name: Annotated[str, Field(min_length=5)]
    as_of: date
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class Prices(_Frozen):
    """Hold prices by name: an hour of a machine, a month of a gigabyte, a gigabyte that moves."""

    source: Source
    hourly: Mapping[str, Price]
    monthly_gb: Mapping[str, Price]
    per_gb: Mapping[str, Price]


class Always(_Frozen):
    """Be so many of what runs whatever the traffic; `share` of it is paid for here."""

    what: str
    count: Count
    share: Annotated[float, Field(gt=0, le=1)] = 1.0


class Scorer(_Frozen):
    """Say how many scorers a node holds, what rate one bears, and the fewest there are."""

    node: str
    a_node: Count
    rate: Positive
    least: Count

    def nodes(self, payments_a_second: float) -> int:
        """Return how many nodes the scorers of a rate take."""
        scorers = max(self.least, math.ceil(payments_a_second / self.rate))
        return math.ceil(scorers / self.a_node)


class Log(_Frozen):
    """Say what one payment and its decision take in the log, how often it is kept and how long."""

    payment_bytes: Count
    decision_bytes: Count
    replicas: Count
    days: Count

    @property
    def bytes_a_score(self) -> int:
        """Return the bytes that one score adds to the log, once."""
        return self.payment_bytes + self.decision_bytes


class Rows(_Frozen):
    """Say what a decision takes in Postgres, and how long it is kept."""

    row_bytes: Count
    days: Count


class Sizing(_Frozen):
    """Hold what runs; `storage` is in gigabytes, beside what decisions take."""

    always: Sequence[Always]
    scorer: Scorer
    storage: Mapping[str, Price]
    log: Log
    table: Rows


@dataclass(frozen=True)
class Item:
    """Hold one line of the bill, in the prices' currency a month."""

    what: str
    count: float
    monthly: float


@dataclass(frozen=True)
class Bill:
    """Hold a month at a rate."""

    payments_a_second: float
    items: tuple[Item, ...]

    @property
    def monthly(self) -> float:
        """Return the sum."""
        return math.fsum(item.monthly for item in self.items)

    @property
    def scores(self) -> float:
        """Return how many payments a month are scored."""
        return self.payments_a_second * SECONDS_A_MONTH

    @property
    def per_thousand(self) -> float:
        """Return what a thousand scores cost."""
        return self.monthly / self.scores * 1000


def bill(prices: Prices, sizing: Sizing, payments_a_second: float) -> Bill:
    """Return the bill at a mean rate; raise CourseError where something has no price."""
    if not payments_a_second > 0 or math.isinf(payments_a_second):
        raise CourseError(
            f"A rate of {payments_a_second:g} payments a second has no cost per score.",
            mend="Give a rate above 0.",
        )
    running = [(one.what, one.count * one.share) for one in sizing.always]
    running.append((sizing.scorer.node, float(sizing.scorer.nodes(payments_a_second))))
    items = [
        Item(what, count, count * HOURS_A_MONTH * _price(prices.hourly, what, "hourly"))
        for what, count in running
    ]
    items += [
        Item(what, size, size * _price(prices.monthly_gb, what, "monthly_gb"))
        for what, size in sizing.storage.items()
    ]
    rows = payments_a_second * sizing.table.row_bytes * sizing.table.days * 86_400 / _GIGABYTE
    a_second = payments_a_second * sizing.log.bytes_a_score / _GIGABYTE
    kept = a_second * sizing.log.days * 86_400 * sizing.log.replicas
    # Each copy but the first goes to another zone, and so do consumers, which read it once more.
    moved = a_second * SECONDS_A_MONTH * sizing.log.replicas
    items += [
        Item("rds.gp3", rows, rows * _price(prices.monthly_gb, "rds.gp3", "monthly_gb")),
        Item("msk.storage", kept, kept * _price(prices.monthly_gb, "msk.storage", "monthly_gb")),
        Item("between_zones", moved, moved * _price(prices.per_gb, "between_zones", "per_gb")),
    ]
    return Bill(payments_a_second, tuple(items))


def _price(found: Mapping[str, float], what: str, table: str) -> float:
    if what not in found:
        raise CourseError(
            f"{what} has no price in [{table}].", mend=f"Add it to [{table}] of prices.toml."
        )
    return found[what]


def read_prices(path: Path = HOME / "prices.toml") -> Prices:
    """Read a table of prices; raise CourseError naming what is wrong."""
    return _read(path, Prices)


def read_sizing(path: Path = HOME / "sizing.toml") -> Sizing:
    """Read what runs; raise CourseError naming what is wrong."""
    return _read(path, Sizing)


def _read(path: Path, model: type[M]) -> M:
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise CourseError(f"{path} cannot be read: {error}.", mend="Name another file.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise CourseError(
            f"{path}: {place}: {first['msg']}.", mend="Mend the table and try again."
        ) from None
