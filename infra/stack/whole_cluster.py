"""Keep a cluster whole for all who need it so, and let one at a time break it.

Whoever works on a cluster that others may break holds it `whole`; whoever breaks it is `alone`
with it meanwhile and leaves it whole. Both are locks of this machine, per cluster and user.
"""

import fcntl
import hashlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from autograder.errors import CourseError
from infra.events.answering import answering
from infra.settings import Kafka
from infra.settings.ports import LOOPBACK
from infra.stack.home import StackHome
from infra.stack.port_holders import holder, is_free
from infra.stack.supervision import Supervisor

_PATIENCE_SECONDS = 600.0
_MEND_SECONDS = 240.0
_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 0.05
_REQUEST_MILLISECONDS = 5000


@dataclass
class Breakable:
    """Kill brokers of one local cluster, which are numbered from one."""

    kafka: Kafka
    _supervisor: Supervisor
    _away: set[int] = field(default_factory=set)

    def kill(self, number: int) -> None:
        """Send SIGKILL to a broker and wait for its end; its supervisor starts it again."""
        _end(self._process(number))

    def keep_away(self, number: int) -> None:
        """Kill a broker and let it be gone until this cluster is left."""
        victim = self._process(number)
        # Stopped in its tracks, so that it neither ends in order nor is started again.
        victim.suspend()
        self._supervisor.stop(self._program(number), wait=False)
        _end(victim)
        self._away.add(number)

    def is_away(self, number: int) -> bool:
        """Say whether a broker that was kept away still is: another command may have started it."""
        state = self._supervisor.states().get(self._program(number))
        return number in self._away and (state is None or not state.is_up)

    def mend(self) -> None:
        """Start what does not run and wait until every partition has all its replicas in sync."""
        self._away.clear()
        for number in range(1, len(self.kafka.bootstrap) + 1):
            if is_free(_port(self.kafka.bootstrap[number - 1])):
                self._supervisor.start(self._program(number))
        _until(lambda: is_whole(self.kafka), _MEND_SECONDS, "The cluster did not mend")

    def _process(self, number: int) -> psutil.Process:
        name = self._program(number)
        state = self._supervisor.states().get(name)
        if state is None or not state.pid:
            raise CourseError(f"{name} does not run.", mend="`lab up kafka` starts it.")
        return psutil.Process(state.pid)

    def _program(self, number: int) -> str:
        return "kafka" if len(self.kafka.bootstrap) == 1 else f"kafka-{number}"


def _end(process: psutil.Process) -> None:
    process.kill()
    psutil.wait_procs([process], timeout=10)


@contextmanager
def whole(kafka: Kafka, *, seconds: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Keep the cluster whole inside the block; wait up to `seconds` for one who breaks it.

    Raise CourseError when that takes longer. A cluster that is not local nobody here breaks.
    """
    if not _is_local(kafka):
        yield
        return
    with _held(kafka, fcntl.LOCK_SH, seconds):
        if answering(kafka.bootstrap, _ANSWER_SECONDS) != kafka.bootstrap:
            # Left behind by one who was killed while he was alone with it.
            _breakable(kafka).mend()
        yield


@contextmanager
def alone(kafka: Kafka, *, seconds: float = _PATIENCE_SECONDS) -> Iterator[Breakable]:
    """Be alone with a local cluster, to break it; it is whole again when the block is left.

    Raise CourseError when others hold it for longer than `seconds`, or when it is not local.
    """
    if not _is_local(kafka):
        raise CourseError(
            f"The brokers {', '.join(kafka.bootstrap)} are not this machine's to break.",
            mend="Use the local stack: unset LAB_TIER and LAB_KAFKA_BOOTSTRAP.",
        )
    with _held(kafka, fcntl.LOCK_EX, seconds):
        cluster = _breakable(kafka)
        if not is_whole(kafka):
            cluster.mend()
        try:
            yield cluster
        finally:
            cluster.mend()


def is_whole(kafka: Kafka) -> bool:
    """Say whether all brokers are there and every partition has all its replicas in sync."""
    if answering(kafka.bootstrap, _ANSWER_SECONDS) != kafka.bootstrap:
        return False
    try:
        admin = KafkaAdminClient(
            **kafka.client_options() | {"request_timeout_ms": _REQUEST_MILLISECONDS}
        )
        try:
            brokers = admin.describe_cluster()["brokers"]
            partitions = [p for topic in admin.describe_topics() for p in topic["partitions"]]
        finally:
            admin.close()
    except (KafkaError, OSError):
        return False
    return len(brokers) == len(kafka.bootstrap) and all(
        p["leader_id"] >= 0 and len(p["isr_nodes"]) == len(p["replica_nodes"]) for p in partitions
    )


def _breakable(kafka: Kafka) -> Breakable:
    found = [holder(_port(address)).stack for address in kafka.bootstrap]
    home = next((one for one in found if one), "")
    if not home:
        raise CourseError(
            f"No stack of this user holds the brokers {', '.join(kafka.bootstrap)}.",
            mend=f"`lab down kafka`, then `lab up kafka --brokers {len(kafka.bootstrap)}`.",
        )
    return Breakable(kafka, Supervisor(StackHome(Path(home))))


@contextmanager
def _held(kafka: Kafka, kind: int, seconds: float) -> Iterator[None]:
    """Hold the cluster's lock; who waits to be alone goes before those who come later."""
    until = time.monotonic() + seconds
    gate, lock = _opened(kafka, "gate"), _opened(kafka, "lock")
    try:
        _lock(gate, fcntl.LOCK_EX, until)
        _lock(lock, kind, until)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield
    finally:
        os.close(gate)
        os.close(lock)


def _opened(kafka: Kafka, what: str) -> int:
    key = hashlib.sha256(",".join(kafka.bootstrap).encode()).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / f"lab-cluster-{os.getuid()}-{key}.{what}"
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _lock(file: int, kind: int, until: float) -> None:
    while True:
        try:
            return fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise CourseError(
                    "Others have held the Kafka cluster for too long.",
                    mend="Let them end, or grade with fewer workers.",
                ) from None
            time.sleep(_POLL_SECONDS)


def _until(is_so: Callable[[], bool], seconds: float, wrong: str) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise CourseError(f"{wrong} within {seconds:.0f} s.", mend="See `lab logs kafka`.")
        time.sleep(4 * _POLL_SECONDS)


def _is_local(kafka: Kafka) -> bool:
    hosts = {urlsplit(f"//{address}").hostname for address in kafka.bootstrap}
    return hosts <= {LOOPBACK, "localhost"}


def _port(address: str) -> int:
    return urlsplit(f"//{address}").port or 0
