"""Hold the model that answers, and put another in its place while requests come in."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, Protocol

from infra.serving.api import Api, In, In_contra, Out, Predictor
from infra.serving.errors import RefusedError
from infra.serving.metrics import ServingMetrics
from infra.serving.outcomes import Fault, Outcome, judged

_LOG = logging.getLogger(__name__)


class ModelSource(Protocol[In_contra]):
    """Say which version should be live, and load it; a registry's alias is the usual one.

    Both may block and may raise; the model that answers stays until another is loaded and warm.
    """

    def current(self) -> str: ...

    def load(self, version: str, /) -> Predictor[In_contra]: ...


@dataclass(frozen=True)
class FixedModel(Generic[In]):
    """Be the source of one model that never changes."""

    predictor: Predictor[In]
    version: str = "1"

    def current(self) -> str:
        return self.version

    def load(self, version: str, /) -> Predictor[In]:
        return self.predictor


@dataclass(frozen=True)
class _Live(Generic[In]):
    version: str
    predictor: Predictor[In]


class ModelSlot(Generic[In, Out]):
    """Predict with the model that is live; a batch is answered by one model from end to end."""

    def __init__(self, api: Api[In, Out], source: ModelSource[In], metrics: ServingMetrics) -> None:
        self._api = api
        self._source = source
        self._metrics = metrics
        self._live: _Live[In] | None = None
        self._swapping = asyncio.Lock()
        # Apart, so that loading a model holds up no request.
        self._predicting = ThreadPoolExecutor(1, thread_name_prefix="predict")
        self._loading = ThreadPoolExecutor(1, thread_name_prefix="load")

    @property
    def version(self) -> str | None:
        """Return the version that answers, None before the first is loaded."""
        return self._live.version if self._live else None

    async def predict(self, items: list[In]) -> list[Outcome[Out]]:
        """Answer a batch in order; raise RefusedError (503) while no model is loaded."""
        live = self._live
        if live is None:
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE, "no_model", "No model is loaded.", retry_after=1
            )
        loop = asyncio.get_running_loop()
        outcomes = await loop.run_in_executor(
            self._predicting, judged, live.predictor, live.version, items, self._api.answer
        )
        for outcome in outcomes:
            if isinstance(outcome, Fault):
                self._metrics.item_errors.labels(outcome.whose).inc()
        return outcomes

    async def refresh(self) -> bool:
        """Ask the source for the version due and take it if it is another; return whether it was.

        Raise what the source raises and ValueError where the new model fails its own example; the
        old one stays live then.
        """
        loop = asyncio.get_running_loop()
        async with self._swapping:
            version = await loop.run_in_executor(self._loading, self._source.current)
            if version == self.version:
                return False
            try:
                loaded = await loop.run_in_executor(self._loading, self._warm, version)
            except Exception:
                self._metrics.swaps.labels("refused").inc()
                raise
            old, self._live = self._live, _Live(version, loaded)
        if old is not None:
            self._metrics.model.labels(old.version).set(0)
        self._metrics.model.labels(version).set(1)
        self._metrics.swaps.labels("done").inc()
        _LOG.info("model %s is live", version, extra={"before": old.version if old else None})
        return True

    def _warm(self, version: str) -> Predictor[In]:
        """Load a model and let it answer the example, alone and as a batch."""
        predictor = self._source.load(version)
        example = self._api.question_example
        for batch in ([example], [example, example]):
            for outcome in judged(predictor, version, batch, self._api.answer):
                if isinstance(outcome, Fault):
                    raise ValueError(
                        f"model {version} fails on the example of the API: "
                        f"{outcome.cause or outcome.detail}"
                    ) from outcome.cause
        return predictor

    async def watch(self, seconds: float) -> None:
        """Refresh every so many seconds until cancelled; what goes wrong is logged and counted."""
        while True:
            try:
                await self.refresh()
            except Exception:
                self._metrics.dependency_failures.labels("model_source").inc()
                _LOG.exception("the model could not be renewed; %s stays", self.version)
            await asyncio.sleep(seconds)

    def close(self) -> None:
        """End the threads."""
        for threads in (self._predicting, self._loading):
            threads.shutdown(wait=False, cancel_futures=True)
