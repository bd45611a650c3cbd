"""Open a gradebook, or say in words why it cannot be opened."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from logging import Filter, Logger, LogRecord
from pathlib import Path

import nbgrader
from alembic.script import ScriptDirectory
from nbgrader.api import Base, Gradebook, InvalidEntry
from sqlalchemy import Connection, Engine, create_engine, inspect, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from tornado.log import app_log

from autograder.errors import CourseError
from autograder.recording.addresses import driven, shown, sqlite_url

__all__ = ["NBGRADER_COURSE", "explaining", "opened", "shown", "sqlite_url"]

NBGRADER_COURSE = "default_course"
_VERSION_TABLE = "alembic_version"
_NEW_NAME = "Move it away or name another gradebook; a new one is made when there is none."


@contextmanager
def opened(db_url: str, *, course_id: str = NBGRADER_COURSE) -> Iterator[Gradebook]:
    """Open the gradebook at `db_url`, making it when it is not there; raise CourseError in words.

    Any database that SQLAlchemy knows will do. A database error inside the block becomes a
    CourseError too, so that a full disk or a locked file reads the same wherever it strikes.
    """
    with explaining(db_url):
        _prepare(driven(db_url))
        with Gradebook(driven(db_url), course_id) as book:
            yield book


@contextmanager
def explaining(db_url: str) -> Iterator[None]:
    """Turn what a database complains of inside the block into a CourseError in words."""
    try:
        with _silent(app_log):
            yield
    except (SQLAlchemyError, InvalidEntry) as error:
        raise explained(error, db_url) from error


@contextmanager
def _silent(logger: Logger) -> Iterator[None]:
    """Keep nbgrader from printing a traceback of each error that is told in words here."""
    nothing = _Nothing()
    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


class _Nothing(Filter):
    def filter(self, _: LogRecord) -> bool:
        return False


def explained(error: Exception, db_url: str) -> CourseError:
    """Turn a database error into a sentence and what to do."""
    where = shown(db_url)
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return CourseError(
            f"{where!r} is not the address of a database.",
            mend="Write sqlite:///path/to/gradebook.db or postgresql://user@host/name.",
        )
    reason = (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
    known = {
        "not a database": (f"{where} is not a gradebook: it is no SQLite database.", _NEW_NAME),
        "malformed": (f"The gradebook {where} is damaged ({reason}).", _NEW_NAME),
        "database is locked": (
            f"The gradebook {where} is locked by another program.",
            "Close formgrader or whatever has it open, then run the command again.",
        ),
        "unable to open": (
            f"The gradebook {where} cannot be opened: its folder is missing or closed to you.",
            "Make the folder, or name a gradebook in one that you may write to.",
        ),
        "readonly": (
            f"The gradebook {where} cannot be written to.",
            "Give yourself write access to the file and its folder.",
        ),
        "disk is full": (
            f"The disk that holds {where} is full.",
            "Free some space and run the command again; what is recorded stays recorded.",
        ),
        "disk i/o": (f"The disk that holds {where} fails ({reason}).", "Check the disk."),
    }
    for sign, (message, mend) in known.items():
        if sign in reason.lower():
            return CourseError(message, mend=mend)
    return CourseError(
        f"The gradebook {where} answered with an error: {reason}.",
        mend="Check that the database runs, that the address is right, and that you may write.",
    )


def _prepare(db_url: str) -> None:
    """Check the schema, or lay it in an empty database.

    nbgrader lays it too, but by calling an `alembic` command that must be on PATH, which it is
    not when the environment is used without being activated.
    """
    engine = create_engine(db_url)
    try:
        with _one_transaction(engine) as connection:
            tables = set(inspect(connection).get_table_names())
            if tables:
                _require_schema(connection, tables, db_url)
                return
            Base.metadata.create_all(bind=connection)
            connection.execute(
                text(f"CREATE TABLE {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)")
            )
            connection.execute(
                text(f"INSERT INTO {_VERSION_TABLE} (version_num) VALUES (:head)"),
                {"head": _schema_head()},
            )
    finally:
        engine.dispose()


@contextmanager
def _one_transaction(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that tables, too, are made in as a whole or not at all.

    Python's SQLite driver begins none of its own for them.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as connection:
            yield connection
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("BEGIN")
        try:
            yield connection
        except BaseException:
            with suppress(SQLAlchemyError):  # some errors have ended it already
                connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def _require_schema(connection: Connection, tables: set[str], db_url: str) -> None:
    where = shown(db_url)
    if not {"assignment", "grade", _VERSION_TABLE} <= tables:
        raise CourseError(
            f"{where} is a database of something else, not a gradebook: it holds the tables "
            f"{', '.join(sorted(tables)[:4])}.",
            mend=_NEW_NAME,
        )
    version = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()
    head = _schema_head()
    if version != head:
        raise CourseError(
            f"The gradebook {where} has the schema {version}; nbgrader {nbgrader.__version__} "
            f"needs {head}.",
            mend=f"Run `nbgrader db upgrade --db {db_url}`, which keeps a copy of the old one.",
        )


def _schema_head() -> str:
    scripts = Path(nbgrader.__file__).parent / "alembic"
    head = ScriptDirectory(str(scripts)).get_current_head()
    if head is None:
        raise CourseError(
            "The installed nbgrader has lost its database migrations.", mend="Install it again."
        )
    return head
