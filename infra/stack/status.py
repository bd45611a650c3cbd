"""What is known of each part at one moment."""

import contextlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum

from infra.stack.plan import Part, Plan
from infra.stack.port_holders import answers
from infra.stack.processes import resident_bytes
from infra.stack.supervision import ProgramState

_SECONDS_TO_COME_UP = 60.0
_LONGEST_REASON = 300


class State(StrEnum):
    """Name how a part is."""

    HEALTHY = "healthy"
    STARTING = "starting"
    UNHEALTHY = "unhealthy"
    FAILED = "failed"
    STOPPED = "stopped"
    ABSENT = "absent"


@dataclass(frozen=True)
class PartStatus:
    """Hold one row of the table.

    `data` is relative to the stack's folder of data, `seconds` since the youngest of the part's
    programs began.
    """

    part: str
    state: State
    reason: str = ""
    version: str = ""
    address: str = ""
    data: str = ""
    pids: tuple[int, ...] = ()
    seconds: float = 0.0
    restarts: int = 0
    memory_bytes: int = 0

    @property
    def is_well(self) -> bool:
        """Say whether the part is as it was asked to be: healthy, or not asked for."""
        return self.state in (State.HEALTHY, State.STOPPED, State.ABSENT)


def observe(
    parts: Iterable[Part], plan: Plan, states: Mapping[str, ProgramState]
) -> tuple[PartStatus, ...]:
    """Probe every part that runs, all at once, and return a status for each part."""
    looked_at = tuple(parts)
    with ThreadPoolExecutor(len(looked_at)) as pool:
        return tuple(pool.map(lambda part: _status(part, plan, states), looked_at))


def probe_failure(part: Part, plan: Plan) -> str:
    """Probe one part; return what is wrong, or nothing when it is healthy."""
    if not all(answers(port) for port in part.ports(plan)):
        return "it does not listen yet"
    try:
        part.probe(plan)
    except Exception as error:  # A probe's clients fail in ways of their own, and all count.
        text = f"{type(error).__name__}: {error}".strip()
        return text.splitlines()[0][:_LONGEST_REASON]
    return ""


def last_words(plan: Plan, program: str, lines: int = 3) -> str:
    """Return the end of a program's log, where a server says why it stopped."""
    try:
        text = plan.home.log(program).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n".join(said[-lines:])


def _status(part: Part, plan: Plan, states: Mapping[str, ProgramState]) -> PartStatus:
    reason = part.absent(plan)
    if reason:
        return PartStatus(part.name, State.ABSENT, reason)
    own = [states[p.name] for p in part.programs(plan) if p.name in states]
    pids = tuple(program.pid for program in own if program.pid)
    state, reason = _state(part, plan, own)
    data = part.keeps(plan)
    return PartStatus(
        part=part.name,
        state=state,
        reason=reason,
        version=part.version(plan),
        address=part.address(plan),
        data=str(data.relative_to(plan.home.data())) if data else "(in memory)",
        pids=pids,
        seconds=min((program.seconds for program in own if program.pid), default=0.0),
        restarts=sum(program.restarts for program in own),
        memory_bytes=resident_bytes(pids),
    )


def _state(part: Part, plan: Plan, own: list[ProgramState]) -> tuple[State, str]:
    for program in own:
        if program.has_failed:
            words = last_words(plan, program.name, lines=1)
            return State.FAILED, f"{program.name} ended again and again: {words or program.reason}"
    if not own or all(program.state in ("STOPPED", "STOPPING") for program in own):
        return State.STOPPED, ""
    wrong = probe_failure(part, plan)
    if not wrong:
        return State.HEALTHY, ""
    young = any(program.seconds < _SECONDS_TO_COME_UP for program in own)
    with contextlib.suppress(StopIteration):
        crashed = next(program for program in own if program.state in ("BACKOFF", "EXITED"))
        return State.STARTING, f"{crashed.name} ended and is started again"
    return (State.STARTING if young else State.UNHEALTHY), wrong
