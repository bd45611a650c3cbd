"""The process that imports once and forks a kernel per run.

It runs inside bubblewrap's walls and never executes anything of a learner's. It holds no secret,
since every fork inherits its memory, and does no numeric work, since threads do not survive a fork.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder.execution import start
from autograder.execution.warm import walls
from autograder.probing import planted

MOST_BYTES = 1 << 16
_FORK_SAFE = ("jemalloc_bg_thd",)
# What every kernel imports on its way to the first cell.
_KERNEL_MODULES = (
    "IPython.core.completer",
    "IPython.core.history",
    "IPython.core.magics",
    "IPython.core.ultratb",
    "asttokens",
    "autograder.jupyter.magics",
    "comm",
    "executing",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.subshell_manager",
    "matplotlib_inline.backend_inline",
    "pygments.formatters.terminal256",
    "pygments.lexers.python",
    "pygments.styles.default",
    "stack_data",
    "tornado.platform.asyncio",
)


def main() -> None:
    """Serve on the inherited socket named by the first argument until the grader is gone."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    before = dict(os.environ)
    wanted = json.loads(sys.argv[2])
    # The probes' helper is the same for every run; a client plants it where it is missing.
    exec(planted.SOURCE, {"__name__": "__lab_plant__"})
    ready = {"missing": _preload([*_KERNEL_MODULES, *wanted]), "threads": _threads()}
    # Some packages configure others through the environment as they are imported.
    set_by_imports = {k: v for k, v in os.environ.items() if before.get(k) != v}
    gc.collect()
    gc.freeze()
    os.write(int(sys.argv[3]), json.dumps(ready).encode())
    os.close(int(sys.argv[3]))
    _serve(listener, set_by_imports)


def _preload(modules: list[str]) -> list[str]:
    """Import `modules`; return those that could not be, which the run itself will complain of."""
    missing = []
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception:
            missing.append(module)
    return missing


def _threads() -> int:
    """Count the threads that a fork would lose; an allocator's own knows how to come back."""
    names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    return sum(name not in _FORK_SAFE for name in names)


def _serve(listener: socket.socket, set_by_imports: dict[str, str]) -> None:
    """Fork for each connection; a connection that closes ends its run, a run that ends is told."""
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ, None)
    runs: dict[int, tuple[socket.socket, int]] = {}
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                connection, _ = listener.accept()
                selector.register(connection, selectors.EVENT_READ, ("asks", 0))
                continue
            kind, pid = key.data
            if kind == "ended":
                _tell_end(selector, runs, pid)
            elif pid:
                # Nothing more is ever sent on it: it was closed.
                _kill(pid)
                selector.unregister(key.fileobj)
            else:
                _begin(selector, runs, key.fileobj, set_by_imports)


def _begin(
    selector: selectors.BaseSelector,
    runs: dict[int, tuple[socket.socket, int]],
    asked: Any,
    set_by_imports: dict[str, str],
) -> None:
    connection: socket.socket = asked
    try:
        request = json.loads(connection.recv(MOST_BYTES))
    except (OSError, ValueError):
        selector.unregister(connection)
        connection.close()
        return
    pid = os.fork()
    if pid == 0:
        _become_kernel(request, {**set_by_imports, **request["environment"]})
    watch = os.pidfd_open(pid)
    runs[pid] = (connection, watch)
    selector.modify(connection, selectors.EVENT_READ, ("owns", pid))
    selector.register(watch, selectors.EVENT_READ, ("ended", pid))
    with suppress(OSError):
        connection.send(json.dumps({"pid": pid}).encode())


def _tell_end(
    selector: selectors.BaseSelector, runs: dict[int, tuple[socket.socket, int]], pid: int
) -> None:
    connection, watch = runs.pop(pid)
    _, status = os.waitpid(pid, 0)
    selector.unregister(watch)
    os.close(watch)
    with suppress(OSError):
        connection.send(json.dumps({"exit": os.waitstatus_to_exitcode(status)}).encode())
    with suppress(KeyError, ValueError):
        selector.unregister(connection)
    connection.close()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _become_kernel(request: dict[str, Any], environment: dict[str, str]) -> None:
    """Turn this fork into the kernel that `request` asks for; never return."""
    code = 1
    try:
        _leave_the_zygote(environment)
        scratch = Path(request["scratch"])
        walls.enter(scratch, Path(request["runs"]))
        if request["settings"]["user"] is None:
            walls.drop_capabilities()
        start.begin(request["settings"])
        _forget(scratch)
        _run_kernel(request["arguments"])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    finally:
        os._exit(code)


def _leave_the_zygote(environment: dict[str, str]) -> None:
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(environment)


def _forget(scratch: Path) -> None:
    """Undo what the zygote's imports remembered of its own surroundings and chance."""
    import random
    import tempfile

    tempfile.tempdir = None
    time.tzset()
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "matplotlib" in sys.modules:
        for name in ("get_configdir", "get_cachedir"):
            remembering = getattr(sys.modules["matplotlib"], name)
            setattr(sys.modules["matplotlib"], name, remembering.__wrapped__)
    sys.path[:] = [entry for entry in sys.path if entry not in ("", str(scratch))]
    importlib.invalidate_caches()


def _run_kernel(arguments: list[str]) -> None:
    from ipykernel.kernelapp import IPKernelApp

    sys.argv = ["ipykernel_launcher", *arguments]
    app = IPKernelApp.instance()
    app.initialize(arguments)
    inline = sys.modules.get("matplotlib_inline.backend_inline")
    if inline is not None:
        # On import it looks for the shell that it shows figures in; only now there is one.
        inline._enable_matplotlib_integration()
    app.start()


if __name__ == "__main__":
    main()
