"""The table of decisions in Postgres: its definition, and how decisions get into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from infra.events.errors import RejectedError, UnavailableError
from infra.events.records import Handled
from infra.settings import Postgres
from projects.fraud.contracts import Decision

# Two processes that make the table at once would else both find nothing, and one would fail.
_LOCK = "select pg_advisory_xact_lock(hashtext('fraud decisions'))"
_TABLE = """
create table if not exists {table} (
    transaction_id bigint primary key,
    at timestamptz not null,
    customer_id bigint not null,
    terminal_id bigint not null,
    amount_cents bigint not null,
    score double precision not null,
    threshold double precision not null,
    alert boolean not null,
    model_version text not null,
    reasons jsonb not null,
    decided_at timestamptz not null default now()
)
"""
_INSERT = """
insert into {table} (transaction_id, at, customer_id, terminal_id, amount_cents, score, threshold,
                     alert, model_version, reasons)
select * from unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::bigint[],
                     %s::float8[], %s::float8[], %s::boolean[], %s::text[], %s::jsonb[])
on conflict (transaction_id) do nothing
"""


@dataclass(frozen=True)
class DecisionTable:
    """Make and fill `decisions` in a schema; a transaction has one decision, the first."""

    schema: str = "fraud"

    def prepare(self, postgres: Postgres) -> None:
        """Make schema and table unless they are there; raise UnavailableError without a server."""
        try:
            with psycopg.connect(**postgres.client_options()) as session:
                session.execute(_LOCK)
                schema = sql.Identifier(self.schema)
                session.execute(sql.SQL("create schema if not exists {}").format(schema))
                session.execute(sql.SQL(_TABLE).format(table=self._table))
        except psycopg.OperationalError as error:
            where = f"{postgres.host}:{postgres.port}"
            raise UnavailableError(f"Postgres at {where} does not answer: {error}") from error

    def write(self, cursor: psycopg.Cursor[Any], handled: Sequence[Handled]) -> None:
        """Insert decisions; be the effect of a `PostgresSink`."""
        decisions = [one.received.event.data for one in handled]
        foreign = [one for one in decisions if not isinstance(one, Decision)]
        if foreign:
            raise RejectedError(f"A {type(foreign[0]).__name__} is no decision.")
        self.insert(cursor, decisions)

    def insert(self, cursor: psycopg.Cursor[Any], decisions: Sequence[Decision]) -> None:
        """Insert what is not there; a second decision of a transaction changes nothing."""
        rows = [
            (
                one.transaction_id,
                one.at,
                one.customer_id,
                one.terminal_id,
                one.amount_cents,
                one.score,
                one.threshold,
                one.alert,
                one.model_version,
                Jsonb([reason.model_dump() for reason in one.reasons]),
            )
            for one in decisions
        ]
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            cursor.execute(sql.SQL(_INSERT).format(table=self._table), columns)

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(self.schema, "decisions")
