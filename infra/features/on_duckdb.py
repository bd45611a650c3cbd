"""Execute window features in DuckDB, on frames or on whatever DuckDB can scan."""

from contextlib import closing, suppress
from typing import Any

import pandas as pd

from infra.extras import needing
from infra.features.definition import ROW, FeatureSet
from infra.features.errors import FeatureError
from infra.features.sql import AT, EVENTS, Dialect, missing_ids_query, window_query

with needing("stack"):
    import duckdb

_GIVEN_EVENTS, _GIVEN_AT = "__given_events", "__given_rows"


def duckdb_window_features(
    features: FeatureSet,
    events: pd.DataFrame | str,
    at: pd.DataFrame | str | None = None,
    *,
    connection: "duckdb.DuckDBPyConnection | None" = None,
) -> pd.DataFrame:
    """Return the features of each row of `at` (default: the events), in its order.

    `events` and `at` are frames, or what stands after FROM: a table of `connection`, or
    "read_parquet('events/*.parquet')". The answer has the index of a frame `at`. Raise
    FeatureError for what DuckDB cannot read as the definition asks. Text that is given is SQL:
    never let it come from a stranger.
    """
    if connection is None:
        with closing(duckdb.connect()) as own:
            return duckdb_window_features(features, events, at, connection=own)
    at = events if at is None else at
    try:
        _view(connection, EVENTS, _GIVEN_EVENTS, events, "*")
        _view(connection, AT, _GIVEN_AT, at, f"*, row_number() OVER () - 1 AS {ROW}")
        _require_ids(features, connection)
        found = connection.execute(window_query(features, Dialect.DUCKDB)).df()
    except duckdb.Error as error:
        raise FeatureError(f"DuckDB cannot compute {features.name}: {error}") from error
    finally:
        # In a transaction that failed nothing can be dropped, and nothing stays either.
        with suppress(duckdb.Error):
            for view in (EVENTS, AT, _GIVEN_EVENTS, _GIVEN_AT):
                connection.execute(f"DROP VIEW IF EXISTS {view}")
    found = found.drop(columns=ROW)
    return found.set_index(at.index) if isinstance(at, pd.DataFrame) else found


def _view(connection: Any, name: str, given: str, source: pd.DataFrame | str, columns: str) -> None:
    if isinstance(source, pd.DataFrame):
        connection.register(given, source)
        source = given
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT {columns} FROM {source}")


def _require_ids(features: FeatureSet, connection: Any) -> None:
    [missing] = connection.execute(missing_ids_query(features, Dialect.DUCKDB)).fetchone()
    if missing:
        raise FeatureError(
            f"{missing} events have no {features.event_id!r}: give each its id, or define the "
            "features without `event_id`."
        )
