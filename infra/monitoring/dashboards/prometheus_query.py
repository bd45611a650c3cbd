"""Ask Prometheus's HTTP API for what a panel shows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from infra.monitoring.dashboards.model import Query
from infra.settings import Prometheus

_MOST_POINTS = 300
_LEAST_STEP = 5
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class PrometheusError(Exception):
    """Say what Prometheus refused, or that it does not answer."""


@dataclass(frozen=True)
class Series:
    """Hold one line: seconds since 1970 and values, NaN where there is none."""

    name: str
    times: NDArray[np.float64]
    values: NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """Hold the time that is looked at."""

    begin: datetime
    end: datetime

    @classmethod
    def last(cls, length: timedelta, now: datetime | None = None) -> "Span":
        """Return the time up to now."""
        end = now or datetime.now(UTC)
        return cls(end - length, end)

    @property
    def step(self) -> int:
        """Return how many seconds lie between points, so that there are not too many."""
        return max(_LEAST_STEP, round((self.end - self.begin).total_seconds() / _MOST_POINTS))


class PrometheusClient:
    """Ask one Prometheus."""

    def __init__(self, prometheus: Prometheus, client: httpx.Client) -> None:
        self._url = prometheus.url.rstrip("/")
        self._client = client

    def series(self, query: Query, span: Span, variables: Mapping[str, str]) -> list[Series]:
        """Return the lines of a query; raise PrometheusError with what Prometheus said."""
        expression = query.expr
        for name, value in variables.items():
            expression = expression.replace(f"${name}", value)
        asked: dict[str, str | float] = {
            "query": expression,
            "start": span.begin.timestamp(),
            "end": span.end.timestamp(),
            "step": span.step,
        }
        data = self._ask("query_range", asked)
        grid = np.arange(span.begin.timestamp(), span.end.timestamp() + 1e-6, span.step)
        return [_series(found, query.legend, grid, span) for found in data["result"]]

    def names(self) -> frozenset[str]:
        """Return the names of all metrics that are stored."""
        return frozenset(self._ask("label/__name__/values", {}))

    def _ask(self, what: str, asked: Mapping[str, str | float]) -> Any:
        try:
            answer = self._client.get(f"{self._url}/api/v1/{what}", params=dict(asked))
            content = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise PrometheusError(f"{self._url} does not answer: {error}") from error
        if content.get("status") != "success":
            raise PrometheusError(f"{asked.get('query', what)}: {content.get('error')}")
        return content["data"]


def _series(found: Mapping[str, Any], legend: str, grid: NDArray[np.float64], span: Span) -> Series:
    labels = found["metric"]
    name = _PLACE.sub(lambda place: labels.get(place[1], ""), legend)
    values = np.full(len(grid), np.nan)
    for time, value in found["values"]:
        place = round((float(time) - grid[0]) / span.step)
        if 0 <= place < len(grid):
            values[place] = float(value)
    values[np.isinf(values)] = np.nan
    return Series(name, grid, values)
