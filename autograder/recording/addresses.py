"""Where a gradebook is: its database's address, as it is opened and as it may be printed."""

from importlib.util import find_spec
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from autograder.errors import CourseError


def sqlite_url(path: Path) -> str:
    """Give the database URL of the SQLite gradebook at `path`."""
    return f"sqlite:///{path.resolve()}"


def driven(db_url: str) -> str:
    """Name the Postgres driver that is installed, where `db_url` leaves that open.

    SQLAlchemy takes psycopg2 then, and the stack extra brings its successor. Raise CourseError
    when the driver that the address asks for is missing.
    """
    try:
        url = make_url(db_url)
        if url.drivername == "postgresql" and not find_spec("psycopg2"):
            url = url.set(drivername="postgresql+psycopg")
        url.get_dialect().import_dbapi()
    except ModuleNotFoundError as error:
        raise CourseError(
            f"The gradebook {shown(db_url)} needs the package {error.name}, which is missing.",
            mend="For Postgres: uv pip install 'psycopg[binary]', or the extra `stack`.",
        ) from error
    except (ArgumentError, NoSuchModuleError):
        return db_url  # whoever opens it says what is wrong with it
    return url.render_as_string(hide_password=False)


def shown(db_url: str) -> str:
    """Give `db_url` as it may be printed: a path for SQLite, no password for others."""
    try:
        url = make_url(db_url)
    except ArgumentError:
        return db_url
    if url.get_backend_name() == "sqlite" and url.database:
        return url.database
    return url.render_as_string(hide_password=True)


def without_password(db_url: str) -> str:
    """Give `db_url` as it may be kept; drivers look for the password in PGPASSWORD or ~/.pgpass."""
    try:
        url = make_url(db_url)
    except ArgumentError:
        return db_url
    bare = URL.create(
        url.drivername, url.username, None, url.host, url.port, url.database, url.query
    )
    return bare.render_as_string(hide_password=False)
