"""All parts at once, real servers: work, crashes, stops, a full disk, the command itself.

Prometheus and Alertmanager are looked at where the system has them.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import httpx
import psutil
import psycopg
import pytest
import redis
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from stack_ports import free_offset
from typer.testing import CliRunner, Result

from autograder.cli.app import build_app
from autograder.errors import CourseError
from infra.settings import Settings, load_settings
from infra.stack.processes import of_stack
from infra.stack.stack import Stack
from infra.stack.status import PartStatus, State
from infra.stack.supervision import supervisor_pid

pytestmark = pytest.mark.long

SAMPLES = Path(__file__).parents[1] / "samples"
ALWAYS = ("kafka", "redis", "postgres", "s3", "mlflow")
TOPIC = "lab.health"
# No time is asserted here: `benchmarks.stack` measures.
SECONDS_TO_MEND = 300
NOWHERE = {"https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9"}


@dataclass(frozen=True)
class Running:
    course: Path
    stack: Stack

    @property
    def settings(self) -> Settings:
        return load_settings(self.stack.home.root)

    def statuses(self) -> dict[str, PartStatus]:
        return {status.part: status for status in self.stack.status()}

    def until_all_healthy(self) -> dict[str, PartStatus]:
        until = time.monotonic() + SECONDS_TO_MEND
        while True:
            found = {p: s for p, s in self.statuses().items() if s.state is not State.ABSENT}
            if all(status.state is State.HEALTHY for status in found.values()):
                return found
            assert time.monotonic() < until, found
            time.sleep(0.3)

    def until_lab(self, *words: str) -> Result:
        """Give a command until it says that all is well: one look may miss an answer."""
        until = time.monotonic() + SECONDS_TO_MEND
        while (shown := self.lab(*words)).exit_code and time.monotonic() < until:
            time.sleep(0.3)
        return shown

    def lab(self, *words: str) -> Result:
        """Give the command in this process; starting one for each takes longer than its work."""
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.course)
            patch.setenv("COLUMNS", "80")
            return CliRunner().invoke(build_app(), words)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_STACK_PATIENCE_SECONDS", str(SECONDS_TO_MEND))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    course = tmp_path_factory.mktemp("a course with spaces") / "course"
    shutil.copytree(SAMPLES, course)
    stack = Stack(course / ".state" / "stack")
    offset = free_offset()
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("LAB_")]:
            patch.delenv(name)
        patch.setenv("LAB_STACK_PATIENCE_SECONDS", str(SECONDS_TO_MEND))
        outcome = stack.up(port_offset=offset)
        try:
            assert not outcome.failures
            yield Running(course, stack)
        finally:
            stack.wipe()
    assert of_stack(stack.home.root) == []


def test_every_part_is_healthy_and_weighs_less_than_two_gigabytes(running: Running) -> None:
    found = running.until_all_healthy()
    assert all(found[part].state is State.HEALTHY for part in ALWAYS)
    assert 0 < sum(status.memory_bytes for status in found.values()) < 2_000_000_000


def test_everything_listens_on_loopback_alone(running: Running) -> None:
    addresses = set()
    for process in of_stack(running.stack.home.root):
        # A worker of Postgres may have ended meanwhile.
        with contextlib.suppress(psutil.NoSuchProcess):
            addresses |= {
                connection.laddr.ip
                for connection in process.net_connections(kind="inet")
                if connection.status == psutil.CONN_LISTEN
            }
    assert addresses
    # Java listens on an IPv4 address through a socket of both families.
    assert addresses <= {"127.0.0.1", "::ffff:127.0.0.1"}


def test_no_secret_is_in_sight(running: Running) -> None:
    commands = command_lines(running.stack)
    assert commands and not any("lab-secret" in " ".join(words) for words in commands)
    assert running.stack.home.configuration.stat().st_mode & 0o077 == 0


def test_the_command_shows_what_runs(running: Running) -> None:
    shown = running.until_lab("ps")
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.count("healthy") >= len(ALWAYS)
    table = shown.stdout.split("prometheus:")[0]
    assert max(map(len, table.splitlines())) <= 80
    data = json.loads(running.until_lab("ps", "--json").stdout)
    assert {row["part"]: row["state"] for row in data}["kafka"] == "healthy"
    again = running.lab("up", "kafka")
    assert again.exit_code == 0, again.output
    assert "127.0.0.1:" in again.stdout
    refused = running.lab("up", "--brokers", "3")
    assert isinstance(refused.exception, CourseError)
    assert "Kafka runs with 1 broker" in refused.exception.message
    assert running.lab("down", "--wipe").exit_code == 1, "nobody said yes"
    assert running.until_all_healthy()["redis"].state is State.HEALTHY
    logs = [sys.executable, "-m", "autograder.cli.app", "logs", "kafka", "-n", "2000"]
    said = subprocess.run(logs, cwd=running.course, capture_output=True, text=True, check=True)
    assert "KafkaRaftServer" in said.stdout


def test_each_part_is_started_again_after_a_crash_and_keeps_what_it_acknowledged(
    running: Running,
) -> None:
    token = uuid.uuid4().hex
    _write_everywhere(running.settings, token)
    before = running.until_all_healthy()
    for status in before.values():
        for pid in status.pids:
            psutil.Process(pid).kill()
    time.sleep(2)
    after = running.until_all_healthy()
    restarts = {part: s.restarts - before[part].restarts for part, s in after.items()}
    # Postgres will not start while a session of its killed predecessor still holds the memory.
    assert restarts.pop("postgres") in (1, 2)
    assert set(restarts.values()) == {1}
    _read_everywhere(running.settings, token)


def test_a_killed_supervisor_is_replaced_and_nothing_is_lost(running: Running) -> None:
    token = uuid.uuid4().hex
    _write_everywhere(running.settings, token)
    os.kill(supervisor_pid(running.stack.home), signal.SIGKILL)
    assert "supervisor is gone" in running.lab("ps").stdout
    assert not running.stack.up().failures
    _read_everywhere(running.settings, token)


def test_down_and_up_again_without_a_network(running: Running) -> None:
    token = uuid.uuid4().hex
    _write_everywhere(running.settings, token)
    # As after a reboot: the pid file names a process that has nothing to do with Postgres.
    log = running.stack.home.log("supervisor")
    before = len(log.read_text())
    assert running.stack.down() == []
    assert "with SIGKILL" not in log.read_text()[before:], "each ends when it is asked to"
    assert of_stack(running.stack.home.root) == []
    pid_file = running.stack.home.data("postgres") / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{pid_file.parent}\n1\n5432\n\n127.0.0.1\n 1 1\nready\n")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in NOWHERE.items():
            patch.setenv(name, value)
        shown = running.lab("up")
    assert shown.exit_code == 0, shown.output
    _read_everywhere(running.settings, token)


def test_three_brokers_outlive_the_loss_of_one(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "stack")
    try:
        outcome = stack.up(["kafka"], brokers=3, port_offset=free_offset())
        assert not outcome.failures
        endpoint = load_settings(stack.home.root).kafka
        assert len(endpoint.bootstrap) == endpoint.replication == 3
        [kafka] = [s for s in outcome.statuses if s.part == "kafka"]
        producer = KafkaProducer(**endpoint.client_options(), acks="all")
        producer.send(TOPIC, b"before").get(120)
        psutil.Process(kafka.pids[0]).kill()
        producer.send(TOPIC, b"after").get(120)
        producer.close()
        until = time.monotonic() + SECONDS_TO_MEND
        while (now := next(s for s in stack.status() if s.part == "kafka")).restarts < 1 or (
            now.state is not State.HEALTHY
        ):
            assert time.monotonic() < until, now
            time.sleep(0.5)
        assert {b"before", b"after"} <= set(_records(endpoint.client_options()))
    finally:
        stack.wipe()


@pytest.mark.skipif(
    os.getuid() != 0 or sys.platform != "linux", reason="mounting a small disk takes root"
)
def test_a_disk_that_fills_up_is_told_and_freeing_it_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=150m", "lab-test", disk])
    if mounted.returncode:
        pytest.skip("this system lets no disk be mounted")
    monkeypatch.setenv("LAB_STACK_LEAST_FREE_MB", "10")
    stack = Stack(disk / "stack")
    try:
        assert not stack.up(["postgres", "redis"], port_offset=free_offset()).failures
        settings = load_settings(stack.home.root)
        ballast = disk / "ballast"
        with ballast.open("wb") as file, pytest.raises(OSError, match="No space left"):
            while True:
                file.write(bytes(1 << 20))
                file.flush()
        assert "free space there" in stack.warnings()[0]
        with pytest.raises(psycopg.errors.DiskFull, match="No space left"):
            _fill_table(settings)
        stack.down()
        ballast.unlink()
        assert not stack.up(["postgres", "redis"]).failures
        assert stack.warnings() == []
        _fill_table(settings)
    finally:
        stack.wipe()
        subprocess.run(["umount", disk], check=True)


def command_lines(stack: Stack) -> list[list[str]]:
    """Give the command lines in which a secret could be seen; who is gone shows none."""
    found = []
    for process in of_stack(stack.home.root):
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(process.cmdline())
    return found


def _fill_table(settings: Settings) -> None:
    with psycopg.connect(**settings.postgres.client_options()) as session:
        session.execute("create table if not exists filled (body text)")
        session.execute(
            "insert into filled select repeat(md5(i::text), 90) from generate_series(1, 9000) i"
        )


def _write_everywhere(settings: Settings, token: str) -> None:
    producer = KafkaProducer(**settings.kafka.client_options(), acks="all")
    producer.send(TOPIC, token.encode()).get(60)
    producer.close()
    redis.Redis(**settings.redis.client_options()).set("token", token)
    with psycopg.connect(**settings.postgres.client_options()) as session:
        session.execute("create table if not exists tokens (token text, place vector(2))")
        session.execute("insert into tokens values (%s, '[3,4]')", [token])
    boto3.client("s3", **settings.s3.client_options()).list_buckets()
    api = f"{settings.mlflow.url}/api/2.0/mlflow"
    httpx.post(f"{api}/experiments/create", json={"name": token}).raise_for_status()


def _read_everywhere(settings: Settings, token: str) -> None:
    assert token.encode() in _records(settings.kafka.client_options())
    assert redis.Redis(**settings.redis.client_options()).get("token") == token.encode()
    with psycopg.connect(**settings.postgres.client_options()) as session:
        row = session.execute(
            "select place <-> '[0,0]' from tokens where token = %s", [token]
        ).fetchone()
    assert row == (5.0,)
    api = f"{settings.mlflow.url}/api/2.0/mlflow"
    name = {"experiment_name": token}
    httpx.get(f"{api}/experiments/get-by-name", params=name).raise_for_status()


def _records(options: dict[str, object]) -> list[bytes]:
    consumer = KafkaConsumer(**options, consumer_timeout_ms=60_000, group_id=None)
    partitions = [TopicPartition(TOPIC, n) for n in sorted(consumer.partitions_for_topic(TOPIC))]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    consumer.seek_to_beginning(*partitions)
    found = []
    while any(consumer.position(one) < end for one, end in ends.items()):
        found.append(next(consumer).value)
    consumer.close()
    return found
