"""Decide where an event goes that could not be handled: a later try, or the dead letters."""

import time
from collections.abc import Callable
from typing import Any

from infra.events.configuration import RetryConfig
from infra.events.errors import ContractError, RejectedError
from infra.events.headers import Failure, Origin
from infra.events.metrics import EventMetrics
from infra.events.records import Record
from infra.events.topics import GroupTopics

_NEVER_MENDED = (ContractError, RejectedError)


class Routing:
    """Route failed records of one group; the bytes themselves are never changed."""

    def __init__(
        self,
        topics: GroupTopics,
        retry: RetryConfig,
        metrics: EventMetrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._topics = topics
        self._retry = retry
        self._metrics = metrics
        self._clock = clock

    def route(self, raw: Any, error: Exception) -> Record:
        """Return the record to publish for a consumed one whose handling raised `error`."""
        now = self._clock()
        failure = failure_of(raw)
        tried = failure.attempts + 1
        hopeless = isinstance(error, _NEVER_MENDED)
        if hopeless or tried >= self._retry.tries:
            self._metrics.failed(failure.origin.topic, "dead")
            return _record(raw, self._topics.dead, failure.once_more(error, now, 0.0))
        self._metrics.failed(failure.origin.topic, "retry")
        delay = self._retry.delays[tried - 1]
        again = failure.once_more(error, now, now + delay)
        return _record(raw, self._topics.retries[tried - 1], again)


def failure_of(raw: Any) -> Failure:
    """Return what is known of a consumed record's failures; of none, when it never failed."""
    known = Failure.of(raw.headers)
    if known is not None:
        return known
    return Failure(Origin(raw.topic, raw.partition, raw.offset), 0, "", "")


def _record(raw: Any, topic: str, failure: Failure) -> Record:
    return Record(topic, raw.key, raw.value, failure.on(raw.headers))
