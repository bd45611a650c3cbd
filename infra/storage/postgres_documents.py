"""Keep documents that expire in Postgres, as JSONB."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from infra.extras import needing
from infra.settings import Postgres
from infra.storage.documents import Document, checked, collection_name
from infra.storage.errors import StorageError, StorageUnavailableError

with needing("stack"):
    import psycopg
    from psycopg import sql
    from psycopg.types.json import Jsonb

_CONNECT_SECONDS = 5
_STATEMENT = "15s"
_ALIVE = sql.SQL("(expires IS NULL OR expires > clock_timestamp())")


class PostgresDocuments:
    """Implement `Documents` as one table per collection, indexed by fields and by expiry.

    A statement that a lost connection cut is tried once more on a new one, since done twice it
    leaves the same; only what `delete` and `sweep` say of the first time is lost then. Threads
    may share an instance; they take turns.
    """

    def __init__(self, endpoint: Postgres, collection: str, *, schema: str = "public") -> None:
        self._endpoint = endpoint
        self._table = sql.Identifier(collection_name(schema), collection_name(collection))
        self._lock = threading.Lock()
        self._connection: psycopg.Connection[Any] | None = None
        self._make(collection_name(schema), collection)

    def put(self, key: str, fields: Mapping[str, Any], *, ttl: timedelta | None = None) -> None:
        statement = (
            "INSERT INTO {table} (key, fields, expires) "
            "VALUES (%s, %s, clock_timestamp() + %s::interval) ON CONFLICT (key) "
            "DO UPDATE SET fields = excluded.fields, expires = excluded.expires"
        )
        self._run(statement, (key, Jsonb(checked(key, fields, ttl)), ttl))

    def get(self, key: str) -> Document | None:
        statement = "SELECT key, fields, expires FROM {table} WHERE key = %s AND {alive}"
        found, _ = self._run(statement, (key,))
        return Document(*found[0]) if found else None

    def find(self, fields: Mapping[str, Any], *, limit: int = 100) -> list[Document]:
        # Containment finds its way through the index; equality then refuses what merely contains.
        same = " AND ".join(["fields -> %s::text = %s"] * len(fields)) or "true"
        statement = (
            "SELECT key, fields, expires FROM {table} WHERE fields @> %s AND "
            + same
            + " AND {alive} ORDER BY key LIMIT %s"
        )
        plain = checked("(query)", fields, None)
        pairs = [part for name, value in plain.items() for part in (name, Jsonb(value))]
        found, _ = self._run(statement, (Jsonb(plain), *pairs, limit))
        return [Document(*row) for row in found]

    def delete(self, key: str) -> bool:
        gone, _ = self._run("DELETE FROM {table} WHERE key = %s RETURNING {alive}", (key,))
        return bool(gone and gone[0][0])

    def sweep(self) -> int:
        _, count = self._run("DELETE FROM {table} WHERE NOT {alive}", ())
        return count

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _make(self, schema: str, collection: str) -> None:
        indexes = [sql.Identifier(f"{collection}_{what}") for what in ("fields", "expires")]
        statements = [
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(schema)),
            sql.SQL(
                "CREATE TABLE IF NOT EXISTS {} "
                "(key text PRIMARY KEY, fields jsonb NOT NULL, expires timestamptz)"
            ).format(self._table),
            sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} USING gin (fields jsonb_path_ops)").format(
                indexes[0], self._table
            ),
            sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} (expires)").format(
                indexes[1], self._table
            ),
        ]
        # Two who make one table at once fail in Postgres; so they take turns.
        turn = sql.SQL("SELECT pg_advisory_xact_lock(hashtext({}))").format(
            sql.Literal(f"documents {schema}.{collection}")
        )
        with self._lock, _told(self._endpoint):
            connection = self._connected()
            with connection.transaction():
                for statement in [turn, *statements]:
                    connection.execute(statement)

    def _run(self, statement: str, values: tuple[Any, ...]) -> tuple[list[Any], int]:
        text = sql.SQL(statement).format(table=self._table, alive=_ALIVE)
        with self._lock, _told(self._endpoint):
            try:
                return self._once(text, values)
            except psycopg.OperationalError:
                # The server may have been started anew since the last call.
                self._drop()
                return self._once(text, values)

    def _once(self, text: sql.Composed, values: tuple[Any, ...]) -> tuple[list[Any], int]:
        cursor = self._connected().execute(text, values)
        return (cursor.fetchall() if cursor.description else []), cursor.rowcount

    def _connected(self) -> "psycopg.Connection[Any]":
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                **self._endpoint.client_options(),
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                options=f"-c statement_timeout={_STATEMENT}",
            )
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def _told(endpoint: Postgres) -> Iterator[None]:
    where = f"Postgres at {endpoint.host}:{endpoint.port}"
    try:
        yield
    except psycopg.OperationalError as error:
        raise StorageUnavailableError(
            f"{where} does not answer ({str(error).strip()}): `lab ps` shows whether it is up."
        ) from error
    except psycopg.Error as error:
        raise StorageError(f"{where} refused: {str(error).strip()}") from error
