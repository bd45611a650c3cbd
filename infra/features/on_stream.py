"""Execute window features on a stream of events that come late, out of order and twice."""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np

from infra.features.clock import instant, microseconds
from infra.features.definition import MICROSECOND, FeatureSet
from infra.features.errors import FeatureError
from infra.features.fixed_point import units
from infra.features.key_history import Answer, Category, KeyHistory, Row

Entity = str | int


class Arrival(StrEnum):
    """Name what became of an event: only what was accepted counts."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    LATE = "late"


@dataclass(frozen=True)
class StreamConfig:
    """Configure how late an event may be, and after how many arrivals old events are let go.

    There are at least as many arrivals between as there are entities, so that this costs little.
    """

    lateness: timedelta
    tidy_every: int = 10_000

    def __post_init__(self) -> None:
        if self.lateness < timedelta(0) or self.tidy_every < 1:
            raise FeatureError("Lateness must not be negative, and tidy_every at least 1.")


@dataclass(frozen=True)
class Settled:
    """Hold the answer to a question; no event that may still come can change it."""

    question: str
    entity: Entity
    time: datetime
    features: Answer


class WindowState:
    """Hold what is needed to tell every entity's features now, and nothing older.

    The watermark is the latest event time seen, less the allowed lateness. An event before it is
    late and is not counted; so a copy never counts, being known by its id or late. An answer
    about time t is settled once the watermark has passed t. The state is a function of which
    events were accepted, whatever their order. One thread at a time.
    """

    def __init__(self, features: FeatureSet, config: StreamConfig) -> None:
        if features.event_id is None:
            raise FeatureError(
                f"{features.name}: a stream delivers events twice, so define `event_id`."
            )
        self.features, self.config = features, config
        self.arrivals = dict.fromkeys(Arrival, 0)
        self.latest: int | None = None
        self.kept_since: int | None = None
        self.tidied = 0
        self.histories: dict[Entity, KeyHistory] = {}
        self.questions: list[tuple[int, str, Entity]] = []
        self._recent: dict[str, int] = {}
        self._columns = frozenset(features.columns)

    @property
    def watermark(self) -> datetime | None:
        """Return the instant before which no event is accepted any more; None at first."""
        micros = self._watermark()
        return None if micros is None else instant(micros)

    def add(self, event: Mapping[str, Any]) -> Arrival:
        """Take in an event with the columns of the definition, and say what became of it.

        Raise FeatureError for one that cannot be read; the state is then as it was.
        """
        event_id, entity, time, row = self._read(event)
        arrival = self._judge(event_id, time)
        self.arrivals[arrival] += 1
        if arrival is Arrival.ACCEPTED:
            self._accept(event_id, entity, time, row)
        due = self.tidied + max(self.config.tidy_every, len(self.histories))
        if sum(self.arrivals.values()) >= due:
            self.forget()
        return arrival

    def features_at(self, entity: Entity, time: datetime | int) -> Answer:
        """Return the features of an entity at `time`, from the events that have come so far.

        Raise FeatureError for a time whose window was let go already.
        """
        entity, micros = _entity(entity), microseconds(time)
        self._require_kept(micros)
        history = self.histories.get(entity)
        return (history or KeyHistory(self.features)).answer(micros)

    def holds(self, entity: Entity, time: datetime | int, event_id: str) -> bool:
        """Say whether this event was accepted and is not let go yet."""
        history = self.histories.get(_entity(entity))
        return history is not None and (microseconds(time), event_id) in history

    def ask(self, question: str, entity: Entity, time: datetime | int) -> None:
        """Have `settled` answer, under the name `question`, when all events until `time` are in."""
        micros = microseconds(time)
        self._require_kept(micros)
        heapq.heappush(self.questions, (micros, question, _entity(entity)))

    def settled(self) -> list[Settled]:
        """Return the answers that became final, oldest first, and let their questions go."""
        found, watermark = [], self._watermark()
        while self.questions and watermark is not None and self.questions[0][0] < watermark:
            micros, question, entity = heapq.heappop(self.questions)
            answer = self.features_at(entity, micros)
            found.append(Settled(question, entity, instant(micros), answer))
        return found

    def forget(self) -> None:
        """Let go what no question at or after the watermark, nor an open one, can need."""
        watermark, self.tidied = self._watermark(), sum(self.arrivals.values())
        if watermark is None:
            return
        self._recent = {key: time for key, time in self._recent.items() if time >= watermark}
        oldest = min([watermark, *(micros for micros, _, _ in self.questions[:1])])
        self.kept_since = max(oldest, self.kept_since or oldest)
        for entity, history in list(self.histories.items()):
            history.drop_before(self.kept_since - self.features.reach // MICROSECOND)
            if not history:
                del self.histories[entity]

    def put_back(self, entity: Entity, time: int, event_id: str, row: Row) -> None:
        """Insert an event that a snapshot holds, past all judgement."""
        self._history(entity).insert(time, event_id, row)
        watermark = self._watermark()
        if watermark is None or time >= watermark:
            self._recent[event_id] = time

    def _accept(self, event_id: str, entity: Entity, time: int, row: Row) -> None:
        self._recent[event_id] = time
        self._history(entity).insert(time, event_id, row)
        self.latest = time if self.latest is None else max(self.latest, time)

    def _history(self, entity: Entity) -> KeyHistory:
        found = self.histories.get(entity)
        if found is None:
            found = self.histories[entity] = KeyHistory(self.features)
        return found

    def _watermark(self) -> int | None:
        return None if self.latest is None else self.latest - self.config.lateness // MICROSECOND

    def _judge(self, event_id: str, time: int) -> Arrival:
        watermark = self._watermark()
        # Lateness first: ids before the watermark are let go, at times that must not matter.
        if watermark is not None and time < watermark:
            return Arrival.LATE
        return Arrival.DUPLICATE if event_id in self._recent else Arrival.ACCEPTED

    def _read(self, event: Mapping[str, Any]) -> tuple[str, Entity, int, Row]:
        if not event.keys() >= self._columns:
            missing = [name for name in self.features.columns if name not in event]
            raise FeatureError(f"An event has no {missing[0]!r}; it has {sorted(event)}.")
        event_id = event[str(self.features.event_id)]
        if event_id is None or event_id != event_id:
            raise FeatureError(f"An event has no {self.features.event_id!r}: {dict(event)!r}.")
        row: list[Category] = [units(event[name], d, name) for name, d in self.features.measures]
        row += [_category(event[name], name) for name in self.features.categories]
        entity, time = _entity(event[self.features.entity]), event[self.features.time]
        return str(event_id), entity, microseconds(time), tuple(row)

    def _require_kept(self, micros: int) -> None:
        if self.kept_since is not None and micros < self.kept_since:
            raise FeatureError(
                f"{instant(micros)} lies before {instant(self.kept_since)}, and what its windows "
                "hold was let go: compute it in batch, or ask before events pass it."
            )


def _entity(value: object) -> Entity:
    if isinstance(value, str):
        return value
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    raise FeatureError(f"The entity is {value!r}; it must be text or a whole number.")


def _category(value: object, name: str) -> Category:
    if value is None or value != value:
        return None
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, str | int | float):
        return plain
    raise FeatureError(f"{name} is {value!r}; distinct values must be text or numbers.")
