"""Measure the stream scorer: latency at set rates, and what kills cost."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import psutil

from benchmarks.fraud_load import Latencies, Receiver, Sender
from benchmarks.fraud_stage import (
    Servers,
    encoded,
    servers,
    story,
    tell_the_past,
    trained,
)
from infra.settings import Settings
from projects.fraud.contracts import Payment
from projects.fraud.scoring.configuration import ScorerConfig, StoreConfig
from projects.fraud.scoring.models import point_at
from projects.fraud.scoring.processes import ScoringProcess
from projects.fraud.scoring.snapshotting import save_snapshots
from projects.fraud.scoring.topics import make_scoring_topics

_WARM_UP = 400
_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class AtRate:
    """Hold what was seen at one rate.

    `late` is how late the sender itself was at worst, `cpu` the scorer's seconds for a payment.
    """

    per_second: int
    seconds: int
    latencies: Latencies
    late: float
    cpu: float


@dataclass(frozen=True)
class Killed:
    """Hold what a kill did to a stream at 200/s."""

    what: str
    payments: int
    latencies: Latencies
    silence: float


@dataclass
class Running:
    """Hold a scorer that has caught up with its past, and those who send to it and listen."""

    settings: Settings
    servers: Servers
    folder: Path
    sender: Sender
    receiver: Receiver
    coming: Sequence[Payment]
    words: list[str]
    scorer: ScoringProcess
    used: int = 0
    notes: dict[str, float] = field(default_factory=dict)

    def at_rate(self, per_second: int, seconds: int) -> AtRate:
        """Send at a rate, wait for the decisions, and return what was seen."""
        before = self._cpu()
        sent = self.sender.send(self._next(per_second * seconds), per_second)
        late = self.sender.finished()
        self.receiver.wait_for(self.used, _PATIENCE_SECONDS)
        cpu = (self._cpu() - before) / (per_second * seconds)
        return AtRate(per_second, seconds, self.receiver.latencies(sent), late, cpu)

    def restart(self) -> None:
        """Kill the scorer and start another at once."""
        self.scorer.kill()
        self.scorer = ScoringProcess(self.settings, self.folder / "scorer.log", self.words)

    def kill_broker(self) -> None:
        """Kill one broker of several; the supervisor starts it again."""
        os.kill(self.servers.pid("kafka-2"), signal.SIGKILL)

    def during(self, what: str, seconds: int, harm: str) -> Killed:
        """Send 200/s, do harm after a third, and return what it did."""
        sent = self.sender.send(self._next(200 * seconds), 200)
        time.sleep(sent.begin - time.monotonic() + seconds / 3)
        done = time.monotonic()
        getattr(self, harm)()
        self.sender.finished()
        self.receiver.wait_for(self.used, _PATIENCE_SECONDS)
        arrived = sorted(at for at, _ in self.receiver.arrivals())
        # From the last decision before the kill, or the kill, to the longest silence's end.
        times = [done, *(at for at in arrived if at > done)]
        silence = max((b - a for a, b in pairwise(times)), default=float("inf"))
        return Killed(what, len(sent.transactions), self.receiver.latencies(sent), silence)

    def _cpu(self) -> float:
        used = psutil.Process(self.scorer.process.pid).cpu_times()
        return used.user + used.system

    def _next(self, count: int) -> list[int]:
        some = self.coming[self.used : self.used + count]
        self.used += len(some)
        return [payment.transaction_id for payment in some]


@contextmanager
def running(folder: Path, *, history_days: int, coming: int, brokers: int = 1) -> Iterator[Running]:
    """Start servers, tell the past, start scorer and store, and warm them up."""
    world, told = story(history_days, coming + _WARM_UP)
    model, _, _ = trained(world, "bench-1")
    model.save(folder / "models" / "bench-1")
    point_at(folder / "models", "bench-1")
    scorer, store = ScorerConfig(snapshots=folder / "snapshots"), StoreConfig()
    words = ["stream", "--model", str(folder / "models"), "--instance", "scorer-1"]
    words += ["--snapshots", str(scorer.snapshots)]
    with servers(["kafka", "postgres"], brokers=brokers) as stack:
        settings = stack.settings
        make_scoring_topics(settings.kafka, scorer, store)
        notes = {
            "past_payments": len(told.past),
            "past_seconds": tell_the_past(settings, told, scorer),
        }
        begun = time.monotonic()
        save_snapshots(settings.kafka, scorer)
        notes["seconds to rebuild and save the states"] = time.monotonic() - begun
        log = folder / "scorer.log"
        with (
            ScoringProcess(settings, folder / "store.log", ["store"], ["kafka", "postgres"]),
            Sender(settings, folder, encoded(scorer.payments, told.coming)) as sender,
            Receiver(settings.kafka, scorer.decisions) as receiver,
        ):
            made = Running(
                settings,
                stack,
                folder,
                sender,
                receiver,
                told.coming,
                words,
                ScoringProcess(settings, log, words),
                notes=notes,
            )
            try:
                begun = time.monotonic()
                warm = made.sender.send(made._next(_WARM_UP), 100)
                made.sender.finished()
                made.receiver.wait_for(1, 300.0)
                notes["seconds from start to decision"] = time.monotonic() - begun
                made.receiver.wait_for(_WARM_UP, _PATIENCE_SECONDS)
                if (lost := made.receiver.latencies(warm).lost) > 0:
                    raise RuntimeError(f"{lost} of the first payments are lost; see {log}")
                yield made
            finally:
                with made.scorer:
                    pass
