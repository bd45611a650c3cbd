"""The process that imports once and forks a kernel per run.

It runs inside bubblewrap's walls and never executes anything of a learner's. It holds no secret,
since every fork inherits its memory, and does no numeric work, since threads do not survive a fork.
"""

import gc
import json
import os
import selectors
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder.execution import start
from autograder.execution.warm import libc, walls
from autograder.execution.warm.preloading import (
    KERNEL_MODULES,
    count_threads,
    forget_before_the_fork,
    preload,
)
from autograder.probing import planted

MOST_BYTES = 1 << 16
_OF_THE_COURSE = ("autograder.jupyter.magics",)


def main() -> None:
    """Serve on the inherited socket named by the first argument until the grader is gone."""
    listener = socket.socket(fileno=int(sys.argv[1]))
    before = dict(os.environ)
    wanted = json.loads(sys.argv[2])
    # The probes' helper is the same for every run; a client plants it where it is missing.
    exec(planted.SOURCE, {"__name__": "__lab_plant__"})
    missing = preload([*KERNEL_MODULES, *_OF_THE_COURSE, *wanted])
    ready = {"missing": missing, "threads": count_threads()}
    # Some packages configure others through the environment as they are imported.
    set_by_imports = {k: v for k, v in os.environ.items() if before.get(k) != v}
    gc.collect()
    gc.freeze()
    os.write(int(sys.argv[3]), json.dumps(ready).encode())
    os.close(int(sys.argv[3]))
    _serve(listener, set_by_imports)


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
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        libc.die_with_parent()
        if os.getppid() != zygote:  # it ended before this one was to end with it
            os._exit(1)
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
        user = request["settings"]["user"]
        walls.enter(scratch, Path(request["runs"]), ports=request["ports"], user=user)
        if user is None:
            libc.drop_capabilities()
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
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    # As in every Python process: who writes to a socket that was closed gets an error.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.environ.clear()
    os.environ.update(environment)


def _forget(scratch: Path) -> None:
    forget_before_the_fork()
    sys.path[:] = [entry for entry in sys.path if entry != str(scratch)]


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
