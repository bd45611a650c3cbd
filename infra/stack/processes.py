"""Find, weigh and end the processes of one stack, whoever their parent is now."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

import psutil

# Set for the supervisor, inherited by all it starts: it tells whose a process is even when
# the supervisor was killed and the pid files are of another boot.
MARKER = "LAB_STACK_HOME"
_GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


def of_stack(home: Path) -> list[psutil.Process]:
    """Return the processes that the stack at `home` started and that still run."""
    found: dict[int, psutil.Process] = {}
    for process in psutil.process_iter():
        if stack_of(process) == str(home):
            found[process.pid] = process
            # Servers that write titles over their environment are found through their parent.
            with contextlib.suppress(*_GONE):
                found |= {child.pid: child for child in process.children(recursive=True)}
    return [process for process in found.values() if _runs(process)]


def stack_of(process: psutil.Process) -> str:
    """Return the home of the stack that a process belongs to; empty when to none."""
    with contextlib.suppress(*_GONE, OSError):
        return str(process.environ().get(MARKER, ""))
    return ""


def resident_bytes(pids: Iterable[int]) -> int:
    """Return the resident memory of these processes and their descendants, in bytes."""
    family: dict[int, psutil.Process] = {}
    for pid in pids:
        with contextlib.suppress(*_GONE):
            process = psutil.Process(pid)
            family |= {p.pid: p for p in (process, *process.children(recursive=True))}
    total = 0
    for process in family.values():
        with contextlib.suppress(*_GONE):
            total += process.memory_info().rss
    return total


def end(processes: Iterable[psutil.Process], patience: float) -> list[str]:
    """End processes, asking for `patience` seconds first; name those that had to be killed."""
    asked = list(processes)
    for process in asked:
        with contextlib.suppress(*_GONE):
            process.terminate()
    _, deaf = psutil.wait_procs(asked, timeout=patience)
    names = []
    for process in deaf:
        with contextlib.suppress(*_GONE):
            names.append(process.name())
            process.kill()
    psutil.wait_procs(deaf, timeout=patience)
    return names


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(*_GONE):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
