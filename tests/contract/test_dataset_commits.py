"""Datasets on S3: commits made at once all count, and a server that goes away is told clearly."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta

import pyarrow as pa
import pytest
from stack_under_test import StackUnderTest

from infra.settings import S3
from infra.storage.dataset import Dataset, DatasetConfig
from infra.storage.errors import CommitUncertainError, StorageError, StorageUnavailableError
from infra.storage.object_store import MissingObjectError
from infra.storage.on_s3 import S3Store
from infra.storage.vacuum import vacuum

pytestmark = pytest.mark.long

BUCKET = "contract-storage"
CONFIG = DatasetConfig("events", ("writer",))
_SECONDS_TO_COMMIT_AGAIN = 60
Open = Callable[[], Dataset]


@pytest.fixture
def open_dataset(s3: S3) -> Iterator[Open]:
    """Open the same new dataset, each time with clients of its own."""
    prefix, opened = f"{uuid.uuid4().hex}/", []

    def opens() -> Dataset:
        store = S3Store(s3, BUCKET, prefix)
        opened.append(store)
        store.make_bucket()
        return Dataset(store, CONFIG)

    yield opens
    last = S3Store(s3, BUCKET, prefix)
    for found in list(last.listed("")):
        last.delete(found.key)
    for store in [*opened, last]:
        store.close()


def batch(writer: int, number: int) -> pa.Table:
    return pa.table({"writer": [writer] * 3, "number": [number] * 3})


def numbers(dataset: Dataset) -> list[tuple[int, int]]:
    """Return what each committed row says: its writer, and which of his batches it is of."""
    return sorted((row["writer"], row["number"]) for row in dataset.read().to_pylist())


def test_what_was_committed_is_read_and_travelled_to(open_dataset: Open) -> None:
    dataset = open_dataset()
    for number in range(3):
        dataset.append(batch(number % 2, number))
    assert dataset.read(where={"writer": [0]}).column("number").to_pylist() == [0] * 3 + [2] * 3
    assert len(dataset.read(snapshot=1)) == 3
    assert len(dataset.read(at=dataset.snapshot(2).made)) == 6
    dataset.replace_partitions(batch(1, 9))
    gone = vacuum(dataset, keep=1, grace=timedelta(0))
    assert (gone.snapshots, gone.files) == (3, 1)
    assert numbers(open_dataset()) == [(0, 0)] * 3 + [(0, 2)] * 3 + [(1, 9)] * 3


def test_of_commits_made_at_once_none_is_lost(open_dataset: Open) -> None:
    def write(dataset: Dataset, writer: int) -> None:
        for number in range(8):
            dataset.append(batch(writer, number))

    threads = [threading.Thread(target=write, args=(open_dataset(), w)) for w in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dataset = open_dataset()
    assert numbers(dataset) == sorted([(w, n) for w in range(4) for n in range(8)] * 3)
    assert [snapshot.number for snapshot in dataset.snapshots()] == list(range(1, 33))


def test_only_one_of_many_puts_an_object_first(open_dataset: Open) -> None:
    stores = [open_dataset().store for _ in range(4)]
    for number in range(20):
        said: list[bool] = []
        barrier = threading.Barrier(len(stores))

        def put(place: int, key: str, said: list[bool], barrier: threading.Barrier) -> None:
            barrier.wait()
            said.append(stores[place].put_if_absent(key, f"{place}".encode()))

        told = (f"key-{number}", said, barrier)
        threads = [threading.Thread(target=put, args=(place, *told)) for place in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(said) == [False, False, False, True]


def test_a_bucket_that_is_not_there_is_told(s3: S3) -> None:
    store = S3Store(s3, f"none-{uuid.uuid4().hex}")
    with pytest.raises(StorageError, match="refused to put x in bucket none-"):
        store.put("x", b"1")
    store = S3Store(s3, BUCKET)
    store.make_bucket()
    with pytest.raises(MissingObjectError, match="no nothing in"):
        store.get("nothing")


class Committing(threading.Thread):
    """Commit batch after batch, each again with the same id until it was acknowledged."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__()
        self._dataset = dataset
        self.acknowledged: list[int] = []
        self.errors: list[StorageError] = []
        self.must_end = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.must_end.is_set():
            try:
                self._dataset.append(batch(0, number), commit_id=f"batch-{number}")
            except StorageError as error:
                self.errors.append(error)
                time.sleep(0.1)
                continue
            self.acknowledged.append(number)
            number += 1


def test_stopped_and_started_under_load(open_dataset: Open, faults: StackUnderTest) -> None:
    """Errors say that S3 does not answer; nothing acknowledged is lost where the server is durable.

    The server of moto keeps objects in memory, so with it only what came after the start is there.
    """
    faults.start("s3")
    dataset = open_dataset()
    is_durable = not faults.status("s3").version.startswith("moto")
    committing = Committing(dataset)
    committing.start()
    try:
        _wait_until(lambda: len(committing.acknowledged) >= 5)
        faults.stop("s3")
        _wait_until(lambda: len(committing.errors) >= 2)
        before = len(committing.acknowledged)
        faults.start("s3")
        open_dataset()
        _wait_until(lambda: len(committing.acknowledged) >= before + 5)
    finally:
        faults.start("s3")
        committing.must_end.set()
        committing.join()
    down = [e for e in committing.errors if "did not answer" in str(e)]
    assert down and all("lab ps" in str(error) for error in down)
    kinds = (StorageUnavailableError, CommitUncertainError)
    assert all(isinstance(error, kinds) for error in down)
    if is_durable:
        assert committing.errors == down
    found = [number for _, number in numbers(open_dataset())]
    due = committing.acknowledged if is_durable else committing.acknowledged[before:]
    assert all(found.count(number) == 3 for number in due)
    print(f"{len(due)} commits acknowledged, 0 lost; durable: {is_durable}")


def _wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS_TO_COMMIT_AGAIN
    while not is_so():
        assert time.monotonic() < end, "the writer does not go on"
        time.sleep(0.05)
