"""The rows of modules/course.toml and modules/units.toml, typed and frozen."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]+(_[a-z0-9]+)*$")]
UnitId = Annotated[str, Field(pattern=r"^[A-Z][0-9]+$")]
Words = Annotated[str, Field(min_length=3)]


class Row(BaseModel):
    """Hold one table of a manifest; unknown keys are errors and values never change."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Part(Row):
    """Name a run of modules that are taught together."""

    id: Identifier
    title: Words
    summary: Words


class Step(Row):
    """Hold what a module and a milestone share: one lesson, and one graded lab of the same id."""

    id: Identifier
    title: Words
    covers: Annotated[tuple[UnitId, ...], Field(min_length=1, strict=False)]
    lab: Words
    built: bool = False
    showcase: bool = False
    """Whether `lab demo` shows it when no lab is named."""


class Module(Step):
    """Teach one subject; its folder is modules/ID and its lab is labs/ID."""

    part: Identifier


class Milestone(Step):
    """Build one stage of a project; its lesson is projects/PROJECT/lessons/ID."""

    project: Identifier


class Project(Row):
    """Name a reference system that its milestones build from end to end."""

    id: Identifier
    title: Words
    summary: Words


class Track(Row):
    """Teach one syllabus as its own route: its units in their own order."""

    id: Identifier
    title: Words
    summary: Words
    audience: Words
    units: Annotated[str, Field(pattern=r"^[A-Z][0-9]+-[A-Z][0-9]+$")]


class Syllabus(Row):
    """List the units of one syllabus, unit id to title, in their order."""

    id: Identifier
    title: Words
    word: Words
    units: dict[UnitId, Words]


class Unit(Row):
    """Name one unit of one syllabus."""

    id: UnitId
    title: str
    syllabus: str


class CourseFile(Row):
    """Mirror modules/course.toml."""

    track: Annotated[tuple[Track, ...], Field(strict=False)]
    part: Annotated[tuple[Part, ...], Field(strict=False)]
    module: Annotated[tuple[Module, ...], Field(strict=False)]
    project: Annotated[tuple[Project, ...], Field(strict=False)] = ()
    milestone: Annotated[tuple[Milestone, ...], Field(strict=False)] = ()


class UnitsFile(Row):
    """Mirror modules/units.toml."""

    syllabus: Annotated[tuple[Syllabus, ...], Field(strict=False)]
