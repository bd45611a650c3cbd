"""What a part of the stack is, and what it is told when it starts."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from infra.settings import Settings
from infra.stack.home import StackHome
from infra.stack.options import StackOptions

# Called with what is being done, how much of it is done and of how much (0 when unknown).
Told = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Plan:
    """Hold everything a part needs to know."""

    home: StackHome
    settings: Settings
    options: StackOptions

    @property
    def brokers(self) -> int:
        return self.settings.brokers

    def data(self, part: str) -> Path:
        return self.home.data(part)

    def port(self, part: str) -> int:
        return self.settings.ports.of(part)


@dataclass(frozen=True)
class Program:
    """Describe one supervised process; `environment` may hold secrets."""

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_seconds: int = 8
    user: str = ""


class Part(ABC):
    """Describe one part of the stack: how it is made ready, run and looked at.

    Clients are imported where they are used: `lab down` needs none of them.
    """

    name: ClassVar[str]

    def needs(self, plan: Plan) -> tuple[str, ...]:
        """Name the parts that must be healthy before this one starts."""
        return ()

    def absent(self, plan: Plan) -> str:
        """Say why the part cannot run here and what installs it; empty when it can."""
        return ""

    @abstractmethod
    def version(self, plan: Plan) -> str:
        """Return the server's name and version."""

    @abstractmethod
    def address(self, plan: Plan) -> str:
        """Return what a person would type to reach it."""

    @abstractmethod
    def ports(self, plan: Plan) -> tuple[int, ...]:
        """Return the ports it listens on."""

    def keeps(self, plan: Plan) -> Path | None:
        """Return the folder of its data, None when nothing outlives it."""
        return plan.data(self.name)

    def prepare(self, plan: Plan, told: Told) -> None:
        """Make files ready for a start; done again it changes nothing."""
        plan.data(self.name).mkdir(parents=True, exist_ok=True)

    @abstractmethod
    def programs(self, plan: Plan) -> tuple[Program, ...]:
        """Return the processes to supervise."""

    @abstractmethod
    def probe(self, plan: Plan) -> None:
        """Do real work against the running part; raise whatever says that it is not well."""
