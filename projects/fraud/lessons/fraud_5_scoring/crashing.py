"""Four loops of a scorer, each killed at each of its operations, and what became of the log."""

import random
from collections import Counter
from dataclasses import dataclass, field

PAYMENTS, CARDS, BATCH = 60, 6, 10
WAYS = (
    "commit, then publish",
    "publish, then commit",
    "the same, and look what is there",
    "the same, and restore the memory",
)


class Killed(Exception):  # noqa: N818
    """End a process in the middle of its work."""


@dataclass
class Log:
    """Keep payments, published decisions and the committed offset; die at operation `kill_at`."""

    payments: list[tuple[int, int]]
    decisions: list[tuple[int, int]] = field(default_factory=list)
    committed: int = 0
    kill_at: int = 0
    operations: int = 0

    def publish(self, decision: tuple[int, int]) -> None:
        """Publish a decision: the payment's number, and the score."""
        self._operation()
        self.decisions.append(decision)

    def commit(self, offset: int) -> None:
        """Remember where the next process begins."""
        self._operation()
        self.committed = offset

    def _operation(self) -> None:
        self.operations += 1
        if self.operations == self.kill_at:
            raise Killed


def payments(seed: int = 0) -> list[tuple[int, int]]:
    """Return pairs of a payment's number and its card."""
    made = random.Random(seed)
    return [(number, made.randrange(CARDS)) for number in range(PAYMENTS)]


def run(log: Log, way: str) -> None:
    """Work as one process does; the score of a payment is how many its card made so far."""
    counts: Counter[int] = Counter()
    restores = way == WAYS[3]
    there = {number for number, _ in log.decisions} if way in WAYS[2:] else set()
    if restores:
        counts.update(card for _, card in log.payments[: log.committed])
    while log.committed < len(log.payments):
        begin = log.committed
        batch = log.payments[begin : begin + BATCH]
        if way == WAYS[0]:
            log.commit(begin + len(batch))
        for number, card in batch:
            counts[card] += 1
            if number not in there:
                log.publish((number, counts[card]))
        if way != WAYS[0]:
            log.commit(begin + len(batch))


def killed_everywhere(way: str, seed: int = 0) -> list[dict[str, int]]:
    """Kill a process at each operation, start another; count what is lost, twice, or changed."""
    right = Log(payments(seed))
    run(right, WAYS[3])
    due = dict(right.decisions)
    found: list[dict[str, int]] = []
    for kill_at in range(1, right.operations + 1):
        log = Log(payments(seed), kill_at=kill_at)
        for _ in range(2):
            try:
                run(log, way)
                break
            except Killed:
                log.kill_at = 0
        seen = Counter(number for number, _ in log.decisions)
        found.append(
            {
                "operation": kill_at,
                "lost": sum(number not in seen for number in due),
                "twice": sum(count > 1 for count in seen.values()),
                "changed": len({n for n, score in log.decisions if due[n] != score}),
            }
        )
    return found
