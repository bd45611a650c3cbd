"""Resolve all endpoints of the tier named by LAB_TIER."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from pydantic import ValidationError

from autograder.errors import CourseError
from autograder.paths import find_course
from infra.settings.endpoint import Endpoint
from infra.settings.endpoints import S3, Alertmanager, Kafka, Mlflow, Postgres, Prometheus, Redis
from infra.settings.ports import Ports
from infra.settings.remembered import Remembered, recall
from infra.settings.tier import Tier, defaults

TIER_VARIABLE = "LAB_TIER"
STACK_FOLDER = "stack"
REMEMBERED_FILE = "remembered.json"
_ENDPOINTS: tuple[type[Endpoint], ...] = (
    Kafka,
    Redis,
    Postgres,
    S3,
    Mlflow,
    Prometheus,
    Alertmanager,
)
E_ = TypeVar("E_", bound=Endpoint)


@dataclass(frozen=True)
class Settings:
    """Hold every endpoint; one that was not told raises CourseError when it is asked for.

    So a process in the cloud that uses Kafka alone needs to be told of nothing else.
    """

    tier: Tier
    ports: Ports
    brokers: int
    _found: Mapping[str, Endpoint] = field(default_factory=dict)
    _missing: Mapping[str, CourseError] = field(default_factory=dict, repr=False)

    @property
    def kafka(self) -> Kafka:
        return self._of(Kafka)

    @property
    def redis(self) -> Redis:
        return self._of(Redis)

    @property
    def postgres(self) -> Postgres:
        return self._of(Postgres)

    @property
    def s3(self) -> S3:
        return self._of(S3)

    @property
    def mlflow(self) -> Mlflow:
        return self._of(Mlflow)

    @property
    def prometheus(self) -> Prometheus:
        return self._of(Prometheus)

    @property
    def alertmanager(self) -> Alertmanager:
        return self._of(Alertmanager)

    def _of(self, kind: type[E_]) -> E_:
        if kind.part in self._missing:
            raise self._missing[kind.part]
        return cast(E_, self._found[kind.part])


def load_settings(home: Path | None = None, *, remembered: Remembered | None = None) -> Settings:
    """Resolve the endpoints from the environment over the tier's defaults.

    `home` is the folder of the local stack, by default the one of the course around the working
    directory; `remembered` stands in for what that stack remembers. Raise CourseError for a value
    that cannot be, naming its variable and never a secret.
    """
    tier = _tier()
    if remembered is None:
        remembered = _recalled(home) if tier is Tier.LOCAL else Remembered()
    ports = _ports(remembered.port_offset)
    known = defaults(tier, ports, remembered.brokers)
    found, missing = {}, {}
    for kind in _ENDPOINTS:
        try:
            found[kind.part] = kind.resolve(known.get(kind.part, {}))
        except ValidationError as error:
            told = _told(kind, error, tier)
            if any(problem["type"] != "missing" for problem in error.errors()):
                raise told from None
            missing[kind.part] = told
    return Settings(tier, ports, remembered.brokers, found, missing)


def stack_home(home: Path | None = None) -> Path:
    """Return the folder of the local stack; raise CourseError outside a course."""
    return home if home is not None else find_course().state / STACK_FOLDER


def _recalled(home: Path | None) -> Remembered:
    try:
        folder = stack_home(home)
    except CourseError:
        return Remembered()
    return recall(folder / REMEMBERED_FILE)


def _tier() -> Tier:
    named = os.environ.get(TIER_VARIABLE) or Tier.LOCAL
    try:
        return Tier(named)
    except ValueError:
        raise CourseError(
            f"{TIER_VARIABLE} is {named!r}, which is no tier.",
            mend=f"Set it to one of {', '.join(Tier)}, or unset it.",
        ) from None


def _ports(offset: int) -> Ports:
    try:
        told = "LAB_PORT_OFFSET" in os.environ
        return Ports() if told else Ports(offset=offset)
    except ValidationError as error:
        problem = error.errors()[0]
        where = f"LAB_PORT_{'_'.join(map(str, problem['loc']))}".upper() if problem["loc"] else ""
        raise CourseError(
            f"The ports cannot be so: {where} {problem['msg']}.".replace("  ", " "),
            mend="Change the LAB_PORT_… variables or the offset.",
        ) from None


def _told(kind: type[Endpoint], error: ValidationError, tier: Tier) -> CourseError:
    """Name the variables and what is wrong with them; their values may be secret."""
    problems = error.errors(include_input=False, include_url=False)
    named = [
        f"{kind.variable(str(p['loc'][0]))}: "
        + ("not set" if p["type"] == "missing" else str(p["msg"]))
        for p in problems
    ]
    return CourseError(
        f"The tier {tier} cannot reach {kind.part}: {'; '.join(named)}.",
        mend="Set these variables, or give the values as files in LAB_SECRETS_DIR.",
    )
