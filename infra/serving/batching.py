"""Gather the items of requests that come at the same time into one call of the model."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from infra.serving.admission import BatchSeconds, admit
from infra.serving.configuration import BatchingConfig, SheddingConfig
from infra.serving.errors import ShedError
from infra.serving.metrics import ServingMetrics

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class _Waiting(Generic[Item, Outcome]):
    item: Item
    since: float
    deadline: float
    answer: "asyncio.Future[Outcome]"


class MicroBatcher(Generic[Item, Outcome]):
    """Hand waiting items to `predict` in batches, one batch at a time, in the order they came.

    `predict` returns one outcome an item; what it raises reaches every item of that batch.
    """

    def __init__(
        self,
        predict: Callable[[list[Item]], Awaitable[Sequence[Outcome]]],
        batching: BatchingConfig,
        shedding: SheddingConfig,
        metrics: ServingMetrics,
    ) -> None:
        self._predict = predict
        self._batching = batching
        self._shedding = shedding
        self._metrics = metrics
        self._queue: deque[_Waiting[Item, Outcome]] = deque()
        self._arrived = asyncio.Event()
        self._seconds = BatchSeconds()
        self._running = False
        self._draining = False
        self._worker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work; call it in the event loop that will submit."""
        self._worker = asyncio.create_task(self._work(), name="batches")

    @property
    def is_working(self) -> bool:
        """Say whether somebody takes what is submitted."""
        return self._worker is not None and not self._worker.done()

    async def submit(self, items: Sequence[Item], deadline: float) -> list[Outcome]:
        """Return the outcomes of `items` in their order; raise ShedError if that takes too long.

        `deadline` is in seconds from now. All items of one call are admitted or none.
        """
        if self._draining or self._worker is None:
            raise ShedError("draining", "The service is shutting down.")
        admit(
            len(items),
            len(self._queue),
            self._running,
            max_queue=self._shedding.max_queue,
            max_items=self._batching.max_items,
            batch_seconds=self._seconds.mean,
            deadline=deadline,
        )
        loop = asyncio.get_running_loop()
        now = loop.time()
        waiting = [_Waiting(item, now, now + deadline, loop.create_future()) for item in items]
        self._queue.extend(waiting)
        self._metrics.queue.set(len(self._queue))
        self._arrived.set()
        answers = [one.answer for one in waiting]
        try:
            async with asyncio.timeout_at(now + deadline):
                return [await answer for answer in answers]
        except TimeoutError:
            raise ShedError("late", "The answer did not come in time.") from None
        finally:
            for answer in answers:
                # Nobody waits for these any more; an error that all items share is told once.
                if not answer.cancel() and not answer.cancelled():
                    answer.exception()

    async def drain(self, seconds: float) -> None:
        """Take nothing new, finish what waits, and end after `seconds` at the latest."""
        self._draining = True
        self._arrived.set()
        if self._worker is None:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._worker, seconds)
        for one in self._queue:
            _set(one.answer, ShedError("draining", "The service was shut down."))
        self._queue.clear()
        self._metrics.queue.set(0)

    async def _work(self) -> None:
        while True:
            while not self._queue:
                if self._draining:
                    return
                self._arrived.clear()
                await self._arrived.wait()
            await self._gather()
            batch = self._take()
            if batch:
                await self._run(batch)

    async def _gather(self) -> None:
        """Wait until a batch is full or its first item has waited as long as it may."""
        loop = asyncio.get_running_loop()
        until = self._queue[0].since + self._batching.max_wait_ms / 1000
        while len(self._queue) < self._batching.max_items and not self._draining:
            self._arrived.clear()
            try:
                async with asyncio.timeout_at(until):
                    await self._arrived.wait()
            except TimeoutError:
                return
            if loop.time() >= until:
                return

    def _take(self) -> list[_Waiting[Item, Outcome]]:
        """Take a batch from the queue, leaving out those whom nobody waits for."""
        now = asyncio.get_running_loop().time()
        batch: list[_Waiting[Item, Outcome]] = []
        while self._queue and len(batch) < self._batching.max_items:
            one = self._queue.popleft()
            if not one.answer.done() and now < one.deadline:
                batch.append(one)
        self._metrics.queue.set(len(self._queue))
        return batch

    async def _run(self, batch: list[_Waiting[Item, Outcome]]) -> None:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        self._running = True
        try:
            outcomes = await self._predict([one.item for one in batch])
            for one, outcome in zip(batch, outcomes, strict=True):
                _set(one.answer, outcome)
        except Exception as error:
            for one in batch:
                _set(one.answer, error)
        finally:
            self._running = False
            seconds = loop.time() - begin
            self._seconds.observe(seconds)
            self._metrics.batch_items.observe(len(batch))
            self._metrics.predicting.observe(seconds)


def _set(answer: "asyncio.Future[Outcome]", outcome: Outcome | Exception) -> None:
    if answer.done():
        return
    if isinstance(outcome, Exception):
        answer.set_exception(outcome)
    else:
        answer.set_result(outcome)
