"""Write Evidently's page about two sets of rows, to look into what a detector found.

Its own verdicts are left out: they know neither the number of columns nor a rate of false alarms,
and so fire more readily the more columns and rows there are. The detector decides, the page shows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from infra.extras import needing


@dataclass(frozen=True)
class Columns:
    """Say which columns hold numbers and which categories; others are left out."""

    numerical: Sequence[str] = ()
    categorical: Sequence[str] = ()


@dataclass(frozen=True)
class ColumnDistance:
    """Hold how far a column moved by a distance of Evidently, such as `wasserstein`."""

    column: str
    method: str
    distance: float


def write_evidently_page(
    window: pd.DataFrame,
    reference: pd.DataFrame,
    columns: Columns,
    page: Path,
    *,
    methods: Mapping[str, str] | None = None,
) -> tuple[ColumnDistance, ...]:
    """Write an HTML page that compares the two, and return the distances that it shows.

    The page holds all it needs (3 to 4 MB). `methods` names a distance for single columns;
    otherwise numbers are compared by `wasserstein` (in standard deviations of the reference) and
    categories by `jensenshannon`, neither of which grows with the number of rows.
    """
    with needing("stack"):
        from evidently import DataDefinition, Dataset, Report  # type: ignore[import-untyped]
        from evidently.presets import (  # type: ignore[import-untyped]
            DataDriftPreset,
            DataSummaryPreset,
        )

    definition = DataDefinition(
        numerical_columns=list(columns.numerical), categorical_columns=list(columns.categorical)
    )
    watched = [*columns.numerical, *columns.categorical]
    drift = DataDriftPreset(
        columns=watched,
        num_method="wasserstein",
        cat_method="jensenshannon",
        per_column_method=dict(methods or {}),
        include_tests=False,
    )
    report = Report([drift, DataSummaryPreset(columns=watched)], include_tests=False)
    snapshot = report.run(
        Dataset.from_pandas(window[watched], definition),
        Dataset.from_pandas(reference[watched], definition),
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    snapshot.save_html(str(page))
    return tuple(
        ColumnDistance(
            metric["config"]["column"], metric["config"]["method"], float(metric["value"])
        )
        for metric in snapshot.dict()["metrics"]
        if metric["config"]["type"].endswith(":ValueDrift")
    )
