"""Time a rollback: from the wish to the first decision by the old version."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from infra.tracking.registry import CHAMPION, Registry


@dataclass(frozen=True)
class DrillReport:
    """Hold how long a rollback took, in seconds; `decisions` were asked for meanwhile.

    `moved` is when the alias pointed back, `decided` when a decision carried the old version, and
    `settled` when the last of `steady` in a row did. `by_new` decisions still came from the new
    version, and none of any third.
    """

    model: str
    from_version: str
    to_version: str
    moved: float
    decided: float
    settled: float
    decisions: int
    by_new: int

    def in_words(self) -> str:
        """Say it in one line."""
        return (
            f"{self.model}: from version {self.from_version} back to {self.to_version}; the alias "
            f"moved after {self.moved:.2f} s, decisions carried it after {self.decided:.2f} s "
            f"({self.by_new} more by the new one)"
        )


class DrillError(Exception):
    """Say what went wrong with a drill."""


def drill_rollback(
    registry: Registry,
    model: str,
    decide: Callable[[], str],
    *,
    who: str,
    why: str = "a drill",
    alias: str = CHAMPION,
    named: Callable[[int], str] = str,
    patience: float = 60.0,
    steady: int = 20,
    pause: float = 0.0,
) -> DrillReport:
    """Move `alias` back and ask `decide` for the version of a new decision until it is the old one.

    `decide` makes one decision by the real scorer and returns its `model_version`; `named` says
    what a version of the registry is called there. Raise DrillError where decisions do not come
    from the live version before, come from a third one, fall back to the new one, or do not change
    within `patience` seconds.
    """
    before = registry.live(model, alias)
    came_from = decide()
    if before is None or came_from != named(before):
        raise DrillError(f"{model}@{alias} is {before}, and decisions come from {came_from}")
    begin = time.perf_counter()
    move = registry.rollback(model, who=who, why=why, alias=alias)
    moved = time.perf_counter() - begin
    # A rollback leads to a version, or is refused.
    assert move.target is not None
    target = named(move.target)
    decided, in_a_row, asked, by_new = 0.0, 0, 0, 0
    while in_a_row < steady:
        version = decide()
        now = time.perf_counter() - begin
        asked += 1
        if version == target:
            in_a_row += 1
            decided = decided or now
        elif version != came_from or in_a_row:
            raise DrillError(f"a decision came from {version} on the way back to {target}")
        else:
            by_new += 1
            if now > patience:
                raise DrillError(f"decisions come from {version} still after {now:.0f} s")
            time.sleep(pause)
    return DrillReport(model, came_from, target, moved, decided, now, asked, by_new)
