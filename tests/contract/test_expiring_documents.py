"""Documents in Postgres: they expire on time, are found by field, and survive the server's ends."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from stack_under_test import StackUnderTest, until

from infra.settings import Postgres
from infra.storage.errors import StorageError, StorageUnavailableError
from infra.storage.postgres_documents import PostgresDocuments

pytestmark = pytest.mark.long

BLINK = timedelta(seconds=0.4)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def schema(postgres: Postgres) -> Iterator[str]:
    name = f"contract_{uuid.uuid4().hex[:12]}"
    yield name
    with psycopg.connect(**postgres.client_options(), autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA {name} CASCADE")


@pytest.fixture
def documents(postgres: Postgres, schema: str) -> Iterator[PostgresDocuments]:
    with closing(PostgresDocuments(postgres, f"d_{uuid.uuid4().hex[:8]}", schema=schema)) as made:
        yield made


def test_what_is_put_comes_back_until_it_expires(documents: PostgresDocuments) -> None:
    fields = {"n": 1, "x": 0.1, "none": None, "list": [1, {"deep": "ä"}], "": True}
    documents.put("for ever", fields)
    documents.put("a blink", fields, ttl=HOUR)
    kept, brief = documents.get("for ever"), documents.get("a blink")
    assert kept is not None and kept.fields == fields and kept.expires is None
    assert brief is not None and brief.expires is not None
    assert abs(brief.expires - HOUR - datetime.now(UTC)) < timedelta(seconds=30)
    documents.put("a blink", fields, ttl=BLINK)
    time.sleep(BLINK.total_seconds() + 0.1)
    assert documents.get("a blink") is None
    assert [found.key for found in documents.find({"n": 1})] == ["for ever"]
    assert not documents.delete("a blink") and documents.get("nothing") is None


def test_a_sweep_removes_what_expired_and_nothing_else(documents: PostgresDocuments) -> None:
    documents.put("kept", {}, ttl=HOUR)
    documents.put("for ever", {})
    for number in range(3):
        documents.put(f"brief {number}", {}, ttl=HOUR)
    assert documents.sweep() == 0
    for number in range(3):
        documents.put(f"brief {number}", {}, ttl=BLINK)
    time.sleep(BLINK.total_seconds() + 0.1)
    assert documents.sweep() == 3 and documents.sweep() == 0
    assert [found.key for found in documents.find({})] == ["for ever", "kept"]


def test_a_put_takes_the_place_of_what_was_there(documents: PostgresDocuments) -> None:
    documents.put("key", {"n": 1, "old": True}, ttl=BLINK)
    documents.put("key", {"n": 2})
    time.sleep(BLINK.total_seconds() + 0.1)
    found = documents.get("key")
    assert found is not None and found.fields == {"n": 2}
    assert documents.delete("key") and documents.get("key") is None


def test_documents_are_found_by_equal_fields(documents: PostgresDocuments) -> None:
    for number in range(6):
        fields = {"parity": number % 2, "tags": ["a", "b"][: number % 3], "deep": {"n": number}}
        documents.put(f"k{number}", fields)

    def keys(limit: int = 100, **fields: object) -> list[str]:
        return [found.key for found in documents.find(fields, limit=limit)]

    assert keys(parity=1) == ["k1", "k3", "k5"] and keys(2, parity=1) == ["k1", "k3"]
    assert keys(tags=["a"]) == ["k1", "k4"], "a list that contains it is not equal to it"
    assert keys(deep={"n": 4}, parity=0) == ["k4"]
    assert keys(deep={}) == keys(parity="1") == keys(missing=None) == []


def test_the_index_is_used(postgres: Postgres, schema: str) -> None:
    with closing(PostgresDocuments(postgres, "many", schema=schema)) as documents:
        with psycopg.connect(**postgres.client_options(), autocommit=True) as connection:
            connection.execute(
                f"INSERT INTO {schema}.many SELECT 'k' || n, jsonb_build_object('n', n, 'x', 1) "
                "FROM generate_series(1, 30000) n"
            )
            connection.execute(f"ANALYZE {schema}.many")
            where = """fields @> '{"n": 77}' AND fields -> 'n' = '77'"""
            rows = connection.execute(f"EXPLAIN SELECT * FROM {schema}.many WHERE {where}")
            assert "many_fields" in "\n".join(line for (line,) in rows)
        begun = time.perf_counter()
        assert [found.key for found in documents.find({"n": 77})] == ["k77"]
        print(f"one of 30,000 found in {(time.perf_counter() - begun) * 1000:.1f} ms")


def test_many_who_open_one_collection_at_once_all_can(postgres: Postgres, schema: str) -> None:
    failures: list[Exception] = []

    def open_and_put(number: int) -> None:
        try:
            with closing(PostgresDocuments(postgres, "at_once", schema=schema)) as documents:
                documents.put(f"k{number}", {"n": number})
        except StorageError as error:
            failures.append(error)

    threads = [threading.Thread(target=open_and_put, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with closing(PostgresDocuments(postgres, "at_once", schema=schema)) as documents:
        assert len(documents.find({})) == 8


class Putting(threading.Thread):
    """Put document after document; note what was acknowledged and what failed how."""

    def __init__(self, documents: PostgresDocuments, name: str) -> None:
        super().__init__()
        self._documents, self._name = documents, name
        self.acknowledged: dict[str, int] = {}
        self.errors: list[StorageError] = []
        self.must_end = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.must_end.is_set():
            number += 1
            try:
                self._documents.put(f"{self._name}-{number % 500}", {"n": number})
            except StorageError as error:
                self.errors.append(error)
                time.sleep(0.05)
                continue
            self.acknowledged[f"{self._name}-{number % 500}"] = number


def test_nothing_acknowledged_is_lost_when_the_server_ends(
    postgres: Postgres, schema: str, faults: StackUnderTest
) -> None:
    opened = [PostgresDocuments(postgres, "load", schema=schema) for _ in range(3)]
    putting = [Putting(documents, f"w{number}") for number, documents in enumerate(opened)]
    for thread in putting:
        thread.start()
    try:
        _all(putting, lambda thread: len(thread.acknowledged) > 50)
        faults.stop("postgres")
        _all(putting, lambda thread: len(thread.errors) > 2)
        faults.start("postgres")
        _goes_on(putting)
        faults.kill("postgres")
        faults.until_healthy("postgres")
        _goes_on(putting)
    finally:
        faults.start("postgres")
        for thread in putting:
            thread.must_end.set()
            thread.join()
    for thread in putting:
        assert all(isinstance(error, StorageUnavailableError) for error in thread.errors)
        told = f"Postgres at {postgres.host}:{postgres.port} does not answer"
        assert all(told in str(error) and "lab ps" in str(error) for error in thread.errors)
    with closing(PostgresDocuments(postgres, "load", schema=schema)) as documents:
        found = {one.key: one.fields["n"] for one in documents.find({}, limit=10_000)}
    due = {key: n for thread in putting for key, n in thread.acknowledged.items()}
    # What was not acknowledged may be there all the same, and is then newer.
    lost = {key: n for key, n in due.items() if found.get(key, 0) < n}
    assert not lost
    print(f"{len(due)} documents acknowledged, {len(lost)} lost over a stop and a SIGKILL")
    for documents in opened:
        documents.close()


def _all(putting: list[Putting], is_so: Callable[[Putting], bool]) -> None:
    until(lambda: [is_so(thread) for thread in putting], all, seconds=60)


def _goes_on(putting: list[Putting]) -> None:
    before = [sum(thread.acknowledged.values()) for thread in putting]
    until(
        lambda: [sum(thread.acknowledged.values()) for thread in putting],
        lambda now: all(n > b for n, b in zip(now, before, strict=True)),
        seconds=60,
    )
