"""The local stack of one checkout: bring parts up, look at them, take them down."""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from pydantic import ValidationError

from autograder.errors import CourseError
from infra.settings import Tier, load_settings
from infra.settings.remembered import Remembered, recall, remember
from infra.settings.resolve import stack_home
from infra.stack.bringing_up import Step, Watch, bring_up
from infra.stack.home import StackHome
from infra.stack.options import StackOptions
from infra.stack.parts import all_parts
from infra.stack.plan import Part, Plan
from infra.stack.port_holders import holder, is_free
from infra.stack.processes import of_stack
from infra.stack.status import PartStatus, observe
from infra.stack.supervision import ProgramState, Supervisor

_SECONDS_TO_WAIT_FOR_ANOTHER = 120
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Outcome:
    """Hold what `up` reached: every part's status, and why parts did not come up."""

    statuses: tuple[PartStatus, ...]
    failures: Mapping[str, Exception]
    restarted: tuple[str, ...] = ()


class Stack:
    """Work on the stack whose files lie in `home`, by default that of the course around here.

    Every method raises CourseError for what the user can mend.
    """

    def __init__(self, home: Path | None = None, *, parts: Sequence[Part] | None = None) -> None:
        self.home = StackHome(stack_home(home).resolve())
        self._parts = tuple(parts) if parts is not None else all_parts()
        self._supervisor = Supervisor(self.home)

    def up(
        self,
        names: Sequence[str] = (),
        *,
        brokers: int | None = None,
        port_offset: int | None = None,
        watch: Watch = lambda step: None,
    ) -> Outcome:
        """Bring the named parts up, or all that the system has, with what they need.

        Returns when each has done real work or has failed. What runs already is left alone.
        """
        with self._alone():
            choices = self._choices(brokers, port_offset)
            plan = self.plan(choices)
            wanted = self._wanted(names, plan)
            self._require_space(plan)
            before = self._supervisor.states()
            self._require_ports(wanted, plan, before)
            remember(self.home.remembered, choices)
            present = [part for part in self._parts if not part.absent(plan)]
            for part in present:
                plan.data(part.name).parent.mkdir(parents=True, exist_ok=True)
            programs = [program for part in present for program in part.programs(plan)]
            restarted = self._supervisor.run(programs)
            failures = bring_up(wanted, plan, self._supervisor, watch)
            return Outcome(self._observe(plan), failures, tuple(restarted))

    def status(self) -> tuple[PartStatus, ...]:
        """Probe what runs and return a status for each part."""
        return self._observe(self.plan(recall(self.home.remembered)))

    def brokers_running(self) -> int:
        """Return with how many brokers Kafka runs now, 0 when it does not run."""
        states = self._supervisor.states().items()
        is_up = any(name.startswith("kafka") and state.is_up for name, state in states)
        return recall(self.home.remembered).brokers if is_up else 0

    def warnings(self) -> list[str]:
        """Say what threatens the stack as a whole: a lost supervisor, a full disk."""
        found = []
        orphans = 0 if self._supervisor.is_alive() else len(of_stack(self.home.root))
        if orphans:
            found.append(
                f"The supervisor is gone and {orphans} of its processes run on; `lab up` or "
                "`lab down` puts that right."
            )
        free = free_megabytes(self.home.root)
        if free < StackOptions().least_free_mb:
            found.append(f"The disk of {self.home.root} has {free} MB left: free space there.")
        return found

    def down(self, names: Sequence[str] = ()) -> list[str]:
        """Stop the named parts, or everything with the supervisor too; data stays.

        Returns the names of processes that had to be killed.
        """
        with self._alone():
            if not names:
                return self._supervisor.shut_down()
            plan = self.plan(recall(self.home.remembered))
            for part in self._named(names):
                for program in part.programs(plan):
                    if program.name in self._supervisor.states():
                        self._supervisor.stop(program.name)
            return []

    def wipe(self) -> list[str]:
        """Stop everything and remove all data, logs and configuration."""
        killed = self.down()
        with self._alone():
            if self.home.root.exists():
                shutil.rmtree(self.home.root)
            if self.home.socket.parent != self.home.root:
                shutil.rmtree(self.home.socket.parent, ignore_errors=True)
        return killed

    def logs(self, name: str) -> list[Path]:
        """Return the log files of a part, or of the `supervisor`."""
        if name == "supervisor":
            programs = [name]
        else:
            plan = self.plan(recall(self.home.remembered))
            [part] = self._named([name])
            programs = [program.name for program in part.programs(plan)]
        found = [path for path in map(self.home.log, programs) if path.exists()]
        if not found:
            raise CourseError(
                f"{name} has written no log here.", mend=f"`lab up {name}` starts it."
            )
        return found

    def plan(self, choices: Remembered) -> Plan:
        """Return the plan that these choices make with the settings of now."""
        settings = load_settings(self.home.root, remembered=choices)
        if settings.tier is not Tier.LOCAL:
            raise CourseError(
                f"LAB_TIER is {settings.tier}, and this command runs the local tier alone.",
                mend="Unset LAB_TIER for this command.",
            )
        try:
            options = StackOptions()
        except ValidationError as error:
            problem = error.errors()[0]
            name = f"LAB_STACK_{problem['loc'][0]}".upper()
            raise CourseError(
                f"{name} cannot be so: {problem['msg']}.", mend=f"Change or unset {name}."
            ) from None
        return Plan(self.home, settings, options)

    def _choices(self, brokers: int | None, port_offset: int | None) -> Remembered:
        old = recall(self.home.remembered)
        told = {"brokers": brokers, "port_offset": port_offset}
        try:
            new = Remembered(
                **{**old.model_dump(), **{k: v for k, v in told.items() if v is not None}}
            )
        except ValidationError as error:
            problem = error.errors()[0]
            option = str(problem["loc"][0]).replace("_", "-")
            raise CourseError(
                f"--{option} cannot be so: {problem['msg']}.", mend="Choose another."
            ) from None
        running = {name for name, state in self._supervisor.states().items() if state.is_up}
        changes = []
        if new.brokers != old.brokers and any(name.startswith("kafka") for name in running):
            changes.append(f"Kafka runs with {old.brokers} broker(s), not {new.brokers}")
        if new.port_offset != old.port_offset and running:
            changes.append(f"the stack runs at port offset {old.port_offset}")
        if changes:
            raise CourseError(
                f"{'; '.join(changes).capitalize()}.",
                mend="`lab down` first. One broker and three keep topics of their own.",
            )
        return new

    def _wanted(self, names: Sequence[str], plan: Plan) -> list[Part]:
        if not names:
            return [part for part in self._parts if not part.absent(plan)]
        wanted: dict[str, Part] = {}
        left = self._named(names)
        while left:
            part = left.pop()
            if part.absent(plan):
                raise CourseError(f"{part.name} cannot run here.", mend=part.absent(plan) + ".")
            wanted[part.name] = part
            left += [p for p in self._named(part.needs(plan)) if p.name not in wanted]
        return [part for part in self._parts if part.name in wanted]

    def _named(self, names: Iterable[str]) -> list[Part]:
        known = {part.name: part for part in self._parts}
        for name in names:
            if name not in known:
                raise CourseError(
                    f"There is no part {name!r}.", mend=f"The parts are {', '.join(known)}."
                )
        return [known[name] for name in names]

    def _require_space(self, plan: Plan) -> None:
        free = free_megabytes(self.home.root)
        if free < plan.options.least_free_mb:
            raise CourseError(
                f"The disk of {self.home.root} has {free} MB left; the stack wants at least "
                f"{plan.options.least_free_mb} MB, since servers break on a full disk.",
                mend="Free space there, or set LAB_STACK_LEAST_FREE_MB lower.",
            )

    def _require_ports(
        self, wanted: Iterable[Part], plan: Plan, states: Mapping[str, ProgramState]
    ) -> None:
        own = {process.pid for process in of_stack(self.home.root)}
        for part in wanted:
            if any(p.name in states and states[p.name].is_up for p in part.programs(plan)):
                continue
            for port in part.ports(plan):
                if is_free(port):
                    continue
                who = holder(port)
                # An orphan of this stack makes way when the supervisor starts.
                if who.pid in own:
                    continue
                raise CourseError(
                    f"Port {port}, which {part.name} would take, is held by {who}.",
                    mend="Stop that process, or move this stack: `lab up --port-offset 1000`"
                    " (kept until changed), or LAB_PORT_… for one part.",
                )

    def _observe(self, plan: Plan) -> tuple[PartStatus, ...]:
        return observe(self._parts, plan, self._supervisor.states())

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other commands away from this stack; a killed command leaves no lock behind."""
        self.home.lock.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.home.lock, timeout=_SECONDS_TO_WAIT_FOR_ANOTHER):
                yield
        except Timeout:
            raise CourseError(
                f"Another command has worked on this stack for over "
                f"{_SECONDS_TO_WAIT_FOR_ANOTHER} s.",
                mend="Let it end, or end it; then give this one again.",
            ) from None


def free_megabytes(path: Path) -> int:
    """Return what is left on the disk that holds, or will hold, `path`."""
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    return shutil.disk_usage(there).free // _MEGABYTE


__all__ = ["Outcome", "Stack", "Step"]
