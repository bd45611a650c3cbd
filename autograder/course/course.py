"""The course as one value: every question about its order is answered here."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from autograder.course.manifest import (
    Milestone,
    Module,
    Part,
    Project,
    Step,
    Syllabus,
    Track,
    Unit,
)
from autograder.errors import CourseError

_Row = TypeVar("_Row", Step, Track, Project, Part, Unit)


@dataclass(frozen=True)
class Stop:
    """Hold one unit of a track and the steps that teach it, in the course's order."""

    unit: Unit
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Course:
    """Hold the whole curriculum in its order; made by `load_course` alone."""

    parts: tuple[Part, ...]
    modules: tuple[Module, ...]
    projects: tuple[Project, ...]
    milestones: tuple[Milestone, ...]
    tracks: tuple[Track, ...]
    syllabi: tuple[Syllabus, ...]

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """List modules, then milestones project by project."""
        return (*self.modules, *self.milestones)

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """List the units of every syllabus in the syllabus's order."""
        return tuple(
            Unit(id=unit, title=title, syllabus=syllabus.id)
            for syllabus in self.syllabi
            for unit, title in syllabus.units.items()
        )

    def lab_ids(self) -> tuple[str, ...]:
        """List the id of every graded lab, planned ones included, in the course's order."""
        return tuple(step.id for step in self.steps)

    def showcase(self) -> list[str]:
        """List the ids of the labs that the demo shows when none is named."""
        return [step.id for step in self.steps if step.showcase]

    def step(self, step_id: str) -> Step:
        """Return the module or milestone `step_id`; raise CourseError with the nearest names."""
        return _named(self.steps, step_id, "module or milestone")

    def track(self, track_id: str) -> Track:
        """Return the track `track_id`; raise CourseError with the nearest names."""
        return _named(self.tracks, track_id, "track")

    def project(self, project_id: str) -> Project:
        """Return the project `project_id`; raise CourseError with the nearest names."""
        return _named(self.projects, project_id, "project")

    def part(self, part_id: str) -> Part:
        """Return the part `part_id`; raise CourseError with the nearest names."""
        return _named(self.parts, part_id, "part")

    def unit(self, unit_id: str) -> Unit:
        """Return the unit `unit_id`; raise CourseError with the nearest names."""
        return _named(self.units, unit_id, "unit")

    def modules_of(self, part_id: str) -> tuple[Module, ...]:
        """List the modules of a part."""
        return tuple(module for module in self.modules if module.part == part_id)

    def milestones_of(self, project_id: str) -> tuple[Milestone, ...]:
        """List the milestones of a project."""
        return tuple(stone for stone in self.milestones if stone.project == project_id)

    def steps_covering(self, unit_id: str) -> tuple[Step, ...]:
        """List the steps that teach a unit."""
        return tuple(step for step in self.steps if unit_id in step.covers)

    def units_of(self, track_id: str) -> tuple[Unit, ...]:
        """List the units of a track in its own order."""
        first, _, last = self.track(track_id).units.partition("-")
        ids = [unit.id for unit in self.units]
        return self.units[ids.index(first) : ids.index(last) + 1]

    def route(self, track_id: str) -> tuple[Stop, ...]:
        """Resolve a track to its units, each with the steps that teach it."""
        return tuple(Stop(unit, self.steps_covering(unit.id)) for unit in self.units_of(track_id))

    def steps_of_track(self, track_id: str) -> tuple[Step, ...]:
        """List the steps of a track in the order it first meets them, each once."""
        met = {step.id: step for stop in self.route(track_id) for step in stop.steps}
        return tuple(met.values())


def _named(rows: Iterable[_Row], name: str, kind: str) -> _Row:
    known = {row.id: row for row in rows}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    mend = f"Did you mean {' or '.join(near)}?" if near else f"Known: {', '.join(known)}."
    raise CourseError(f"The course has no {kind} {name!r}.", mend=mend)
