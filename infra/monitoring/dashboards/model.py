"""Hold what a dashboard shows; in expressions, $job is the job that is looked at."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """Name what a value is counted in, by Grafana's own names."""

    NONE = "short"
    SECONDS = "s"
    PER_SECOND = "reqps"
    SHARE = "percentunit"


class Kind(StrEnum):
    """Name how a panel shows its values."""

    LINES = "timeseries"
    NEWEST = "stat"


@dataclass(frozen=True)
class Query:
    """Ask an expression; `legend` names its series, with labels as {{label}}."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """Show queries together; `bound` draws a line, `description` says what to make of it."""

    title: str
    queries: tuple[Query, ...]
    description: str
    unit: Unit = Unit.NONE
    kind: Kind = Kind.LINES
    bound: float | None = None

    def __post_init__(self) -> None:
        if not self.queries or len(self.queries) > 26:
            raise ValueError(f"{self.title}: a panel has 1 to 26 queries, has {len(self.queries)}")


@dataclass(frozen=True)
class Row:
    """Hold panels that stand beside one another under a title."""

    title: str
    panels: tuple[Panel, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.panels) <= 4:
            raise ValueError(f"{self.title}: a row has 1 to 4 panels, has {len(self.panels)}")


@dataclass(frozen=True)
class Dashboard:
    """Hold rows under a title; `uid` is what links and Grafana know it by, for ever."""

    uid: str
    title: str
    description: str
    rows: tuple[Row, ...]

    def expressions(self) -> Mapping[str, str]:
        """Return every query's expression by where it stands."""
        return {
            f"{self.title}/{row.title}/{panel.title}[{place}]": query.expr
            for row in self.rows
            for panel in row.panels
            for place, query in enumerate(panel.queries)
        }
