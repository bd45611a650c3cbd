"""The schema of one space."""

import psycopg
from psycopg import sql

from infra.settings import Settings


def open_schema(settings: Settings, space: str) -> dict[str, str]:
    """Make the schema `space`; return the variable that lets libpq's clients find it first."""
    _run(settings, sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(space)))
    # The vector type and its functions lie in public.
    return {"PGOPTIONS": f"-c search_path={space},public"}


def drop_schema(settings: Settings, space: str) -> None:
    """Remove the schema `space` with all that is in it."""
    _run(settings, sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(space)))


def _run(settings: Settings, statement: sql.Composed) -> None:
    with psycopg.connect(**settings.postgres.client_options(), autocommit=True) as connection:
        connection.execute(statement)
