"""What every process that forks kernels imports before, and what every fork forgets after."""

import builtins
import importlib
import inspect
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_FORK_SAFE = ("jemalloc_bg_thd",)
# What every kernel imports on its way to the first cell.
KERNEL_MODULES = (
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.history",
    "IPython.core.logger",
    "IPython.core.magics",
    "IPython.core.oinspect",
    "IPython.core.ultratb",
    "IPython.extensions.storemagic",
    "asttokens",
    "comm",
    "executing",
    "faulthandler",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.subshell_manager",
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "numpy.random",
    "psutil",
    "pygments.formatters.terminal256",
    "pygments.lexers.python",
    "pygments.styles.default",
    "sqlite3",
    "stack_data",
    "tornado.platform.asyncio",
)


class _Shell:
    """Stand for the shell of a kernel to packages that look for one as they are imported."""

    kernel = None


def preload(modules: Sequence[str]) -> list[str]:
    """Import `modules`; return those that could not be, which the run itself will complain of."""
    missing = []
    with _as_in_a_kernel():
        for module in modules:
            try:
                importlib.import_module(module)
            except Exception:
                missing.append(module)
        _show_an_error()
    return missing


def _show_an_error() -> None:
    """Have ready what a run's first traceback needs: the files of all modules, and the colours."""
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.core.ultratb import AutoFormattedTB

    inspect.getmodule(compile("", "<a cell>", "exec"))
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        shown = AutoFormattedTB(theme_name=InteractiveShell.colors.default_value)  # type: ignore[no-untyped-call]
        shown.structured_traceback(type(error), error, error.__traceback__)


@contextmanager
def _as_in_a_kernel() -> Iterator[None]:
    """Let pandas, when it is imported, set itself up for a notebook and not for a terminal."""
    vars(builtins)["get_ipython"] = _Shell
    try:
        yield
    finally:
        del vars(builtins)["get_ipython"]


def count_threads() -> int:
    """Count the threads that a fork would lose; an allocator's own knows how to come back."""
    names = [(task / "comm").read_text().strip() for task in Path("/proc/self/task").iterdir()]
    return sum(name not in _FORK_SAFE for name in names)


def forget_before_the_fork() -> None:
    """Undo what imports remembered of the forking process's own surroundings and chance."""
    import random
    import tempfile

    tempfile.tempdir = None
    time.tzset()
    random.seed()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()
    if "torch" in sys.modules:
        sys.modules["torch"].seed()
    if "matplotlib" in sys.modules:
        for name in ("get_configdir", "get_cachedir"):
            remembering = getattr(sys.modules["matplotlib"], name)
            setattr(sys.modules["matplotlib"], name, remembering.__wrapped__)
    sys.path[:] = [entry for entry in sys.path if entry != ""]
    importlib.invalidate_caches()
