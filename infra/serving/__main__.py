"""Make, list and revoke API keys: `python -m infra.serving --help`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from autograder.errors import CourseError
from infra.serving.key_store import KeyStore
from infra.settings import load_settings

_APP = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
_FILE = typer.Option("--file", help="An SQLite file; without it, the Postgres of the settings.")
File = Annotated[Path | None, _FILE]


@_APP.command()
def create(
    owner: str,
    quota: Annotated[str | None, typer.Option(help="Such as 100/minute.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="For how long it is valid.")] = None,
    file: File = None,
) -> None:
    """Make a key for OWNER and print it: it is never shown again."""
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    try:
        token = _store(file).create(owner, quota=quota, expires_at=expires)
    except ValueError as error:
        raise CourseError(f"No key was made: {error}.", mend="Give --quota 100/minute.") from error
    typer.echo(token.reveal())


@_APP.command(name="list")
def list_keys(file: File = None) -> None:
    """List the keys with their owners, without what could be used as one."""
    now = datetime.now(UTC)
    for key in _store(file).all():
        state = "revoked" if key.revoked_at else "live" if key.is_live(now) else "expired"
        typer.echo(
            f"{key.id}  {state:8}{key.created_at:%Y-%m-%d}  {key.quota or '-':14}{key.owner}"
        )


@_APP.command()
def revoke(key_id: str, file: File = None) -> None:
    """Revoke the key with the id KEY_ID, its second part."""
    if not _store(file).revoke(key_id):
        raise CourseError(
            f"No live key has the id {key_id}.", mend="`python -m infra.serving list` shows them."
        )
    typer.echo(f"{key_id} is revoked; services forget it within their keys.recheck_seconds.")


def _store(file: Path | None) -> KeyStore:
    return KeyStore.in_file(file) if file else KeyStore.in_postgres(load_settings().postgres)


if __name__ == "__main__":
    try:
        _APP(standalone_mode=True)
    except CourseError as mistake:
        typer.echo(f"{mistake}", err=True)
        raise SystemExit(2) from None
