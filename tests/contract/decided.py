"""Decisions as the scorer writes them, for tests of what comes after it."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from infra.settings import Postgres
from projects.fraud.scoring.decision_table import DecisionTable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AMOUNT = {"feature": "TX_AMOUNT", "value": 812.0, "contribution": 2.5}
NIGHT = {"feature": "TX_DURING_NIGHT", "value": 0.0, "contribution": -0.5}


@dataclass(frozen=True)
class Decided:
    """Be one row; `hours` are counted from noon of the first of March."""

    transaction_id: int
    customer_id: int
    score: float
    hours: float = 0
    alert: bool = True
    reasons: Sequence[Any] = field(default_factory=lambda: (AMOUNT, NIGHT))
    amount_cents: int = 81_200


class Decisions:
    """A table of decisions in a schema of its own."""

    def __init__(self, postgres: Postgres) -> None:
        self.schema = f"fraud_{uuid.uuid4().hex[:8]}"
        self._options = postgres.client_options()
        DecisionTable(self.schema).prepare(postgres)

    def add(self, *rows: Decided) -> None:
        written = [
            (
                row.transaction_id,
                NOON + timedelta(hours=row.hours),
                row.customer_id,
                row.customer_id + 1000,
                row.amount_cents,
                row.score,
                0.4,
                row.alert,
                "7",
                json.dumps(list(row.reasons) if row.alert else []),
                NOON + timedelta(hours=row.hours),
            )
            for row in rows
        ]
        with psycopg.connect(**self._options) as session, session.cursor() as cursor:
            cursor.executemany(
                f"insert into {self.schema}.decisions values ({', '.join(['%s'] * 11)})", written
            )

    def asked(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(**self._options) as session:
            return session.execute(query.format(self.schema)).fetchall()
