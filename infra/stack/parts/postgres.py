"""Postgres with pgvector, from the binaries of a wheel."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from autograder.errors import CourseError
from infra.settings.ports import LOOPBACK
from infra.stack.plan import Part, Plan, Program, Told
from infra.stack.processes import of_stack
from infra.stack.unprivileged import require_reach, unprivileged

_SECONDS = 3
_INSTALL = "pgserver has no wheel for this system; set LAB_POSTGRES_HOST to a server of your own"


class PostgresPart(Part):
    """Keep one database, entered with a password over loopback alone."""

    name: ClassVar[str] = "postgres"

    def absent(self, plan: Plan) -> str:
        return "" if _binaries() else _INSTALL

    def version(self, plan: Plan) -> str:
        return _version(_binary("postgres"))

    def address(self, plan: Plan) -> str:
        endpoint = plan.settings.postgres
        return f"{endpoint.user}@{LOOPBACK}:{plan.port(self.name)}/{endpoint.database}"

    def ports(self, plan: Plan) -> tuple[int, ...]:
        return (plan.port(self.name),)

    def prepare(self, plan: Plan, told: Told) -> None:
        folder, way = plan.data(self.name), unprivileged()
        require_reach(way, folder, _binary("postgres"))
        if not (folder / "PG_VERSION").exists():
            told("making the database", 0, 0)
            self._make_cluster(plan, folder)
        _remove_stale_pid_file(plan, folder)
        way.own(folder)

    def programs(self, plan: Plan) -> tuple[Program, ...]:
        way = unprivileged()
        settings = {
            "listen_addresses": LOOPBACK,
            "port": plan.port(self.name),
            # No socket file: its path could be too long, and clients come over the network.
            "unix_socket_directories": "",
            "shared_buffers": "64MB",
            "max_connections": 100,
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = (*way.prefix, str(_binary("postgres")), "-D", ".", *options)
        return (
            Program(
                name=self.name,
                command=command,
                folder=plan.data(self.name),
                # Fast shutdown: sessions are ended, nothing committed is lost.
                stop_signal="INT",
                user=way.user,
            ),
        )

    def probe(self, plan: Plan) -> None:
        """Ask for a distance between two vectors, and write and read a row."""
        import psycopg

        with psycopg.connect(
            **plan.settings.postgres.client_options(), connect_timeout=_SECONDS
        ) as session:
            session.execute("create temporary table lab_health (place vector(2))")
            session.execute("insert into lab_health values ('[3,4]')")
            row = session.execute("select place <-> '[0,0]' from lab_health").fetchone()
            if row is None or row[0] != 5.0:
                raise RuntimeError(f"the distance of a row should be 5, and is {row}")

    def _make_cluster(self, plan: Plan, folder: Path) -> None:
        """Make the data folder beside its place, so that a cut attempt leaves none."""
        draft = folder.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        password = draft.with_name("postgres.password")
        endpoint = plan.settings.postgres
        way = unprivileged()
        try:
            password.touch(mode=0o600)
            password.write_text(endpoint.password.get_secret_value(), encoding="utf-8")
            way.own(draft)
            way.own(password)
            _run(
                *("initdb", "-D", draft, "-U", endpoint.user, f"--pwfile={password}"),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"),
            )
        finally:
            password.unlink(missing_ok=True)
        alone = ("postgres", "--single", "-j", "-D", draft)
        if endpoint.database != "postgres":
            quoted = endpoint.database.replace('"', '""')
            _run(*alone, "postgres", said=f'create database "{quoted}"')
        _run(*alone, endpoint.database, said="create extension vector")
        draft.replace(folder)


def _remove_stale_pid_file(plan: Plan, folder: Path) -> None:
    """Remove a pid file of another boot, whose number an unrelated process may have by now."""
    file = folder / "postmaster.pid"
    try:
        pid = int(file.read_text(encoding="utf-8").split()[0])
    except (OSError, ValueError, IndexError):
        pid = 0
    if pid not in {process.pid for process in of_stack(plan.home.root)}:
        file.unlink(missing_ok=True)


def _run(program: str, *arguments: object, said: str = "") -> None:
    way = unprivileged()
    as_user: dict[str, Any] = {"user": way.user} if way.user else {}
    done = subprocess.run(
        [*way.prefix, str(_binary(program)), *map(str, arguments)],
        input=said,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **as_user,
    )
    # A backend by itself goes on after an error, so what it says decides as well.
    if done.returncode or "ERROR:" in done.stderr:
        lines = done.stderr.strip().splitlines() or ["it is silent"]
        raise CourseError(
            f"Postgres could not make its data folder ({program}): {lines[-1]}",
            mend="Free space on that disk, or set it right; then `lab up postgres` again.",
        )


@cache
def _binaries() -> Path | None:
    # Found without importing the package, which makes folders in the user's home when imported.
    from importlib.util import find_spec

    found = find_spec("pgserver")
    if found is None or found.origin is None:
        return None
    return Path(found.origin).parent / "pginstall" / "bin"


def _binary(name: str) -> Path:
    folder = _binaries()
    if folder is None:
        raise CourseError("Postgres is not here.", mend=_INSTALL)
    return folder / name


@cache
def _version(binary: Path) -> str:
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    return f"Postgres {said.split()[-1]}"
