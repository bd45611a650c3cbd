"""Define windowed aggregates once; every engine of this room executes these definitions."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Literal

from infra.features.errors import FeatureError

MICROSECOND = timedelta(microseconds=1)
# Beyond this, a value times ten to the power of `decimals` leaves 64 bits too easily.
MOST_DECIMALS = 12
# The column by which SQL engines number the rows to answer.
ROW = "at_row"


class Aggregation(StrEnum):
    """Name what is computed over the values in a window; missing values never count."""

    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    DISTINCT = "distinct"


@dataclass(frozen=True)
class WindowAggregate:
    """Define one feature: `aggregation` of `value` over a window that ends `delay` ago.

    With length w and delay d, the window of an instant t holds the event times in [t-d-w, t-d)
    when `closed` is "left": the present is no part of its own past. With "right" it holds
    (t-d-w, t-d], where events of this very instant count. `delay` is how long a value stays
    unknown after its event, as labels do.

    Values are kept in whole units of 10**-`decimals` and rounded half to even to them, so that
    sums are sums of integers: exact, whatever their order. `value` is a column of numbers, for
    DISTINCT of numbers or text; COUNT without a value counts events. `when_empty` stands for
    MEAN, MIN and MAX of a window without values, which otherwise have none; SUM has 0.
    """

    name: str
    aggregation: Aggregation
    window: timedelta
    value: str | None = None
    delay: timedelta = timedelta(0)
    closed: Literal["left", "right"] = "left"
    decimals: int = 6
    when_empty: float | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise FeatureError(f"{self.name!r} is no name for a feature: use letters, digits, _.")
        if self.window <= timedelta(0) or self.delay < timedelta(0):
            raise FeatureError(
                f"{self.name}: the window must be longer than nothing and the delay not negative;"
                f" they are {self.window} and {self.delay}."
            )
        if self.closed not in ("left", "right"):
            raise FeatureError(f"{self.name}: closed is {self.closed!r}, not 'left' or 'right'.")
        if self.value is None and self.aggregation is not Aggregation.COUNT:
            raise FeatureError(f"{self.name}: {self.aggregation} needs the name of a value.")
        if not 0 <= self.decimals <= MOST_DECIMALS:
            raise FeatureError(f"{self.name}: decimals is {self.decimals}, not 0 to 12.")

    @property
    def bounds(self) -> tuple[int, int]:
        """Return (a, b) in microseconds: the window of t holds times in [t+a, t+b)."""
        end = -(self.delay // MICROSECOND)
        start = end - self.window // MICROSECOND
        shift = 1 if self.closed == "right" else 0
        return start + shift, end + shift

    @property
    def is_whole(self) -> bool:
        """Say whether the feature is a whole number rather than a float."""
        return self.aggregation in (Aggregation.COUNT, Aggregation.DISTINCT)

    @property
    def measure(self) -> tuple[str, int] | None:
        """Return the column of numbers and its decimals; None where no numbers are needed."""
        if self.value is None or self.aggregation is Aggregation.DISTINCT:
            return None
        return self.value, self.decimals


@dataclass(frozen=True)
class FeatureSet:
    """Define the features of one kind of entity over one kind of event, by column names.

    Events that share an `event_id` are copies of one event and count once.
    """

    name: str
    entity: str
    time: str
    aggregates: tuple[WindowAggregate, ...]
    event_id: str | None = None

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise FeatureError(f"{self.name!r} is no name for features: use letters, digits, _.")
        if not self.aggregates:
            raise FeatureError(f"{self.name}: define at least one aggregate.")
        taken = [*self.names, self.entity, self.time, ROW]
        twice = sorted({name for name in taken if taken.count(name) > 1})
        if twice:
            raise FeatureError(f"{self.name}: {twice[0]!r} is taken; give each its own name.")

    @property
    def names(self) -> tuple[str, ...]:
        """Return the features' names in the order of their definition."""
        return tuple(aggregate.name for aggregate in self.aggregates)

    @cached_property
    def measures(self) -> tuple[tuple[str, int], ...]:
        """Return each column of numbers with its decimals, once."""
        found = (aggregate.measure for aggregate in self.aggregates)
        return tuple(dict.fromkeys(measure for measure in found if measure is not None))

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """Return each column whose distinct values are counted, once."""
        return tuple(
            dict.fromkeys(
                aggregate.value
                for aggregate in self.aggregates
                if aggregate.aggregation is Aggregation.DISTINCT and aggregate.value is not None
            )
        )

    @cached_property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """Return each aggregate's bounds in microseconds, in the order of their definition."""
        return tuple(aggregate.bounds for aggregate in self.aggregates)

    @cached_property
    def offsets(self) -> tuple[int, ...]:
        """Return the ends of all windows in microseconds, each once: many are shared."""
        return tuple(sorted({end for bounds in self.bounds for end in bounds}))

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that events must have."""
        named = (self.entity, self.time, *(column for column, _ in self.measures), *self.categories)
        ids = (self.event_id,) if self.event_id else ()
        return tuple(dict.fromkeys((*named, *ids)))

    @property
    def reach(self) -> timedelta:
        """Return how far back the oldest event that any window needs may lie."""
        return -min(aggregate.bounds[0] for aggregate in self.aggregates) * MICROSECOND

    @property
    def fingerprint(self) -> str:
        """Return 64 hex digits that change with any part of the definition."""
        plain = json.dumps(asdict(self), default=_plain, sort_keys=True)
        return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: object) -> int:
    if isinstance(value, timedelta):
        return value // MICROSECOND
    raise TypeError(f"{type(value).__name__} is no part of a definition")
