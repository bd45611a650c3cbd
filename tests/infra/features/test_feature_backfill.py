"""A backfill is the batch in pieces: resumable, and the same when done again."""

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from window_samples import START, every_aggregation, made_events

from infra.features.backfill import BackfillConfig, backfill, rows_every
from infra.features.batch import window_features
from infra.features.errors import FeatureError

FEATURES = every_aggregation(windows_days=(1, 7))
EVENTS = made_events(800, 6, 40).drop_duplicates("event").sort_values(["at", "event"])
DAYS = timedelta(days=1)


def between(start: datetime, end: datetime) -> pd.DataFrame:
    at = EVENTS["at"].dt.tz_localize("UTC")
    return EVENTS[(at >= start) & (at < end)]


def config(folder: Path, days: int = 40, revision: str = "") -> BackfillConfig:
    return BackfillConfig(folder, START, START + days * DAYS, 7 * DAYS, revision)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_pieces_together_are_the_whole(tmp_path: Path) -> None:
    # Sources may number their rows as they like, even all alike.
    done = backfill(
        FEATURES, config(tmp_path), between, lambda a, b: between(a, b).assign(i=0).set_index("i")
    )
    assert len(done.written) == 6 and done.rows == len(EVENTS)
    found = pd.read_parquet(tmp_path)
    due = EVENTS.join(window_features(FEATURES, EVENTS))
    pd.testing.assert_frame_equal(found, due.reset_index(drop=True))


def test_done_again_it_changes_nothing(tmp_path: Path) -> None:
    backfill(FEATURES, config(tmp_path), between, between)
    before = files(tmp_path)
    again = backfill(FEATURES, config(tmp_path), between, between)
    assert not again.written and len(again.kept) == 6
    anew = tmp_path / "anew"
    backfill(FEATURES, config(anew), between, between)
    assert files(anew) == before


def test_a_run_that_was_cut_is_resumed(tmp_path: Path) -> None:
    calls = []

    def dying(start: datetime, end: datetime) -> pd.DataFrame:
        calls.append(start)
        if len(calls) == 4:
            raise ConnectionError("the source is gone")
        return between(start, end)

    with pytest.raises(ConnectionError):
        backfill(FEATURES, config(tmp_path), between, dying)
    (tmp_path / ".draft-from_x.parquet").write_bytes(b"half a file")
    assert len(pd.read_parquet(tmp_path)) == len(between(*_span(0, 21)))
    done = backfill(FEATURES, config(tmp_path), between, between)
    assert (len(done.kept), len(done.written)) == (3, 3)
    assert len(pd.read_parquet(tmp_path)) == len(EVENTS)
    assert not list(tmp_path.glob(".draft-*"))


def _span(first: int, last: int) -> tuple[datetime, datetime]:
    start = START.tz_localize("UTC")
    return start + first * DAYS, start + last * DAYS


def test_what_changed_is_computed_anew_and_nothing_else(tmp_path: Path) -> None:
    backfill(FEATURES, config(tmp_path, days=38), between, between)
    longer = backfill(FEATURES, config(tmp_path, days=40), between, between)
    assert (len(longer.kept), len(longer.written)) == (5, 1)
    revised = backfill(FEATURES, config(tmp_path, revision="2"), between, between)
    other = backfill(every_aggregation(), config(tmp_path, revision="2"), between, between)
    assert len(revised.written) == len(other.written) == 6


def test_rows_at_regular_instants(tmp_path: Path) -> None:
    rows = rows_every(FEATURES, between, DAYS, seen_within=7 * DAYS)
    backfill(FEATURES, config(tmp_path), between, rows)
    found = pd.read_parquet(tmp_path)
    assert set(found["at"]) == {START + day * DAYS for day in range(1, 40)}
    at = found[["card", "at"]]
    pd.testing.assert_frame_equal(
        found.drop(columns=["card", "at"]), window_features(FEATURES, EVENTS, at)
    )


def test_rows_outside_their_chunk_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeatureError, match="there twice"):
        backfill(FEATURES, config(tmp_path), between, lambda start, end: EVENTS)
    with pytest.raises(FeatureError, match="'sum_1' already"):
        backfill(FEATURES, config(tmp_path), between, lambda a, b: between(a, b).assign(sum_1=0))
    with pytest.raises(FeatureError, match="has no chunk"):
        config(tmp_path, days=0)
