"""Readers of a dataset see whole commits, in the order in which they were made."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from infra.storage.dataset import Dataset, DatasetConfig
from infra.storage.errors import (
    CommitConflictError,
    CommitUncertainError,
    SchemaMismatchError,
    SnapshotNotFoundError,
    StorageError,
    StorageUnavailableError,
)
from infra.storage.on_disk import DiskStore
from infra.storage.vacuum import Vacuumed, vacuum

CONFIG = DatasetConfig("sales", ("day",))
NOW = timedelta(0)


def rows(day: int, *amounts: float | None) -> pa.Table:
    values = {"day": [date(2026, 1, day)] * len(amounts), "amount": list(amounts)}
    return pa.table(values, schema=pa.schema([("day", pa.date32()), ("amount", pa.float64())]))


def amounts(table: Any) -> list[float]:
    return table.column("amount").to_pylist()


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path / "lake")


@pytest.fixture
def dataset(store: DiskStore) -> Dataset:
    return Dataset(store, CONFIG)


def test_what_was_committed_is_read(dataset: Dataset) -> None:
    both = pa.concat_tables([rows(2, 1.0, None), rows(1, 2.0)])
    first = dataset.append(both, note="day one and two")
    assert (first.number, first.rows, first.note) == (1, 3, "day one and two")
    dataset.append(rows(2, 3.0))
    found = dataset.read()
    assert amounts(found) == [2.0, 1.0, None, 3.0]
    assert found.schema == both.schema
    assert dataset.read(["amount"]).column_names == ["amount"]


def test_partitions_are_found_by_value(dataset: Dataset) -> None:
    for day in (1, 2, 3):
        dataset.append(rows(day, float(day)))
    assert amounts(dataset.read(where={"day": [date(2026, 1, 3), date(2026, 1, 1)]})) == [1.0, 3.0]
    assert amounts(dataset.read(where={"day": []})) == []
    for where, said in [({"amount": [1.0]}, "not split by"), ({"day": ["noon"]}, "is no date32")]:
        with pytest.raises(StorageError, match=said):
            dataset.read(where=where)


def test_any_text_can_name_a_partition_also_none(store: DiskStore) -> None:
    names = ["a/b", "..", "", "ä=1 %", None]
    dataset = Dataset(store, DatasetConfig("odd", ("name",)))
    dataset.append(pa.table({"name": pa.array(names), "n": range(5)}))
    for number, name in enumerate(names):
        assert dataset.read(where={"name": [name]}).to_pylist() == [{"name": name, "n": number}]


def test_large_tables_become_several_files(store: DiskStore) -> None:
    dataset = Dataset(store, DatasetConfig("large", rows_per_file=100))
    made = dataset.append(pa.table({"n": range(250)}))
    assert [file.rows for file in made.files] == [100, 100, 50]
    assert dataset.read().column("n").to_pylist() == list(range(250))
    assert [len(part) for part in dataset.tables(["n"])] == [100, 100, 50]
    with pytest.raises(StorageError, match="no column 'x'; it has"):
        dataset.tables(["x"])


def test_partitions_are_replaced_and_the_others_stay(dataset: Dataset) -> None:
    dataset.append(pa.concat_tables([rows(1, 1.0), rows(2, 2.0)]))
    dataset.replace_partitions(rows(2, 20.0, 21.0))
    assert amounts(dataset.read()) == [1.0, 20.0, 21.0]


def test_time_travel(dataset: Dataset) -> None:
    before = datetime.now(UTC)
    made = [dataset.append(rows(1, float(number))) for number in range(4)]
    assert [snapshot.number for snapshot in dataset.snapshots()] == [1, 2, 3, 4]
    assert amounts(dataset.read(snapshot=2)) == [0.0, 1.0]
    for number, snapshot in enumerate(made, start=1):
        assert len(dataset.read(at=snapshot.made)) == number
    with pytest.raises(SnapshotNotFoundError, match=r"from .* or before"):
        dataset.read(at=before)
    with pytest.raises(SnapshotNotFoundError, match="no snapshot 9: there are 1 to 4"):
        dataset.read(snapshot=9)


def test_nothing_was_committed_yet(dataset: Dataset) -> None:
    with pytest.raises(SnapshotNotFoundError, match="Nothing was committed to sales"):
        dataset.read()
    assert dataset.snapshots() == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (rows(1, 1.0).drop_columns("amount"), "amount is missing"),
        (rows(1, 1.0).append_column("x", pa.array([1])), "x is unknown"),
        (pa.table({"day": ["2026-01-01"], "amount": [1]}), "day is string instead of date32"),
        (pa.table({"day": ["2026-01-01"], "amount": [1]}), "amount is int64 instead of double"),
    ],
)
def test_a_table_of_other_columns_is_refused_with_every_reason(
    dataset: Dataset, table: pa.Table, said: str
) -> None:
    dataset.append(rows(1, 1.0))
    with pytest.raises(SchemaMismatchError, match=said):
        dataset.append(table)
    assert len(dataset.snapshots()) == 1
    dataset.append(rows(1, 2.0).select(["amount", "day"]))
    assert amounts(dataset.read()) == [1.0, 2.0]


def test_a_column_that_must_be_there_may_not_be_empty(store: DiskStore) -> None:
    dataset = Dataset(store, DatasetConfig("strict"))
    schema = pa.schema([pa.field("n", pa.int64(), nullable=False)])
    dataset.append(pa.table({"n": [1]}, schema=schema))
    with pytest.raises(SchemaMismatchError, match="n has 1 missing values"):
        dataset.append(pa.table({"n": pa.array([2, None])}))


def test_a_dataset_keeps_its_partitioning(store: DiskStore, dataset: Dataset) -> None:
    dataset.append(rows(1, 1.0))
    with pytest.raises(StorageError, match=r"split by \['day'\], not by \[\]"):
        Dataset(store, DatasetConfig("sales")).append(rows(1, 1.0))
    for by, said in [("shop", "has not"), ("amount", "which is double")]:
        with pytest.raises(StorageError, match=said):
            Dataset(store, DatasetConfig("other", (by,))).append(rows(1, 1.0))


class Failing:
    """Pass on to a store, but fail at a commit: before it is made, or after."""

    def __init__(self, store: DiskStore, *, is_made: bool) -> None:
        self._store, self._is_made = store, is_made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put_if_absent(self, key: str, content: bytes) -> bool:
        if self._is_made:
            self._store.put_if_absent(key, content)
        raise StorageUnavailableError("the cable is cut")


@pytest.mark.parametrize("is_made", [True, False])
def test_a_commit_in_doubt_is_made_once(store: DiskStore, is_made: bool) -> None:
    Dataset(store, CONFIG).append(rows(1, 1.0))
    failing = Dataset(Failing(store, is_made=is_made), CONFIG)  # type: ignore[arg-type]
    with pytest.raises(CommitUncertainError, match='commit_id="night-7"'):
        failing.append(rows(1, 2.0), commit_id="night-7")
    dataset = Dataset(store, CONFIG)
    assert amounts(dataset.read()) == ([1.0, 2.0] if is_made else [1.0])
    again = [dataset.append(rows(1, 2.0), commit_id="night-7") for _ in range(2)]
    assert again[0] == again[1] and again[0].number == 2
    assert amounts(dataset.read()) == [1.0, 2.0]


def test_a_crash_before_the_commit_leaves_no_trace(store: DiskStore, dataset: Dataset) -> None:
    dataset.append(rows(1, 1.0))
    failing = Dataset(Failing(store, is_made=False), CONFIG)  # type: ignore[arg-type]
    with pytest.raises(CommitUncertainError):
        failing.append(rows(2, 2.0))
    assert amounts(dataset.read()) == [1.0] and len(dataset.snapshots()) == 1
    assert len(list(store.listed("sales/data/"))) == 2
    # The orphan may be of a commit under way, so it stays for the time of grace.
    assert vacuum(dataset, keep=1) == Vacuumed(0, 0, 0)
    assert vacuum(dataset, keep=1, grace=NOW).files == 1
    assert amounts(dataset.read()) == [1.0]
    assert len(list(store.listed("sales/data/"))) == 1


def test_writers_that_are_killed_leave_whole_commits(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for number in range(3):
        command = [
            sys.executable,
            Path(__file__).with_name("killed_writer.py"),
            tmp_path,
            str(number),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged.append(writer.stdout.readline().strip())
            time.sleep(random.Random(number).uniform(0.02, 0.2))
            writer.send_signal(signal.SIGKILL)
            acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
    dataset = Dataset(DiskStore(tmp_path), DatasetConfig("killed", ("part",)))
    found = Counter(dataset.read().column("batch").to_pylist())
    assert set(found.values()) == {40} and set(acknowledged) <= set(found)
    assert len(acknowledged) >= 3 and len(found) <= len(acknowledged) + 3
    vacuum(dataset, keep=1, grace=NOW)
    assert Counter(dataset.read().column("batch").to_pylist()) == found
    assert len(list(dataset.store.listed("killed/data/"))) == len(dataset.snapshot().files)
    assert not list(tmp_path.rglob(".draft-*"))


def test_of_commits_made_at_once_none_is_lost(store: DiskStore) -> None:
    failures: list[Exception] = []

    def write(writer: int) -> None:
        try:
            for number in range(10):
                Dataset(store, CONFIG).append(rows(1 + writer, float(writer * 100 + number)))
        except StorageError as error:
            failures.append(error)

    together([threading.Thread(target=write, args=(writer,)) for writer in range(6)])
    dataset = Dataset(store, CONFIG)
    assert not failures
    assert sorted(amounts(dataset.read())) == [w * 100 + n for w in range(6) for n in range(10)]
    assert [snapshot.number for snapshot in dataset.snapshots()] == list(range(1, 61))


def test_one_commit_id_at_once_is_one_commit(store: DiskStore) -> None:
    made = []

    def write() -> None:
        made.append(Dataset(store, CONFIG).append(rows(1, 5.0), commit_id="same").number)

    together([threading.Thread(target=write) for _ in range(6)])
    assert len(set(made)) == 1 and len(made) == 6
    assert amounts(Dataset(store, CONFIG).read()) == [5.0]


def together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Interrupted:
    """Pass on to a store, and do something else once before the first commit."""

    def __init__(self, store: DiskStore, action: Any) -> None:
        self._store, self._action = store, action

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put_if_absent(self, key: str, content: bytes) -> bool:
        action, self._action = self._action, lambda: None
        action()
        return self._store.put_if_absent(key, content)


def test_replacing_what_another_changed_is_refused(store: DiskStore, dataset: Dataset) -> None:
    dataset.append(pa.concat_tables([rows(1, 1.0), rows(2, 2.0)]))
    same = Interrupted(store, lambda: dataset.append(rows(2, 3.0)))
    with pytest.raises(CommitConflictError, match="changed a partition"):
        Dataset(same, CONFIG).replace_partitions(rows(2, 9.0))  # type: ignore[arg-type]
    other = Interrupted(store, lambda: dataset.append(rows(1, 4.0)))
    Dataset(other, CONFIG).replace_partitions(rows(2, 9.0))  # type: ignore[arg-type]
    assert amounts(dataset.read()) == [1.0, 4.0, 9.0]


def test_who_never_gets_a_turn_is_told(store: DiskStore, dataset: Dataset) -> None:
    impatient = DatasetConfig("sales", ("day",), attempts=1)
    other = Interrupted(store, lambda: dataset.append(rows(1, 4.0)))
    with pytest.raises(CommitConflictError, match="1 other commits to sales came first"):
        Dataset(other, impatient).append(rows(2, 9.0))  # type: ignore[arg-type]
    assert amounts(dataset.read()) == [4.0]


def test_a_commit_that_takes_longer_than_the_grace_is_refused(store: DiskStore) -> None:
    slow = DatasetConfig("sales", ("day",), grace=timedelta(microseconds=1))
    with pytest.raises(CommitConflictError, match="took longer"):
        Dataset(store, slow).append(rows(1, 1.0))


def test_a_vacuum_keeps_what_is_asked_for(store: DiskStore, dataset: Dataset) -> None:
    for number in range(5):
        dataset.replace_partitions(rows(1, float(number)))
    assert vacuum(dataset, keep=2).snapshots == 0
    gone = vacuum(dataset, keep=2, grace=NOW)
    assert (gone.snapshots, gone.files) == (3, 3) and gone.size > 0
    assert amounts(dataset.read(snapshot=4)) == [3.0] and amounts(dataset.read()) == [4.0]
    with pytest.raises(SnapshotNotFoundError, match="there are 4 to 5"):
        dataset.read(snapshot=3)
    assert dataset.append(rows(1, 9.0)).number == 6
    with pytest.raises(StorageError, match="at least the newest"):
        vacuum(dataset, keep=0)


def test_a_vacuum_beside_writers_and_readers_takes_nothing_of_theirs(store: DiskStore) -> None:
    config = DatasetConfig("sales", ("day",), grace=timedelta(seconds=2))
    end = time.monotonic() + 3.5
    written: list[float] = []
    failures: list[Exception] = []
    removed: list[int] = []

    def write(writer: int) -> None:
        number = float(writer)
        while time.monotonic() < end:
            # A slow machine may take longer than the grace: refused is not lost.
            with contextlib.suppress(CommitConflictError):
                Dataset(store, config).append(rows(1 + writer, number))
                written.append(number)
            number += 10
            time.sleep(0.02)

    def clean() -> None:
        while time.monotonic() < end:
            removed.append(vacuum(Dataset(store, config), keep=1).snapshots)
            Dataset(store, config).read()

    def noting(work: Callable[..., None], *told: int) -> threading.Thread:
        def run() -> None:
            try:
                work(*told)
            except Exception as error:
                failures.append(error)

        return threading.Thread(target=run)

    Dataset(store, config).append(rows(9, -1.0))
    together([noting(write, 0), noting(write, 1), noting(clean)])
    assert not failures and sum(removed) > 0
    assert sorted(amounts(Dataset(store, config).read())) == sorted([-1.0, *written])


def test_a_draft_that_goes_meanwhile_is_passed_over(store: DiskStore, tmp_path: Path) -> None:
    store.put("sales/a", b"x")
    # A link to nothing is listed and cannot be looked at, as a draft that went in between.
    (tmp_path / "lake" / "sales" / ".draft-gone").symlink_to(tmp_path / "nowhere")
    dead = tmp_path / "lake" / "sales" / ".draft-dead"
    dead.write_bytes(b"half")
    assert store.drop_drafts(datetime.now(UTC) + timedelta(seconds=1)) == 1
    assert not dead.exists() and store.get("sales/a") == b"x"


@pytest.mark.parametrize("write", [DiskStore.put, DiskStore.put_if_absent])
def test_a_writer_whose_draft_was_dropped_is_told(
    store: DiskStore, write: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[int] = []

    def slow(handle: int) -> None:
        dropped.append(store.drop_drafts(datetime.now(UTC) + timedelta(seconds=1)))

    monkeypatch.setattr(os, "fsync", slow)
    with pytest.raises(CommitConflictError, match="longer than the grace"):
        write(store, "sales/a", b"x")
    assert dropped == [1] and list(store.listed("")) == []


def test_keys_cannot_leave_their_folder(store: DiskStore) -> None:
    for key in ("../x", "a//b", "", "a/./b", "/etc/passwd"):
        with pytest.raises(StorageError, match="is no key"):
            store.put(key, b"x")


def test_a_disk_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageUnavailableError, match="cannot be used"):
        Dataset(DiskStore(tmp_path / "file"), CONFIG).append(rows(1, 1.0))


def test_a_damaged_snapshot_is_told(store: DiskStore, dataset: Dataset) -> None:
    dataset.append(rows(1, 1.0))
    store.put(dataset.log.key(2), b'{"version": 1}')
    with pytest.raises(StorageError, match=r"0000000002\.json is no snapshot"):
        dataset.read()
