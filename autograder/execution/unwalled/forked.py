"""What a fork of the open zygote does to be the kernel that its client would have started."""

import importlib.util
import json
import multiprocessing
import os
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from autograder.execution.warm.preloading import forget_before_the_fork

_CONNECTION = 3


class _ClientWatch(threading.Thread):
    """End the kernel when the process that asked for it is gone, as ipykernel's own poller does.

    The kernel's parent is the zygote, so the parent's death would tell nothing.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)

    def run(self) -> None:
        gone = select.poll()
        gone.register(_CONNECTION, select.POLLHUP)
        gone.poll()
        os._exit(1)


def be_kernel(connection: int, descriptors: list[int], set_by_imports: dict[str, str]) -> NoReturn:
    """Become the kernel that the first descriptor's request asks for, and exit as it does.

    The others are its standard streams; `connection` closes when its client ends.
    """
    asked, *streams = descriptors
    request = json.loads(os.pread(asked, os.fstat(asked).st_size, 0))
    _leave_the_zygote(connection, streams)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update({**set_by_imports, **request["environment"]})
    forget_before_the_fork()
    # The zygote's would open every kernel's managers to all the others.
    multiprocessing.current_process().authkey = os.urandom(32)
    _take_up_threads()
    _run_kernel(request["arguments"], independent=request["independent"])
    sys.exit(0)


def _leave_the_zygote(connection: int, streams: list[int]) -> None:
    os.setsid()
    for kind in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(kind, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    # Programs that the notebook starts must not keep the client's end from being noticed.
    os.dup2(connection, _CONNECTION, inheritable=False)
    os.closerange(_CONNECTION + 1, os.sysconf("SC_OPEN_MAX"))


def _take_up_threads() -> None:
    """Let numeric libraries use as many threads as they do where nothing was forked."""
    if "threadpoolctl" not in sys.modules:
        return
    openmp = os.environ.get("OMP_NUM_THREADS", "")
    blas = os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("MKL_NUM_THREADS") or openmp
    limits = {"openmp": _number(openmp), "blas": _number(blas)}
    sys.modules["threadpoolctl"].threadpool_limits(limits=limits)


def _number(text: str) -> int:
    first = text.split(",")[0]
    return int(first) if first.isdigit() and int(first) else len(os.sched_getaffinity(0))


def _run_kernel(arguments: list[str], *, independent: bool) -> None:
    from ipykernel.kernelapp import IPKernelApp

    launcher = importlib.util.find_spec("ipykernel_launcher")
    sys.argv = [str(launcher.origin) if launcher else "ipykernel_launcher", *arguments]
    # One is the number that ipykernel does not watch but still takes for a parent.
    app: Any = IPKernelApp.instance(parent_handle=0 if independent else 1)
    app.initialize(arguments)
    if not independent:
        app.poller = _ClientWatch()
    _show_figures()
    app.start()


def _show_figures() -> None:
    """Do what Matplotlib's import looks for when there is a shell and a working folder."""
    inline: Any = sys.modules.get("matplotlib_inline.backend_inline")
    if inline is not None:
        inline._enable_matplotlib_integration()
    if "matplotlib" in sys.modules and Path("matplotlibrc").is_file():
        sys.modules["matplotlib"].rc_file("matplotlibrc")
