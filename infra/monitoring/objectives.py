"""Say how good a service must be, as objectives that rules and dashboards are rendered from."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COUNTER = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})?", re.DOTALL)


class Indicator(Protocol):
    """Give, as PromQL, how many events there were in a time and how many of them were bad."""

    def bad(self, window: str, by: str) -> str: ...

    def total(self, window: str, by: str) -> str: ...


@dataclass(frozen=True)
class BadEvents:
    """Count bad events by one counter and all by another, such as requests answered with 5xx."""

    bad_counter: str
    counter: str

    def __post_init__(self) -> None:
        for selector in (self.bad_counter, self.counter):
            if not _COUNTER.fullmatch(selector):
                raise ValueError(f"not a selector of a counter: {selector}")

    def bad(self, window: str, by: str) -> str:
        """Return bad events a second, 0 where none was ever counted."""
        # A counter that has no series yet must not hide the service from the rule.
        return f"({_rate(self.bad_counter, window, by)} or 0 * {self.total(window, by)})"

    def total(self, window: str, by: str) -> str:
        """Return events a second."""
        return _rate(self.counter, window, by)


@dataclass(frozen=True)
class SlowEvents:
    """Count as bad what took longer than `seconds`, which must be a bucket's bound.

    `labels` chooses series of the histogram, such as `outcome="2xx"`.
    """

    histogram: str
    seconds: float
    labels: str = ""

    def bad(self, window: str, by: str) -> str:
        """Return slow events a second."""
        chosen = ",".join(filter(None, (self.labels, f'le="{float(self.seconds)}"')))
        fast = _rate(f"{self.histogram}_bucket{{{chosen}}}", window, by)
        return f"({self.total(window, by)} - {fast})"

    def total(self, window: str, by: str) -> str:
        """Return events a second."""
        chosen = f"{{{self.labels}}}" if self.labels else ""
        return _rate(f"{self.histogram}_count{chosen}", window, by)


@dataclass(frozen=True)
class Objective:
    """Promise that a share `target` of events is good over `days`.

    It holds for every value of the label `by` alone. No alert fires on fewer bad events than
    `least_bad` in its long window: one failure in a quiet night is no emergency. `runbook` is where
    whoever is called finds what to do.
    """

    name: str
    indicator: Indicator
    target: float
    summary: str
    runbook: str
    days: int = 30
    by: str = "job"
    least_bad: int = 5

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"an objective's name is of a-z, 0-9 and _, is {self.name!r}")
        if not 0 < self.target < 1:
            raise ValueError(f"{self.name}: target must be in (0, 1), is {self.target}")
        if self.days < 3 or self.least_bad < 0:
            raise ValueError(f"{self.name}: days must be at least 3, least_bad not negative")

    @property
    def budget(self) -> Decimal:
        """Return the share of events that may be bad."""
        return 1 - Decimal(str(self.target))

    def bad_share(self, window: str) -> str:
        """Return, as PromQL, which share of events in `window` was bad."""
        indicator = self.indicator
        # Without traffic there is no share: a NaN that is recorded would spoil every mean over it.
        return f"{indicator.bad(window, self.by)} / ({indicator.total(window, self.by)} > 0)"


def _rate(selector: str, window: str, by: str) -> str:
    return f"sum by ({by}) (rate({selector}[{window}]))"
