"""Name a case: one card on one day in UTC, as the queue and card precision count them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Self

# Eighteen digits always fit into Postgres's bigint.
_FORM = re.compile(r"(0|[1-9]\d{0,17})-(\d{4}-\d{2}-\d{2})", re.ASCII)
# Far from the ends of the calendar, where a month more or less cannot be added.
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


@dataclass(frozen=True, order=True)
class CaseId:
    """Hold whose card and which day; written as 1234-2026-03-01."""

    customer_id: int
    day: date

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an id; raise ValueError, in words for the caller, where it cannot be one."""
        found = _FORM.fullmatch(text)
        if not found:
            raise ValueError("must be a card and a day, such as 1234-2026-03-01")
        try:
            day = date.fromisoformat(found[2])
        except ValueError:
            raise ValueError(f"holds {found[2]}, which is no day") from None
        if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise ValueError(f"holds {found[2]}, a day without cards")
        return cls(int(found[1]), day)

    @property
    def begin(self) -> datetime:
        """Return the first moment of the day."""
        return datetime.combine(self.day, time(), UTC)

    @property
    def end(self) -> datetime:
        """Return the first moment after the day."""
        return self.begin + timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.customer_id}-{self.day.isoformat()}"
