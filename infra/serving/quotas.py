"""Let each key ask so much in a time, over all processes that share the store of the counts."""

import time
from http import HTTPStatus

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from infra.serving.errors import RefusedError
from infra.settings import Redis

_PATIENCE_SECONDS = 1.0


def quota_storage(
    redis: Redis | None, prefix: str = "quota", *, patience: float = _PATIENCE_SECONDS
) -> Storage:
    """Return a store of counts: Redis, which processes share, or this process's own memory.

    Keys in Redis begin with `prefix`; services that give the same prefix share their quotas. A
    Redis that takes longer than `patience`, in seconds, to connect or to answer is taken for away:
    a Redis that starts again accepts connections before it has read its data.
    """
    if redis is None:
        return MemoryStorage()
    import redis.asyncio as client
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    options = redis.client_options()
    pool = client.Redis(
        **options,
        socket_timeout=patience,
        socket_connect_timeout=patience,
        # Once more at once, for a connection that was cut; the usual ten tries hold a caller up.
        retry=Retry(NoBackoff(), 1),
    ).connection_pool
    return RedisStorage(
        f"async+redis://{redis.host}:{redis.port}/{redis.database}",
        wrap_exceptions=True,
        implementation="redispy",
        key_prefix=prefix,
        connection_pool=pool,  # type: ignore[arg-type] # its annotation forgets this one
    )


class Quotas:
    """Count what each name asked for in a moving window, so that no window holds more than a quota.

    Processes that share a Redis must agree on the time: entries carry the clock of who made them.
    """

    def __init__(self, storage: Storage, *, fails_open: bool = False) -> None:
        self._storage = storage
        self._limiter = MovingWindowRateLimiter(storage)
        self._fails_open = fails_open

    async def take(self, name: str, quota: str, cost: int = 1) -> None:
        """Take `cost` from the quota of `name`.

        Raise RefusedError with 429 where too little is left, 422 where the cost exceeds the whole
        quota, and 503 where the store does not answer and the configuration does not let pass.
        """
        item = parse(quota)
        if cost > item.amount:
            raise RefusedError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "quota_too_small",
                f"This request counts {cost} times and the quota is {_words(item)}: split it.",
            )
        try:
            if await self._limiter.hit(item, name, cost=cost):
                return
            reset = (await self._limiter.get_window_stats(item, name)).reset_time
        except StorageError as error:
            if self._fails_open:
                return
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "quota_store",
                "Quotas cannot be counted at the moment.",
                retry_after=1,
            ) from error
        raise RefusedError(
            HTTPStatus.TOO_MANY_REQUESTS,
            "quota",
            f"The quota of {_words(item)} is used up.",
            retry_after=reset - time.time(),
        )

    async def is_exhausted(self, name: str, quota: str) -> bool:
        """Say whether nothing is left, without taking anything; an absent store says no."""
        try:
            return not await self._limiter.test(parse(quota), name)
        except StorageError:
            return False

    async def ping(self) -> None:
        """Raise ConnectionError where the store does not answer."""
        if not await self._storage.check():
            raise ConnectionError("the store of quotas does not answer")


def _words(item: RateLimitItem) -> str:
    return f"{item.amount} per {item.multiples} {item.GRANULARITY.name}"
