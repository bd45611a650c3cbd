"""An idempotent sink in Postgres: ids and effects share a transaction."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NoReturn

import psycopg

from infra.events.errors import UnavailableError
from infra.events.records import Handled
from infra.events.sink import first_of_each
from infra.settings import Postgres

Effect = Callable[[psycopg.Cursor[Any], Sequence[Handled]], None]
_CONNECT_SECONDS = 5
_TABLE = """
create table if not exists handled_events (
    sink text not null,
    event_id uuid not null,
    handled_at timestamptz not null default now(),
    primary key (sink, event_id)
)
"""
# Two that make the table at once would else both find none, and one would fail.
_LOCK = "select pg_advisory_xact_lock(hashtext('handled_events'))"
_NOTE = """
insert into handled_events (sink, event_id)
select %s, id from unnest(%s::uuid[]) as id
on conflict do nothing
returning event_id::text
"""


class PostgresSink:
    """Call `effect` with a cursor for events that are new, in the transaction that notes their ids.

    Two members that write one event at once wait for each other, and one of them finds it written.
    """

    def __init__(self, postgres: Postgres, name: str, effect: Effect) -> None:
        """Keep ids under `name`: each sink of a database remembers for itself."""
        self._postgres = postgres
        self._name = name
        self._effect = effect
        self._session: psycopg.Connection[Any] | None = None

    def prepare(self) -> None:
        """Make the table of ids unless it is there; raise UnavailableError as `write` does."""
        try:
            with self._connected().transaction():
                self._connected().execute(_LOCK)
                self._connected().execute(_TABLE)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._raise(error)

    def write(self, handled: Sequence[Handled]) -> int:
        """Write the events; return how many were new."""
        by_id = first_of_each(handled)
        try:
            session = self._connected()
            with session.transaction(), session.cursor() as cursor:
                # In order, so that two that write the same ids cannot wait for each other.
                cursor.execute(_NOTE, (self._name, sorted(by_id)))
                new = {row[0] for row in cursor.fetchall()}
                fresh = [one for identity, one in by_id.items() if identity in new]
                if fresh:
                    self._effect(cursor, fresh)
                return len(fresh)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._raise(error)

    def forget(self, before: datetime) -> int:
        """Forget ids written before a time; return how many.

        What is delivered again after that is written again: keep them for longer than any topic,
        and the dead letters that may be replayed, keep their records.
        """
        try:
            with self._connected().transaction():
                gone = self._connected().execute(
                    "delete from handled_events where sink = %s and handled_at < %s",
                    (self._name, before),
                )
                return gone.rowcount
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._raise(error)

    def close(self) -> None:
        """Close the connection; a later `write` opens another."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _connected(self) -> psycopg.Connection[Any]:
        if self._session is None or self._session.closed:
            options = self._postgres.client_options()
            self._session = psycopg.connect(
                **options, autocommit=True, connect_timeout=_CONNECT_SECONDS
            )
        return self._session

    def _raise(self, error: Exception) -> NoReturn:
        # A broken connection would fail the next batch too.
        self.close()
        where = f"{self._postgres.host}:{self._postgres.port}/{self._postgres.database}"
        said = " ".join(str(error).split())
        raise UnavailableError(f"Postgres at {where} cannot be written to: {said}") from error
