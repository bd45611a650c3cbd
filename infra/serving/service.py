"""Hold the parts of one running service, from its start to the end of its draining."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic

from infra.serving.api import In, Out
from infra.serving.authentication import Authenticator
from infra.serving.batching import MicroBatcher
from infra.serving.configuration import ServingConfig
from infra.serving.metrics import ServingMetrics
from infra.serving.models import ModelSlot
from infra.serving.outcomes import Outcome
from infra.serving.quotas import Quotas

_LOG = logging.getLogger(__name__)
_SECONDS_A_CHECK = 2.0
# Readiness asks for no key: whoever asks it often must not ask the stores as often.
_SECONDS_A_CHECK_HOLDS = 0.5

ReadinessCheck = Callable[[], Awaitable[None]]


@dataclass
class Service(Generic[In, Out]):
    """Join what answers requests; `swap` lets a newer model in at once.

    `checks` are asked at every readiness probe; each raises where its dependency is away.
    """

    config: ServingConfig
    slot: ModelSlot[In, Out]
    batcher: MicroBatcher[In, Outcome[Out]]
    authenticator: Authenticator
    quotas: Quotas
    metrics: ServingMetrics
    checks: Mapping[str, ReadinessCheck]
    draining: bool = field(default=False, init=False)
    _checked: dict[str, str] = field(default_factory=dict, init=False)
    _checked_until: float = field(default=0.0, init=False)
    _checking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def swap(self) -> bool:
        """Take the version that the source has now; return whether it was another.

        Raise what the source or the new model's warm-up raises; the old model stays live then.
        """
        return await self.slot.refresh()

    def begin_draining(self) -> None:
        """Be no longer ready, and go on answering."""
        self.draining = True

    async def not_ready(self) -> dict[str, str]:
        """Return what stands in the way of being ready, by name; nothing if it is."""
        found: dict[str, str] = {}
        if self.draining:
            found["service"] = "is shutting down"
        if self.slot.version is None:
            found["model"] = "is not loaded"
        if not self.batcher.is_working:
            found["batches"] = "are not worked on"
        found |= await self._dependencies()
        self.metrics.ready.set(0 if found else 1)
        return found

    async def _dependencies(self) -> dict[str, str]:
        async with self._checking:
            now = asyncio.get_running_loop().time()
            if now >= self._checked_until:
                said = await asyncio.gather(*(self._check(name) for name in self.checks))
                found = zip(self.checks, said, strict=True)
                self._checked = {name: why for name, why in found if why}
                self._checked_until = now + _SECONDS_A_CHECK_HOLDS
        return self._checked

    async def _check(self, name: str) -> str:
        try:
            async with asyncio.timeout(_SECONDS_A_CHECK):
                await self.checks[name]()
        except Exception as error:
            # The reason goes to the log alone: it may hold addresses, and anybody may ask.
            _LOG.warning("%s does not answer: %s", name, error)
            return "does not answer"
        return ""

    async def run(self, until: "asyncio.Event") -> None:
        """Serve until told to stop, then finish what waits and end."""
        self.batcher.start()
        watching = asyncio.create_task(self.slot.watch(self.config.watch_seconds), name="models")
        try:
            await until.wait()
        finally:
            self.begin_draining()
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
            await self.batcher.drain(self.config.drain_seconds)
            self.slot.close()
            self.authenticator.close()
