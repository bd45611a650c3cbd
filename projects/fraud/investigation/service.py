"""Hold the parts of one running desk, from its start to its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from infra.serving.authentication import Authenticator
from infra.serving.configuration import ServingConfig
from infra.serving.metrics import ServingMetrics
from infra.serving.quotas import Quotas
from projects.fraud.investigation.case_reader import CaseReader
from projects.fraud.investigation.metrics import InvestigationMetrics
from projects.fraud.investigation.verdicts import VerdictStore

_LOG = logging.getLogger(__name__)
_SECONDS_A_CHECK = 2.0


@dataclass
class Desk:
    """Join what answers analysts; `infra.serving.server` serves and drains it."""

    config: ServingConfig
    schema: str
    engine: sa.Engine
    cases: CaseReader
    verdicts: VerdictStore
    authenticator: Authenticator
    quotas: Quotas
    metrics: ServingMetrics
    counts: InvestigationMetrics
    checks: Mapping[str, Callable[[], Awaitable[None]]]
    draining: bool = field(default=False, init=False)

    def begin_draining(self) -> None:
        """Be no longer ready, and go on answering."""
        self.draining = True

    async def not_ready(self) -> dict[str, str]:
        """Return what stands in the way of being ready, by name; nothing if it is."""
        said = await asyncio.gather(*(self._check(name) for name in self.checks))
        found = {name: why for name, why in zip(self.checks, said, strict=True) if why}
        if self.draining:
            found["service"] = "is shutting down"
        self.metrics.ready.set(0 if found else 1)
        return found

    async def _check(self, name: str) -> str:
        try:
            async with asyncio.timeout(_SECONDS_A_CHECK):
                await self.checks[name]()
        except Exception as error:
            # The reason goes to the log alone: it may hold addresses, and anybody may ask.
            _LOG.warning("%s does not answer: %s", name, error)
            return "does not answer"
        return ""

    def read_tables(self) -> None:
        """Bring the metrics that the tables hold up to date; where they are away, those stay."""
        try:
            self.counts.read(self.engine, self.cases, self.schema)
        except sa.exc.SQLAlchemyError as error:
            self.metrics.dependency_failures.labels("tables").inc()
            _LOG.warning("the tables do not answer: %s", error)

    def close(self) -> None:
        """Give up threads and connections."""
        self.authenticator.close()
        self.engine.dispose()
