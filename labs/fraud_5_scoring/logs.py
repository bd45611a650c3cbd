"""A log in memory with the ways of a broker, which can crash at any moment; and a toy handler.

`brokers.KafkaLog` has the same methods, on Kafka. A record is a dict: `topic`, `partition`,
`offset`, `key` and `value` (bytes), `headers` (a dict of texts). A message, to be sent, has
`topic`, `key`, `value` and `headers`.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

SOURCES = ("payments", "retry")
OUTPUTS = ("decisions", "retry", "dead")
TOPICS = ("payments", "retry", "decisions", "dead")
PARTITIONS = 2
_MOST_OPERATIONS = 50_000

Record = dict[str, Any]
Message = Mapping[str, Any]


class Crash(Exception):  # noqa: N818
    """Stand for whatever ends a process in the middle of its work."""


class NotTaken(Exception):  # noqa: N818
    """Say that a message was not taken, so that it is not in the log."""


class Fault(Exception):  # noqa: N818
    """Stand for a mistake in the handle: what a record meets there, it meets every time."""


class Receipt:
    """Stand for a message that is on its way."""

    def __init__(self, wait: Callable[[], None]) -> None:
        self._wait = wait

    def wait(self) -> None:
        """Return when the message is acknowledged; raise NotTaken when it is not taken."""
        self._wait()


class MemoryLog:
    """Keep topics of two partitions, and what one group has committed.

    Every `poll`, `send`, `wait` and `commit` is an operation. The one with the number `crash_at`,
    counted from 1 since `restart`, raises Crash and does nothing. What was sent and not waited for
    is then lost, or, when `late` is "arrives", still in the log afterwards: both happen in life.
    """

    def __init__(self, batch: int = 10, refuse: Iterable[str] = ()) -> None:
        self.topics: dict[str, list[list[Record]]] = {
            topic: [[] for _ in range(PARTITIONS)] for topic in TOPICS
        }
        self.committed: dict[tuple[str, int], int] = {}
        self.refuse, self.journal = set(refuse), []
        self._batch = batch
        self.restart()

    def restart(self, crash_at: int = 0, late: str = "lost") -> "MemoryLog":
        """Begin as a new process does: at what is committed."""
        self._crash_at, self._late, self._operations = crash_at, late, 0
        self._on_their_way: list[Message] = []
        self._next = {
            (topic, number): self.committed.get((topic, number), 0)
            for topic in SOURCES
            for number in range(PARTITIONS)
        }
        return self

    def put(self, topic: str, key: bytes, value: bytes, headers: Mapping[str, str]) -> None:
        """Write a record at once, as a producer elsewhere does."""
        number = zlib.crc32(key) % PARTITIONS
        place = self.topics[topic][number]
        place.append(
            {
                "topic": topic,
                "partition": number,
                "offset": len(place),
                "key": key,
                "value": value,
                "headers": dict(headers),
            }
        )

    def history(self) -> list[Record]:
        """Return the records before what is committed: payments first, each partition in order."""
        return [
            dict(record)
            for topic in SOURCES
            for number in range(PARTITIONS)
            for record in self.topics[topic][number][: self.committed.get((topic, number), 0)]
        ]

    def read(self, topic: str) -> list[Record]:
        """Return all that a topic has now, by partition and offset."""
        return [dict(record) for place in self.topics[topic] for record in place]

    def poll(self) -> list[Record]:
        """Return the next records of `payments` and `retry`; none when all were returned."""
        self._operation("poll")
        found: list[Record] = []
        for (topic, number), begin in self._next.items():
            records = self.topics[topic][number][begin : begin + self._batch - len(found)]
            found += [dict(record) for record in records]
            self._next[topic, number] = begin + len(records)
        return found

    def send(self, message: Message) -> Receipt:
        """Send a message, and return at once; messages are taken in the order of sending."""
        self._operation("send")
        message = dict(message)
        self._on_their_way.append(message)
        return Receipt(lambda: self._wait(message))

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Commit, for some (topic, partition), the offset at which whoever comes next begins."""
        self._operation("commit")
        self.committed.update(offsets)

    def _wait(self, message: Message) -> None:
        self._operation("wait")
        while any(one is message for one in self._on_their_way):
            self._arrive(self._on_their_way.pop(0))
        if message["headers"].get("id") in self.refuse:
            # Those behind it were on their way already, and arrive.
            while self._on_their_way:
                self._arrive(self._on_their_way.pop(0))
            raise NotTaken(f"{message['headers'].get('id')} was not taken")

    def _arrive(self, message: Message) -> None:
        if message["headers"].get("id") not in self.refuse:
            self.put(message["topic"], message["key"], message["value"], message["headers"])

    def _operation(self, what: str) -> None:
        self._operations += 1
        self.journal.append(what)
        if self._operations > _MOST_OPERATIONS:
            raise RuntimeError("the log was asked fifty thousand times: this would never end")
        if self._operations == self._crash_at:
            if self._late == "arrives":
                while self._on_their_way:
                    self._arrive(self._on_their_way.pop(0))
            raise Crash(f"operation {self._operations}, {what}")


def toy_handle() -> Callable[[Record], list[Message]]:
    """Return a handler with a memory: it numbers the values of each key.

    A value that begins with "slow" needs a retry first, one that begins with "bad" is a dead
    letter, one that begins with "both" is decided and a dead letter, one that begins with "quiet"
    is counted and gives no message. One that begins with "fault" raises Fault.
    """
    counts: dict[bytes, int] = {}
    known: dict[bytes, int] = {}

    def handle(record: Record) -> list[Message]:
        key, value = record["key"], record["value"]
        if value not in known:
            counts[key] = counts.get(key, 0) + 1
            known[value] = counts[key]
        if value.startswith(b"fault"):
            raise Fault(value.decode())
        if value.startswith(b"quiet"):
            return []
        decided = ("decisions", b"%s is number %d of %s" % (value, known[value], key))
        told = [decided]
        if value.startswith(b"bad"):
            told = [("dead", value)]
        elif value.startswith(b"both"):
            told = [decided, ("dead", value)]
        elif value.startswith(b"slow") and record["topic"] == "payments":
            told = [("retry", value)]
        name = value.decode()
        return [
            {"topic": topic, "key": key, "value": one, "headers": {"id": f"{topic} {name}"}}
            for topic, one in told
        ]

    return handle
