"""How far each unit of each syllabus is covered by labs that have proved themselves."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from autograder.course.agreement import lab_stands
from autograder.course.course import Course
from autograder.course.manifest import Step, Unit
from autograder.paths import CoursePaths


class State(StrEnum):
    """Name how far a lab, or the unit that it covers, has come; best first."""

    PROVEN = "proven"
    BUILT = "built"
    PLANNED = "planned"
    MISSING = "missing"


@dataclass(frozen=True)
class UnitCoverage:
    """Hold one unit and the state of each lab that covers it, in the course's order."""

    unit: Unit
    labs: tuple[tuple[str, State], ...]

    @property
    def state(self) -> State:
        """Return the best state among the unit's labs, `missing` if it has none."""
        found = {state for _, state in self.labs}
        return next((state for state in State if state in found), State.MISSING)

    @property
    def complete(self) -> bool:
        """Tell whether every lab of the unit is proven."""
        return bool(self.labs) and all(state is State.PROVEN for _, state in self.labs)


@dataclass(frozen=True)
class Coverage:
    """Hold the coverage of some units, in their order."""

    units: tuple[UnitCoverage, ...]

    def totals(self) -> dict[State, int]:
        """Count the units in each state."""
        return {state: sum(unit.state is state for unit in self.units) for state in State}

    def complete(self) -> int:
        """Count the units of which every lab is proven."""
        return sum(unit.complete for unit in self.units)

    def data(self) -> dict[str, Any]:
        """Return the coverage as plain data for JSON."""
        return {
            "total": len(self.units),
            "totals": {state.value: count for state, count in self.totals().items()},
            "complete": self.complete(),
            "units": [
                {
                    "id": row.unit.id,
                    "title": row.unit.title,
                    "syllabus": row.unit.syllabus,
                    "state": row.state.value,
                    "complete": row.complete,
                    "labs": {lab: state.value for lab, state in row.labs},
                }
                for row in self.units
            ],
        }


def state_of(step: Step, paths: CoursePaths, is_proven: Callable[[str], bool]) -> State:
    """Tell how far a step's lab has come: planned until its folder stands, then built or proven."""
    if not lab_stands(step.id, paths):
        return State.PLANNED
    return State.PROVEN if is_proven(step.id) else State.BUILT


def coverage(
    course: Course,
    paths: CoursePaths,
    is_proven: Callable[[str], bool],
    *,
    track: str | None = None,
) -> Coverage:
    """Measure every unit, or those of one track; `is_proven` reads a lab's proof record."""
    states = {step.id: state_of(step, paths, is_proven) for step in course.steps}
    units = course.units if track is None else course.units_of(track)
    return Coverage(
        tuple(
            UnitCoverage(
                unit,
                tuple((step.id, states[step.id]) for step in course.steps_covering(unit.id)),
            )
            for unit in units
        )
    )
