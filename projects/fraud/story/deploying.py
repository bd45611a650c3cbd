"""Carry the registry's live model to where the scorer serves from, whenever the alias moves."""

import logging
import threading
from types import TracebackType
from typing import Self

from infra.tracking.registry import Registry
from projects.fraud.learning.registering import load_version
from projects.fraud.scoring.models import point_at
from projects.fraud.story.places import Places

log = logging.getLogger(__name__)
_SECONDS = 0.3


class Deployer:
    """Follow the alias in a thread; used in a `with`, whose beginning waits for the live model.

    Each version is fetched once and stays in its folder, so that a rollback moves a pointer alone.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._registry = Registry(places.registering.tracking)
        self._stop = threading.Event()
        self._deployed: int | None = None

    def look(self) -> None:
        """Point the scorer at the live version, after fetching it if it is not there."""
        live = self._registry.live(self._places.registering.name)
        if live is None or live == self._deployed:
            return
        folder = self._places.models / str(live)
        if not folder.exists():
            draft = folder.with_name(f".{live}")
            load_version(self._places.registering, live).renamed(str(live)).save(draft)
            draft.rename(folder)
        point_at(self._places.models, str(live))
        self._deployed = live

    def __enter__(self) -> Self:
        self._places.models.mkdir(parents=True, exist_ok=True)
        self.look()
        self._thread = threading.Thread(target=self._follow, daemon=True, name="deployer")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._stop.wait(_SECONDS):
            try:
                self.look()
            except Exception as error:
                # Whatever the registry does, what is deployed goes on serving.
                log.warning("the live model could not be fetched: %s", error)
