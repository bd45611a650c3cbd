"""Open the database of the desk, and make its tables."""

import sqlalchemy as sa

from infra.settings import Postgres
from projects.fraud.investigation.errors import NotPreparedError

_CONNECT_SECONDS = 5
_PATIENCE_SECONDS = 2.0
# An analyst's page waits for the answer: what takes longer than this is cut off.
_STATEMENT_MILLISECONDS = 5000

_TABLES = """
create table if not exists {schema}.verdicts (
    transaction_id bigint primary key,
    case_id text not null,
    customer_id bigint not null,
    terminal_id bigint not null,
    payment_at timestamptz not null,
    fraud boolean not null,
    decided_by text not null,
    decided_at timestamptz not null
);
create index if not exists verdicts_of_bad_cards
    on {schema}.verdicts (customer_id, payment_at) where fraud;
create table if not exists {schema}.label_outbox (
    place bigint generated always as identity primary key,
    transaction_id bigint not null unique references {schema}.verdicts,
    key text not null,
    event bytea not null,
    written_at timestamptz not null default now(),
    published_at timestamptz
);
create index if not exists label_outbox_waiting
    on {schema}.label_outbox (place) where published_at is null;
create index if not exists decisions_alerts on {schema}.decisions (customer_id, at) where alert;
create index if not exists decisions_of_cards on {schema}.decisions (customer_id, at desc);
create index if not exists decisions_newest on {schema}.decisions (decided_at);
"""
# Two processes that prepare at once would else both find nothing, and one would fail.
_LOCK = "select pg_advisory_xact_lock(hashtext('investigation tables'))"


def open_engine(postgres: Postgres, *, pool: int = 5) -> sa.Engine:
    """Return an engine whose callers wait for a connection for two seconds at most."""
    options = postgres.client_options()
    url = sa.URL.create(
        "postgresql+psycopg",
        username=options["user"],
        password=options["password"],
        host=options["host"],
        port=options["port"],
        database=options["dbname"],
        query={
            "sslmode": options["sslmode"],
            "connect_timeout": str(_CONNECT_SECONDS),
            "options": f"-c statement_timeout={_STATEMENT_MILLISECONDS}",
        },
    )
    return sa.create_engine(url, pool_pre_ping=True, pool_size=pool, pool_timeout=_PATIENCE_SECONDS)


def prepare(engine: sa.Engine, schema: str) -> None:
    """Make what is not there: verdicts, the outbox, and the indexes the queue is found by.

    Raise NotPreparedError where the scorer has not made its table of decisions yet. An index on a
    large table holds its writers up once, while it is made.
    """
    with engine.begin() as session:
        session.execute(sa.text(_LOCK))
        if session.scalar(sa.text("select to_regclass(:name)"), {"name": f"{schema}.decisions"}):
            # An index over many decisions takes longer than an answer may.
            session.execute(sa.text("set local statement_timeout = 0"))
            for statement in filter(str.strip, _TABLES.format(schema=schema).split(";")):
                session.execute(sa.text(statement))
            return
    raise NotPreparedError(f"{schema}.decisions is not there: start the scorer first, it makes it")
