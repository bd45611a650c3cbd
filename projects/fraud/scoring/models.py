"""Where the model comes from that scores now, and how a newer one takes its place warm."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np

from autograder.errors import CourseError
from projects.fraud.contracts import Reason
from projects.fraud.learning.scoring_model import ScoringModel

log = logging.getLogger(__name__)


class Model(Protocol):
    """Be a model that scores; see `learning.scoring_model.ScoringModel`."""

    @property
    def version(self) -> str: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def threshold(self) -> float: ...
    def scores(self, matrix: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities (n,) for rows (n, k), each whatever the others are."""
        ...

    def reasons(self, row: np.ndarray, top: int = 3) -> tuple[Reason, ...]:
        """Return what raised the score of one row (k,) most."""
        ...


class Models(Protocol):
    """Know the model that scores now."""

    def current(self) -> Model:
        """Return the model for the next batch."""
        ...


@dataclass(frozen=True)
class OneModel:
    """Score with one model for ever."""

    model: Model

    def current(self) -> Model:
        return self.model


# Returns the live model's name and how it is loaded. The same name is the same model.
Found = tuple[str, Callable[[], Model]]


class ModelFolders:
    """Find the live model among folders: the file `LIVE` in `root` holds the name of one.

    Replace `LIVE` in one step, as `point_at` does.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def __call__(self) -> Found:
        """Raise CourseError where nothing is live."""
        pointer = self._root / "LIVE"
        try:
            name = pointer.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise CourseError(
                f"{pointer} cannot be read: {error}.",
                mend="Write the name of a model's folder into it.",
            ) from error
        return name, lambda: ScoringModel.load(self._root / name)


def point_at(root: Path, name: str) -> None:
    """Make the folder `name` of `root` the live model, in one step."""
    draft = root / ".LIVE"
    draft.write_text(name, encoding="utf-8")
    draft.replace(root / "LIVE")


@dataclass
class WatchedModels:
    """Ask every `seconds` in a thread of its own which model is live, and load another one there.

    Scoring goes on with the old model until the new one is ready and has scored a row; `current` is
    then the new one, from one batch to the next. When a model cannot be found or loaded the old one
    stays, and `failures` counts. Used in a `with`; entering loads the first model or raises.
    """

    find: Callable[[], Found]
    seconds: float = 2.0
    swaps: int = 0
    failures: int = 0
    _name: str = ""
    _model: Model | None = None
    _stop: threading.Event = field(default_factory=threading.Event)

    def current(self) -> Model:
        if self._model is None:
            raise CourseError("No model is loaded yet.", mend="Use WatchedModels in a `with`.")
        return self._model

    def look(self) -> None:
        """Load the live model unless it is the one that is loaded."""
        name, load = self.find()
        if name == self._name:
            return
        model = load()
        # The first call of a library sets it up, and no payment shall wait for that.
        model.scores(np.zeros((1, len(model.features))))
        log.info("model %s takes the place of %s", name, self._name or "none")
        self._name, self._model = name, model

    def __enter__(self) -> Self:
        self.look()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="models")
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

    def _watch(self) -> None:
        while not self._stop.wait(self.seconds):
            before = self._model
            try:
                self.look()
            except Exception as error:
                # Whatever a registry or a file does, scoring goes on.
                self.failures += 1
                log.warning("the live model could not be loaded: %s", error)
            self.swaps += self._model is not before
