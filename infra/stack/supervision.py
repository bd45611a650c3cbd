"""Start, ask and stop the supervisor of one stack; the supervisor is the package of that name."""

import os
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psutil
from supervisor.xmlrpc import Faults, SupervisorTransport

from autograder.errors import CourseError
from infra.stack.home import StackHome
from infra.stack.plan import Program
from infra.stack.processes import MARKER, end, of_stack
from infra.stack.rendering import rendered

_SECONDS_TO_ANSWER = 10.0
_SECONDS_TO_STOP = 15.0
_POLL_SECONDS = 0.05
# A server must not see what a shell says about other servers (MLFLOW_…, AWS_…, JAVA_…).
_INHERITED = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR"}
    | {"LD_LIBRARY_PATH", "PYTHONPATH"}
)


@dataclass(frozen=True)
class ProgramState:
    """Hold what the supervisor says of one process; `seconds` is since its start."""

    name: str
    state: str
    pid: int
    seconds: float
    reason: str
    restarts: int

    @property
    def is_up(self) -> bool:
        return self.state in ("STARTING", "RUNNING")

    @property
    def has_failed(self) -> bool:
        return self.state in ("FATAL", "UNKNOWN")


class Supervisor:
    """Speak with the supervisor of the stack at `home`, whether or not one runs."""

    def __init__(self, home: StackHome) -> None:
        self._home = home

    def is_alive(self) -> bool:
        """Say whether the supervisor answers; stale pid and socket files do not deceive it."""
        try:
            self._remote().getState()
        except (OSError, xmlrpc.client.Error):
            return False
        return True

    def run(self, programs: Iterable[Program]) -> list[str]:
        """Make the supervisor run with these programs known; none of them is started.

        Processes that a killed supervisor left behind are ended first. Returns the names of what
        was running with another configuration and was stopped.
        """
        self._home.make()
        self._write(tuple(programs))
        if self.is_alive():
            return self._update()
        end(of_stack(self._home.root), patience=_SECONDS_TO_STOP)
        self._launch()
        return []

    def states(self) -> dict[str, ProgramState]:
        """Return the state of each program; empty when no supervisor runs."""
        try:
            remote = self._remote()
            infos: Any = remote.getAllProcessInfo()
            restarts: Any = self._proxy().lab.restarts()
        except (OSError, xmlrpc.client.Error):
            return {}
        return {
            info["name"]: ProgramState(
                name=info["name"],
                state=info["statename"],
                pid=info["pid"],
                seconds=max(0.0, info["now"] - info["start"]) if info["pid"] else 0.0,
                reason=info["spawnerr"],
                restarts=restarts.get(info["name"], 0),
            )
            for info in infos
        }

    def start(self, program: str) -> None:
        """Start a program, unless it runs."""
        self._tolerating(Faults.ALREADY_STARTED, "startProcess", program, False)

    def stop(self, program: str, *, wait: bool = True) -> None:
        """Stop a program and wait for its end, unless it does not run."""
        self._tolerating(Faults.NOT_RUNNING, "stopProcess", program, wait)

    def shut_down(self) -> list[str]:
        """Stop everything; name the processes that did not end when asked."""
        if self.is_alive():
            # All at once: a shutdown by itself stops one program after the other.
            remote = self._remote()
            remote.stopAllProcesses(False)
            remote.shutdown()
            self._wait_for_the_end()
        killed = end(of_stack(self._home.root), patience=_SECONDS_TO_STOP)
        self._home.pid_file.unlink(missing_ok=True)
        self._home.socket.unlink(missing_ok=True)
        return killed

    def _wait_for_the_end(self) -> None:
        until = time.monotonic() + _SECONDS_TO_STOP
        while time.monotonic() < until and of_stack(self._home.root):
            time.sleep(_POLL_SECONDS)

    def _write(self, programs: tuple[Program, ...]) -> None:
        text = rendered(
            "supervisord.conf.j2", home=self._home, programs=programs, root=os.getuid() == 0
        )
        draft = self._home.configuration.with_suffix(".new")
        # It holds passwords, so nobody else may read it, not even for a moment.
        draft.touch(mode=0o600)
        draft.chmod(0o600)
        draft.write_text(text, encoding="utf-8")
        draft.replace(self._home.configuration)

    def _launch(self) -> None:
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        command = (sys.executable, "-m", "supervisor.supervisord", "-c")
        made = subprocess.run(
            [*command, str(self._home.configuration)],
            cwd=self._home.root,
            env={**kept, MARKER: str(self._home.root)},
            capture_output=True,
            text=True,
            check=False,
        )
        until = time.monotonic() + _SECONDS_TO_ANSWER
        while made.returncode == 0 and time.monotonic() < until:
            if self.is_alive():
                return
            time.sleep(_POLL_SECONDS)
        said = [line for line in made.stderr.splitlines() if line.startswith("Error:")]
        raise CourseError(
            f"The supervisor of the stack did not start. {said[0] if said else made.stderr}",
            mend=f"Its log is {self._home.log('supervisor')}; `lab down`, then try again.",
        )

    def _update(self) -> list[str]:
        """Let a running supervisor take up a changed configuration, as supervisorctl does."""
        remote = self._remote()
        reloaded: Any = remote.reloadConfig()
        [(added, changed, removed)] = reloaded
        running = {name for name, state in self.states().items() if state.is_up}
        for name in (*changed, *removed):
            self.stop(name)
            remote.removeProcessGroup(name)
        for name in (*added, *changed):
            remote.addProcessGroup(name)
        return sorted(running.intersection(changed))

    def _tolerating(self, fault: int, method: str, *arguments: Any) -> None:
        try:
            getattr(self._remote(), method)(*arguments)
        except xmlrpc.client.Fault as error:
            if error.faultCode != fault:
                raise

    def _remote(self) -> xmlrpc.client.ServerProxy:
        proxy: xmlrpc.client.ServerProxy = self._proxy().supervisor  # type: ignore[assignment]
        return proxy

    def _proxy(self) -> xmlrpc.client.ServerProxy:
        # One for each call: a transport serves one thread at a time.
        transport = SupervisorTransport(None, None, f"unix://{self._home.socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)


def supervisor_pid(home: StackHome) -> int:
    """Return the process id of the stack's supervisor, 0 when none runs."""
    for process in of_stack(home.root):
        try:
            if "supervisor.supervisord" in process.cmdline():
                return int(process.pid)
        except psutil.Error:
            continue
    return 0
