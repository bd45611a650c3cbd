"""Execute window features in Spark; this needs the extra `spark`."""

from typing import Any

from infra.features.definition import ROW, FeatureSet
from infra.features.errors import FeatureError
from infra.features.sql import AT, EVENTS, Dialect, missing_ids_query, window_query

_ZONE = "spark.sql.session.timeZone"


def spark_window_features(features: FeatureSet, events: Any, at: Any) -> Any:
    """Return a Spark frame with the features of each row of `at`, by its column `at_row`.

    `events` and `at` are Spark frames of one session whose time zone is UTC, since Spark reads
    times without a zone in its session's; `at` has a whole number `at_row` for each row, by which
    the caller joins the answer. Raise FeatureError for another zone or for events without an id.
    """
    session = events.sparkSession
    if session.conf.get(_ZONE) not in ("UTC", "Etc/UTC"):
        raise FeatureError(
            f"The Spark session's time zone is {session.conf.get(_ZONE)}, in which days are not "
            f'those of the other engines: set spark.conf.set("{_ZONE}", "UTC").'
        )
    if ROW not in at.columns:
        raise FeatureError(f"The rows to compute features for have no column {ROW!r}.")
    events.createOrReplaceTempView(EVENTS)
    at.createOrReplaceTempView(AT)
    missing = session.sql(missing_ids_query(features, Dialect.SPARK)).first()[0]
    if missing:
        raise FeatureError(f"{missing} events have no {features.event_id!r}: give each its id.")
    return session.sql(window_query(features, Dialect.SPARK))
