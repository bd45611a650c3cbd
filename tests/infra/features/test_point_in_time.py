"""A point-in-time join never sees the future, nor what is stale."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.features.errors import FeatureError
from infra.features.point_in_time import PointInTime, point_in_time_join

START = pd.Timestamp("2026-01-01")
HOUR = pd.Timedelta(hours=1)

_moments = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 30)), min_size=1, max_size=20)


def frame(moments: list[tuple[int, int]], time: str, **columns: Any) -> pd.DataFrame:
    keys = [key for key, _ in moments]
    return pd.DataFrame({"card": keys, time: [START + at * HOUR for _, at in moments], **columns})


@settings(max_examples=60, deadline=None)
@given(
    asked=_moments,
    known=_moments,
    ttl=st.none() | st.integers(0, 12),
    delay=st.integers(0, 5),
)
def test_never_the_future_always_the_latest_that_was_known(
    asked: list[Any], known: list[Any], ttl: int | None, delay: int
) -> None:
    rows = frame(asked, "at").sample(frac=1.0, random_state=1)
    values = frame(known, "of", score=np.arange(len(known)))
    config = PointInTime(
        ("card",), "at", "of", ttl and timedelta(hours=ttl), timedelta(hours=delay)
    )
    if ttl == 0:
        config = PointInTime(("card",), "at", "of", timedelta(0), timedelta(hours=delay))
    joined = point_in_time_join(rows, values, ["score"], config)
    assert joined.index.equals(rows.index)
    for row in joined.itertuples():
        seen = values[(values["card"] == row.card) & (values["of"] + delay * HOUR <= row.at)]
        if ttl is not None:
            seen = seen[row.at - seen["of"] - delay * HOUR <= ttl * HOUR]
        if seen.empty:
            assert np.isnan(row.score) and pd.isna(row.of)
            continue
        assert row.of <= row.at - delay * HOUR
        latest = seen[seen["of"] == seen["of"].max()]
        assert row.of == latest["of"].iloc[-1] and row.score == latest["score"].iloc[-1]


def test_ties_go_to_what_was_created_last_then_to_the_last_row() -> None:
    rows = frame([(1, 5)], "at")
    values = frame([(1, 3), (1, 3), (1, 3)], "of", score=[1, 2, 3])
    values["made"] = [START + 9 * HOUR, START + 8 * HOUR, START + 8 * HOUR]
    plain = PointInTime(("card",), "at", "of")
    assert point_in_time_join(rows, values, ["score"], plain)["score"].tolist() == [3]
    created = PointInTime(("card",), "at", "of", created="made")
    assert point_in_time_join(rows, values, ["score"], created)["score"].tolist() == [1]


def test_several_keys_and_rows_without_a_key() -> None:
    rows = frame([(1, 5), (2, 5)], "at", shop=["a", None])
    values = frame([(1, 3), (1, 4), (2, 3)], "of", shop=["a", "b", "a"], score=[1, 2, 3])
    config = PointInTime(("card", "shop"), "at", "of")
    joined = point_in_time_join(rows, values, ["score"], config)
    assert joined["score"].iloc[0] == 1 and np.isnan(joined["score"].iloc[1])


def test_nothing_to_join_gives_missing_values() -> None:
    rows = frame([(1, 5), (2, 5)], "at")
    values = frame([(1, 3)], "of", score=[1.0])
    config = PointInTime(("card",), "at", "of")
    assert point_in_time_join(rows, values.iloc[:0], ["score"], config)["score"].isna().all()
    assert point_in_time_join(rows.iloc[:0], values, ["score"], config).empty


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda rows, values: (rows.assign(score=1), values), "already"),
        (lambda rows, values: (rows.drop(columns="at"), values), "no column 'at'"),
        (lambda rows, values: (rows, values.drop(columns="score")), "no column 'score'"),
        (lambda rows, values: (rows.astype({"card": str}), values), "same type"),
    ],
)
def test_what_cannot_be_joined_is_told(change: Any, said: str) -> None:
    rows, values = change(frame([(1, 5)], "at"), frame([(1, 3)], "of", score=[1]))
    with pytest.raises(FeatureError, match=said):
        point_in_time_join(rows, values, ["score"], PointInTime(("card",), "at", "of"))
