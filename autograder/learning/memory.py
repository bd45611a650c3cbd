"""Remember, per lab, which hints were shown and what came of the last check."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.learning.brief import RELEASED
from autograder.paths import find_course
from autograder.scoring import Scorecard
from autograder.writing import write_in_one_step

FILE_NAME = ".progress.json"


@dataclass(frozen=True)
class Memory:
    """Hold what is remembered of one lab; hints and verdicts go by task id."""

    hints: Mapping[str, int] = field(default_factory=dict)
    verdicts: Mapping[str, str] = field(default_factory=dict)
    points: float = 0.0
    max_points: float = 0.0
    checked_at: str = ""

    @property
    def passed(self) -> bool:
        """Tell whether every task passed when the lab was last checked."""
        return bool(self.verdicts) and all(v == "passed" for v in self.verdicts.values())

    def with_hint(self, task: str, number: int) -> "Memory":
        """Give this memory with `number` hints of `task` shown."""
        return self._changed(hints={**self.hints, task: number})

    def with_card(self, card: Scorecard) -> "Memory":
        """Give this memory with the verdicts of a check just made."""
        return self._changed(
            verdicts={task.id: task.verdict.value for task in card.tasks},
            points=card.score,
            max_points=card.max_score,
            checked_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def without(self, task: str) -> "Memory":
        """Give this memory with nothing known of `task`."""
        return self._changed(
            hints={k: v for k, v in self.hints.items() if k != task},
            verdicts={k: "unattempted" if k == task else v for k, v in self.verdicts.items()},
        )

    def _changed(self, **changes: Any) -> "Memory":
        return Memory(**{**self.__dict__, **changes})


def remembered(folder: Path) -> Memory:
    """Recall what is known of the lab in `folder`; a lost or damaged memory is an empty one."""
    path = _path(folder)
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path else {}
        memory = Memory(**content)
        counts = {str(k): int(v) for k, v in memory.hints.items()}
        verdicts = {str(k): str(v) for k, v in memory.verdicts.items()}
        return Memory(
            counts,
            verdicts,
            float(memory.points),
            float(memory.max_points),
            str(memory.checked_at),
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return Memory()


def remember(folder: Path, memory: Memory) -> None:
    """Keep `memory` for the lab in `folder`; where nothing can be written, forget it silently.

    A read-only folder must not keep a learner from a hint.
    """
    path = _path(folder)
    if path is None:
        return
    try:
        text = json.dumps({k: _plain(v) for k, v in memory.__dict__.items()})
        write_in_one_step(path, text, mode=0o600)
    except OSError:
        return


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value


def _path(folder: Path) -> Path | None:
    """Give the memory's file: in a learner's folder, but never among the authors' sources."""
    if (folder / RELEASED).is_file():
        return folder / FILE_NAME
    try:
        return find_course(folder).state / "learning" / f"{folder.name}.json"
    except CourseError:
        return None
