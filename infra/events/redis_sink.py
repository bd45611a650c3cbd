"""An idempotent sink in Redis: ids and effects share a MULTI, within limits that Postgres lacks.

What it does not promise:

- An id is remembered for `remember_seconds`. What is delivered again later is written again.
- One server, or keys of one hash slot in a cluster: a MULTI does not span slots.
- Replication is asynchronous: a failover may lose effect and id, though the offset is committed.
- With `appendfsync everysec` a machine that loses power loses up to a second. `sync` waits until
  the append-only file is on disk, for up to a second per batch, so use large batches; without it a
  crash of the server's process still loses nothing.
- Redis takes nothing back. A command that fails when it runs (a key of another type) fails alone:
  its event is reported and its id forgotten, and its other commands are repeated with each try.
- A server that evicts keys (`maxmemory-policy` other than noeviction) forgets ids under pressure.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from infra.events.errors import UnavailableError
from infra.events.records import Handled
from infra.events.sink import first_of_each
from infra.settings import Redis

Effect = Callable[[Any, Handled], None]
_SECONDS = 5.0
_MILLISECONDS = 1000
_ATTEMPTS = 5


@dataclass(frozen=True)
class RedisSinkConfig:
    """Configure the sink; ids are kept under `name` for `remember_seconds`."""

    name: str
    remember_seconds: int = 7 * 24 * 3600
    sync: bool = True

    def __post_init__(self) -> None:
        if not self.name or self.remember_seconds < 1:
            raise ValueError("name must not be empty, and remember_seconds at least 1")


class RedisSink:
    """Call `effect` with a pipeline inside MULTI for each event whose id is not remembered.

    The effect queues commands and reads nothing: a pipeline answers only when all is done.
    """

    def __init__(self, endpoint: Redis, config: RedisSinkConfig, effect: Effect) -> None:
        self._config = config
        self._effect = effect
        self._where = f"{endpoint.host}:{endpoint.port}"
        self._client = redis.Redis(
            **endpoint.client_options(),
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
            # The loop tries again, and a command that was sent twice could count twice.
            retry=Retry(NoBackoff(), 0),
        )

    def write(self, handled: Sequence[Handled]) -> int:
        """Write the events; return how many were new."""
        by_id = first_of_each(handled)
        try:
            for _ in range(_ATTEMPTS):
                try:
                    fresh = self._attempt(by_id)
                except redis.WatchError:
                    # Another member wrote one of them meanwhile.
                    continue
                self._wait_for_disk()
                return fresh
        except (redis.ConnectionError, redis.TimeoutError) as error:
            raise self._unavailable(str(error)) from error
        raise self._unavailable(f"others wrote the same events {_ATTEMPTS} times in a row")

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _attempt(self, by_id: dict[str, Handled]) -> int:
        keys = {identity: f"handled:{self._config.name}:{identity}" for identity in by_id}
        with self._client.pipeline(transaction=True) as pipe:
            pipe.watch(*keys.values())  # type: ignore[no-untyped-call]
            known: Any = pipe.mget(list(keys.values()))
            fresh = [one for one, there in zip(by_id, known, strict=True) if there is None]
            if not fresh:
                return 0
            pipe.multi()
            owners: list[str] = []
            for identity in fresh:
                pipe.set(keys[identity], 1, ex=self._config.remember_seconds)
                self._effect(pipe, by_id[identity])
                owners += [identity] * (len(pipe) - len(owners))
            answers: Any = pipe.execute(raise_on_error=False)
        errors = {
            owner: answer
            for owner, answer in zip(owners, answers, strict=True)
            if isinstance(answer, redis.ResponseError)
        }
        if errors:
            self._client.delete(*(keys[owner] for owner in errors))
            raise next(iter(errors.values()))
        return len(fresh)

    def _wait_for_disk(self) -> None:
        if not self._config.sync:
            return
        # Also when nothing was new: what is remembered may not be on disk yet.
        patience = round(_SECONDS * _MILLISECONDS / 2)
        local, _ = self._client.waitaof(1, 0, patience)
        if local < 1:
            raise self._unavailable("what was written is not on its disk in time")

    def _unavailable(self, why: str) -> UnavailableError:
        return UnavailableError(f"Redis at {self._where} cannot be written to: {why}")
