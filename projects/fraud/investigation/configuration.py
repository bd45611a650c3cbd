"""Configure the investigators' desk; every value is checked when it is made."""

import re
from dataclasses import dataclass, field
from datetime import timedelta

from infra.serving.configuration import ServingConfig

_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class InvestigationConfig:
    """Configure the desk over the tables of `schema`.

    A card with a payment marked as fraud is blocked: its alerts of the `blocked_days` after that
    payment are not queued, as a card once found leaves the list in card precision. A case shows the
    card's decisions of `recent_days`, at most `most_recent` of them.
    """

    schema: str = "fraud"
    blocked_days: int = 28
    recent_days: int = 30
    most_recent: int = 50
    serving: ServingConfig = field(
        default_factory=lambda: ServingConfig("Investigation", quota="600/minute")
    )

    def __post_init__(self) -> None:
        if not _SCHEMA.fullmatch(self.schema):
            raise ValueError(f"schema must be of a-z, 0-9 and _, is {self.schema!r}")
        for name in ("blocked_days", "recent_days", "most_recent"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, is {getattr(self, name)}")

    @property
    def blocked(self) -> timedelta:
        """Return for how long after a marked payment its card is blocked."""
        return timedelta(days=self.blocked_days)

    @property
    def recent(self) -> timedelta:
        """Return how far back a case looks."""
        return timedelta(days=self.recent_days)


@dataclass(frozen=True)
class RelayConfig:
    """Configure the relay of labels: at most `batch` at once, asking every `poll_seconds`."""

    name: str = "investigation"
    batch: int = 200
    poll_seconds: float = 1.0

    def __post_init__(self) -> None:
        if self.batch < 1 or self.poll_seconds <= 0:
            raise ValueError(f"batch and poll_seconds must be positive: {self}")
