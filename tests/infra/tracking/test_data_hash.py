"""Data has one hash, by its values."""

import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import CourseError
from infra.tracking.data_hash import files_hash, frame_hash

ROWS = st.lists(
    st.tuples(
        st.integers(-(2**31), 2**31 - 1),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec="utf-8"), max_size=4) | st.none(),
    ),
    min_size=1,
    max_size=8,
)


def frame_of(rows: list[tuple[int, float, str | None]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["number", "share", "word"]).astype({"word": object})


@settings(deadline=None)
@given(ROWS)
def test_storage_does_not_matter(rows: list[tuple[int, float, str | None]]) -> None:
    frame = frame_of(rows)
    stored = BytesIO()
    frame.to_parquet(stored)
    variants = [
        frame[["word", "share", "number"]],
        frame.set_index(pd.Index(range(5, 5 + len(frame)))),
        frame.assign(number=frame["number"].astype("int32"), word=frame["word"].astype("string")),
        pd.read_parquet(stored),
    ]
    assert {frame_hash(each) for each in variants} == {frame_hash(frame)}


@settings(deadline=None)
@given(ROWS, st.data())
def test_every_value_matters(
    rows: list[tuple[int, float, str | None]], data: st.DataObject
) -> None:
    frame = frame_of(rows)
    place = data.draw(st.integers(0, len(rows) - 1))
    changed = list(rows)
    number, share, word = rows[place]
    changed[place] = data.draw(
        st.sampled_from(
            [
                (number - 1 if number > 0 else number + 1, share, word),
                (number, share / 2 + 1.5 if share != 3 else 0.0, word),
                (number, share, None if word is not None else ""),
                (number, share, (word or "") + "x"),
            ]
        )
    )
    assert frame_hash(frame_of(changed)) != frame_hash(frame)


def test_text_is_not_run_together() -> None:
    assert frame_hash(pd.DataFrame({"a": ["ab", "c"]})) != frame_hash(
        pd.DataFrame({"a": ["a", "bc"]})
    )
    assert frame_hash(pd.DataFrame({"a": ["nan"]})) != frame_hash(pd.DataFrame({"a": [None]}))


def test_the_order_of_rows_matters_unless_columns_order_them() -> None:
    frame = pd.DataFrame({"id": [3, 1, 2], "x": [0.5, np.nan, -0.0]})
    turned = frame.iloc[::-1].assign(x=[0.0, np.nan, 0.5])
    assert frame_hash(frame) != frame_hash(turned)
    assert frame_hash(frame, sort_by=["id"]) == frame_hash(turned, sort_by=["id"])


def test_other_kinds_of_columns_are_told_apart() -> None:
    times = pd.to_datetime(["2026-03-01 12:00", None])
    hashes = {
        frame_hash(pd.DataFrame({"a": values}))
        for values in (
            times,
            times.tz_localize("UTC"),
            times - pd.Timestamp("2026-01-01"),
            pd.array([True, None], dtype="boolean"),
            pd.array([1, None], dtype="Int64"),
            pd.array([2**63 + 1, 0], dtype="uint64"),
            ["x", None],
        )
    }
    assert len(hashes) == 7
    assert frame_hash(pd.DataFrame({"a": times.as_unit("s")})) == frame_hash(
        pd.DataFrame({"a": times})
    )
    there = times.tz_localize("UTC").tz_convert("Asia/Tokyo")
    assert frame_hash(pd.DataFrame({"a": there})) in hashes
    category = pd.Series(["x", None], dtype="category")
    assert frame_hash(pd.DataFrame({"a": category})) in hashes


def test_what_cannot_be_hashed_is_named() -> None:
    with pytest.raises(CourseError, match="Column 'a' holds a list"):
        frame_hash(pd.DataFrame({"a": [[1, 2]]}))
    with pytest.raises(CourseError, match="no column 'b'"):
        frame_hash(pd.DataFrame({"a": [1]}), columns=["b"])


def test_files_hash_by_name_and_content(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "deep").mkdir(parents=True)
    (data / "a.csv").write_text("1")
    (data / "deep" / "b.csv").write_text("2")
    first = files_hash([data], root=data)
    shutil.copytree(data, tmp_path / "elsewhere")
    assert files_hash([tmp_path / "elsewhere"], root=tmp_path / "elsewhere") == first
    assert files_hash([data / "deep" / "b.csv", data / "a.csv"], root=data) == first
    (data / "a.csv").rename(data / "c.csv")
    assert files_hash([data], root=data) != first
    (data / "c.csv").rename(data / "a.csv")
    (data / "a.csv").write_text("3")
    assert files_hash([data], root=data) != first


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"no .*absent"):
        files_hash([tmp_path / "absent"], root=tmp_path)
    with pytest.raises(CourseError, match="no files"):
        files_hash([tmp_path], root=tmp_path)
    (tmp_path / "a").write_text("1")
    with pytest.raises(CourseError, match="does not lie in"):
        files_hash([tmp_path / "a"], root=tmp_path / "other")
