"""Ways of running a part that this system may not take by itself."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import boto3
import psutil
import psycopg
import pytest
from stack_ports import free_offset

from autograder.errors import CourseError
from infra.settings import load_settings
from infra.stack import unprivileged as module
from infra.stack.parts import postgres
from infra.stack.processes import of_stack
from infra.stack.stack import Stack
from infra.stack.status import State
from infra.stack.unprivileged import Unprivileged, require_reach

pytestmark = pytest.mark.long
ROOT = os.getuid() == 0


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STACK_PATIENCE_SECONDS", "300")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    made = Stack(tmp_path / "stack")
    yield made
    made.wipe()


@pytest.mark.skipif(not ROOT or sys.platform != "linux", reason="concerns root alone")
def test_postgres_runs_as_nobody_where_root_has_no_namespaces(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres, "unprivileged", lambda: Unprivileged(user="nobody"))
    for folder in (tmp_path, *tmp_path.parents):
        if folder != folder.parent and folder.stat().st_uid == 0 and "pytest" in str(folder):
            folder.chmod(0o755)
    offset = free_offset()
    assert not stack.up(["postgres"], port_offset=offset).failures
    users = set()
    for process in of_stack(stack.home.root):
        with contextlib.suppress(psutil.NoSuchProcess):  # sessions come and go
            users |= {process.username()} if process.name() == "postgres" else set()
    assert users == {"nobody"}
    # Back to the other way: the data changes hands and is all there.
    with psycopg.connect(**load_settings(stack.home.root).postgres.client_options()) as session:
        session.execute("create table kept as select 42 as answer")
    stack.down()
    monkeypatch.undo()
    assert not stack.up(["postgres"], port_offset=offset).failures
    with psycopg.connect(**load_settings(stack.home.root).postgres.client_options()) as session:
        assert session.execute("select answer from kept").fetchone() == (42,)


def test_a_folder_that_nobody_may_enter_is_named(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(CourseError, match=f"cannot enter {closed}"):
        require_reach(Unprivileged(user="nobody"), closed / "data")
    require_reach(module.Unprivileged(prefix=("unshare",)), closed / "data")


def test_mlflow_on_postgres_waits_for_it(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STACK_MLFLOW_STORE", "postgres")
    monkeypatch.setenv("LAB_POSTGRES_PASSWORD", "with 100% @ signs")
    outcome = stack.up(["mlflow"], port_offset=free_offset())
    assert not outcome.failures
    assert {status.part for status in outcome.statuses} >= {"mlflow", "postgres"}
    with psycopg.connect(**load_settings(stack.home.root).postgres.client_options()) as session:
        row = session.execute("select name from experiments where name = 'lab-health'").fetchone()
    assert row == ("lab-health",)
    for process in of_stack(stack.home.root):
        with contextlib.suppress(psutil.NoSuchProcess):
            assert "100%" not in " ".join(process.cmdline())


@pytest.mark.skipif(not shutil.which("versitygw"), reason="versitygw is not on this system")
def test_versitygw_keeps_objects_over_a_kill(stack: Stack) -> None:
    outcome = stack.up(["s3"], port_offset=free_offset())
    [s3] = [status for status in outcome.statuses if status.part == "s3"]
    assert (s3.state, s3.data) == (State.HEALTHY, "s3")
    client = boto3.client("s3", **load_settings(stack.home.root).s3.client_options())
    client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key="a/b", Body=b"object", Metadata={"by": "me"})
    psutil.Process(s3.pids[0]).kill()
    stack.down()
    stack.up(["s3"])
    found = client.get_object(Bucket="kept", Key="a/b")
    assert (found["Body"].read(), found["Metadata"]) == (b"object", {"by": "me"})
