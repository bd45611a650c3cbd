"""Keep API keys in SQLite or Postgres: hashes, owners, quotas, and when each was revoked."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from limits import parse

from infra.serving.key_hashing import Token, hash_secret
from infra.settings import Postgres

_METADATA = sa.MetaData()
_KEYS = sa.Table(
    "api_keys",
    _METADATA,
    sa.Column("id", sa.String(12), primary_key=True),
    sa.Column("owner", sa.String(200), nullable=False),
    sa.Column("hashed", sa.String(200), nullable=False),
    sa.Column("quota", sa.String(50)),
    # SQLite has no time zones: times are kept as text, in UTC.
    sa.Column("created_at", sa.String(40), nullable=False),
    sa.Column("expires_at", sa.String(40)),
    sa.Column("revoked_at", sa.String(40)),
)


@dataclass(frozen=True)
class KeyRecord:
    """Hold what is kept of a key; `quota` None means the service's own. Times are in UTC."""

    id: str
    owner: str
    hashed: str
    quota: str | None
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Say whether the key is neither revoked nor past its time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def __repr__(self) -> str:
        return f"KeyRecord(id={self.id!r}, owner={self.owner!r})"


class KeyStore:
    """Create, find and revoke keys."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        try:
            _METADATA.create_all(engine)
        except sa.exc.DBAPIError:
            # Two processes that start at once both want to make the table; one may fail.
            if not sa.inspect(engine).has_table(_KEYS.name):
                raise

    @classmethod
    def in_file(cls, path: Path) -> Self:
        """Open a store in an SQLite file that only its owner can read; make it if need be."""
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        url = sa.URL.create("sqlite", database=str(path))
        return cls(sa.create_engine(url, connect_args={"timeout": 10}))

    @classmethod
    def in_postgres(cls, postgres: Postgres) -> Self:
        """Open a store in the table `api_keys` of that database; make it if need be."""
        options = postgres.client_options()
        url = sa.URL.create(
            "postgresql+psycopg",
            username=options["user"],
            password=options["password"],
            host=options["host"],
            port=options["port"],
            database=options["dbname"],
            query={"sslmode": options["sslmode"], "connect_timeout": "5"},
        )
        return cls(sa.create_engine(url, pool_pre_ping=True))

    def create(
        self, owner: str, *, quota: str | None = None, expires_at: datetime | None = None
    ) -> Token:
        """Make a key and return it: this is the only time that it can be shown.

        Raise ValueError for a quota that is not a rate such as "100/minute", or for an expiry
        without a time zone.
        """
        if quota is not None:
            parse(quota)
        if expires_at is not None and expires_at.tzinfo is None:
            raise ValueError(f"expires_at needs a time zone, is {expires_at}")
        token = Token.new()
        row = {
            "id": token.id,
            "owner": owner,
            "hashed": hash_secret(token.secret),
            "quota": quota,
            "created_at": _written(datetime.now(UTC)),
            "expires_at": _written(expires_at) if expires_at else None,
        }
        with self._engine.begin() as session:
            session.execute(sa.insert(_KEYS).values(row))
        return token

    def find(self, key_id: str) -> KeyRecord | None:
        """Return what is kept of a key, revoked ones included."""
        with self._engine.connect() as session:
            found = session.execute(sa.select(_KEYS).where(_KEYS.c.id == key_id)).mappings().first()
        return _record(found) if found is not None else None

    def revoke(self, key_id: str) -> bool:
        """Revoke a key for good; return whether it was there and not revoked before."""
        change = (
            sa.update(_KEYS)
            .where(_KEYS.c.id == key_id, _KEYS.c.revoked_at.is_(None))
            .values(revoked_at=_written(datetime.now(UTC)))
        )
        with self._engine.begin() as session:
            return session.execute(change).rowcount == 1

    def all(self) -> Sequence[KeyRecord]:
        """Return every key that was ever made, the oldest first."""
        with self._engine.connect() as session:
            rows = session.execute(sa.select(_KEYS).order_by(_KEYS.c.created_at)).mappings().all()
        return [_record(row) for row in rows]

    def ping(self) -> None:
        """Ask the database for something; raise sqlalchemy's error where it does not answer."""
        with self._engine.connect() as session:
            session.execute(sa.select(_KEYS.c.id).limit(1))

    def close(self) -> None:
        """Give up the connections."""
        self._engine.dispose()


def _record(row: Any) -> KeyRecord:
    times = {name: row[name] for name in ("created_at", "expires_at", "revoked_at")}
    read = {name: datetime.fromisoformat(text) if text else None for name, text in times.items()}
    return KeyRecord(**{**row, **read})


def _written(when: datetime) -> str:
    return when.astimezone(UTC).isoformat()
