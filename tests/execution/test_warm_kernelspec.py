"""The warm kernel that a kernelspec names does what the ordinary one does."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil
import pytest
from cell_outputs import lasting
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.api import Gradebook
from stress import CELLS

from autograder.contract.lab import Lab
from autograder.contract.manifest import Limits
from autograder.execution import Confinement
from autograder.execution.kernel import launch_plain_kernel
from autograder.execution.run import executed
from autograder.execution.unwalled.kernelspec import install_kernelspec
from autograder.paths import COURSE_VARIABLE

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux forks safely"),
]
WARM, PRELOAD = "lab-warm", ("pandas", "matplotlib.pyplot")
# The last ones end or hang the kernel; what the sandbox alone sets is no matter here.
LEFT_OUT = {"quits", "exit", "after", "endless", "last", "asks"}


def leads_a_session(pid: int) -> bool:
    try:
        return os.getsid(pid) == pid
    except ProcessLookupError:
        return True  # it is gone, and so no zygote


class Place:
    """A Jupyter folder and a runtime folder of one's own, away from the user's."""

    def __init__(self, root: Path) -> None:
        self.prefix, self.runtime = root / "prefix", root / "run"
        self.runtime.mkdir(mode=0o700)

    @property
    def sockets(self) -> list[Path]:
        return sorted(self.runtime.glob("*/kernels/*.zygote"))

    def zygotes(self) -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(str(self.runtime) in part for part in process.info["cmdline"] or ())
            # A kernel that is forked leads a session of its own, and shows the same command.
            and not gone(process.pid)
            and not leads_a_session(process.pid)
        ]

    def install(self, name: str, preload: tuple[str, ...], **config: object) -> str:
        spec = install_kernelspec((), name=name, prefix=self.prefix) / "kernel.json"
        told = json.loads(spec.read_text())
        told["metadata"]["kernel_provisioner"]["config"] = {"preload": preload, **config}
        spec.write_text(json.dumps(told))
        return name


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    root = Path(tempfile.mkdtemp(prefix="warm-"))
    found = Place(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(found.runtime))
        patch.setenv("JUPYTER_PATH", str(found.prefix / "share" / "jupyter"))
        found.install(WARM, PRELOAD)
        yield found
    for process in found.zygotes():
        process.kill()
    shutil.rmtree(root)


def notebook(*sources: str, kernel: str = "python3") -> NotebookNode:
    return new_notebook(
        cells=[new_code_cell(source, metadata={"tags": []}) for source in sources],
        metadata={
            "kernelspec": {"name": kernel, "display_name": kernel, "language": "python"},
            "language_info": {"name": "python"},
        },
    )


@contextmanager
def running(kernel: str = WARM, **options: Any) -> Iterator[tuple[KernelManager, Any]]:
    manager = KernelManager(kernel_name=kernel)
    manager.start_kernel(**options)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield manager, client
    finally:
        client.stop_channels()
        if manager.has_kernel:
            manager.shutdown_kernel(now=True)


def value(client: Any, expression: str) -> Any:
    """What `expression` is in the kernel, by way of its text."""
    reply = client.execute("", user_expressions={"it": expression}, reply=True, timeout=60)
    told = reply["content"]["user_expressions"]["it"]
    assert told["status"] == "ok", told
    return eval(told["data"]["text/plain"])


def until(true: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.long
def test_every_cell_puts_out_what_it_does_in_an_ordinary_kernel(
    place: Place, tmp_path: Path
) -> None:
    shown = {}
    for kernel in ("python3", WARM):
        folder = tmp_path / str(len(shown)) / "cwd"
        folder.mkdir(parents=True)
        book = notebook(*(source for name, source in CELLS.items() if name not in LEFT_OUT))
        NotebookClient(
            book,
            kernel_name=kernel,
            allow_errors=True,
            timeout=60,
            resources={"metadata": {"path": str(folder)}},
        ).execute()
        names = [name for name in CELLS if name not in LEFT_OUT]
        shown[kernel] = {
            name: [text.replace(str(folder), "FOLDER") for text in lasting(cell.outputs)]
            for name, cell in zip(names, book.cells, strict=True)
        }
    ordinary, warm = shown["python3"], shown[WARM]
    assert not {n: (ordinary[n], warm[n]) for n in ordinary if ordinary[n] != warm[n]}


def test_papermill_gives_the_same_outputs_sees_its_folder_and_forked(
    place: Place, tmp_path: Path
) -> None:
    book = notebook(
        "import os, sys, pandas as pd\npd.DataFrame({'a': [1, 2]}).describe()",
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nlines = plt.plot([1, 2])",
        "print(os.getcwd(), sys.argv[0], sys.path[0], os.environ['OWN'], file=sys.stderr)",
        "sorted(set(os.environ) - {'JPY_PARENT_PID'})",
        "get_ipython().history_manager.hist_file",
        "import threadpoolctl\n[(i['user_api'], i['num_threads']) "
        "for i in threadpoolctl.threadpool_info() if 'numpy' in i['filepath']]",
    )
    nbformat.write(book, tmp_path / "in.ipynb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OWN", "mine")
        done = {
            kernel: papermill.execute_notebook(
                tmp_path / "in.ipynb",
                tmp_path / f"{kernel}.ipynb",
                kernel_name=kernel,
                cwd=str(tmp_path),
                progress_bar=False,
            )
            for kernel in ("python3", WARM)
        }
    found = {
        kernel: [lasting(cell.outputs) for cell in book.cells] for kernel, book in done.items()
    }
    assert found["python3"] == found[WARM]
    assert str(tmp_path) in str(found[WARM]) and "image/png" in str(found[WARM])
    assert place.sockets
    assert {path.stat().st_mode & 0o777 for path in place.sockets} == {0o600}
    assert place.sockets[0].parent.stat().st_mode & 0o777 == 0o700


def test_interrupt_restart_and_shutdown(place: Place) -> None:
    with running() as (manager, client):
        pid = value(client, "__import__('os').getpid()")
        assert pid == manager.provisioner.pid
        assert psutil.Process(pid).parent() in place.zygotes()
        code = "kept = 1\nprint('begun')\nimport time; time.sleep(60)"
        # Otherwise the kernel throws away what is asked while it is busy with the error.
        asked = client.execute(code, stop_on_error=False)
        begun = time.monotonic()
        while client.get_iopub_msg(timeout=30)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        reply = client.get_shell_msg(timeout=30)
        assert reply["parent_header"]["msg_id"] == asked
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert time.monotonic() - begun < 30
        assert value(client, "kept") == 1

        manager.restart_kernel(now=True)
        client.wait_for_ready(timeout=60)
        again = value(client, "__import__('os').getpid()")
        assert again != pid and gone(pid)
        assert value(client, "'kept' in globals()") is False
        assert manager.is_alive()
        client.execute("import atexit, pathlib; atexit.register(print)", reply=True, timeout=30)
        manager.shutdown_kernel()
        assert not manager.has_kernel and gone(again)


def test_an_exit_code_and_the_standard_streams_are_the_kernels(
    place: Place, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("wb") as out, running(stdout=out) as (manager, client):
        # Under pytest ipykernel leaves this descriptor alone.
        client.execute("import os\nwritten = os.write(1, b'through')")
        client.execute("os._exit(7)")
        process = manager.provisioner.process
        assert process.wait(timeout=30) == 7
        assert not manager.is_alive()
    assert b"through" in (tmp_path / "out").read_bytes()


def test_two_side_by_side_and_nothing_reaches_the_next(place: Place) -> None:
    look = (
        "[__import__('random').random(), __import__('numpy').random.rand(), "
        "'PLANTED' in os.environ, hasattr(builtins, 'planted'), hasattr(pandas, 'planted'), "
        "os.getcwd(), bytes(multiprocessing.current_process().authkey)]"
    )
    imports = "import os, builtins, pandas, multiprocessing, numpy"
    with running() as (first_manager, one), running() as (second_manager, two):
        forkers = {
            psutil.Process(manager.provisioner.pid).ppid()
            for manager in (first_manager, second_manager)
        }
        for client in (one, two):
            client.execute(imports, reply=True, timeout=60)
        one.execute(
            "os.environ['PLANTED'] = builtins.planted = '1'; pandas.planted = 1; os.chdir('/')",
            reply=True,
            timeout=60,
        )
        first, second = value(one, look), value(two, look)
    with running() as (_, three):
        three.execute(imports, reply=True, timeout=60)
        third = value(three, look)
    assert first[2:6] == [True, True, True, "/"]
    assert second[2:6] == third[2:6] == [False, False, False, str(Path.cwd())]
    for place_of_chance in (0, 1, 6):
        assert len({str(found[place_of_chance]) for found in (first, second, third)}) == 3
    assert len(forkers) == 1


def test_a_kernel_outlives_its_zygote_and_not_its_client(place: Place) -> None:
    source = (
        "import sys; from jupyter_client.manager import KernelManager\n"
        f"manager = KernelManager(kernel_name={WARM!r}); manager.start_kernel()\n"
        "print(manager.provisioner.pid, flush=True); sys.stdin.read()"
    )
    client = subprocess.Popen(
        [sys.executable, "-c", source], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert client.stdout is not None
    orphan = int(client.stdout.readline())
    assert not gone(orphan)
    client.kill()
    client.communicate()
    assert until(lambda: gone(orphan))

    with running() as (manager, left):
        killed = psutil.Process(manager.provisioner.pid).parent()
        killed.kill()
        assert until(lambda: killed not in place.zygotes())
        assert value(left, "6 * 7") == 42 and manager.is_alive()
        manager.shutdown_kernel(now=True)
    with running() as (manager, fresh):
        assert value(fresh, "6 * 7") == 42
        assert psutil.Process(manager.provisioner.pid).parent() in place.zygotes()


def test_a_changed_package_is_imported_anew_and_idle_zygotes_end(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "moving.py"
    module.write_text("VALUE = 1")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    name = place.install("moving", ("moving",), idle_seconds=3)
    before = {process.pid for process in place.zygotes()}
    for number in (1, 2):
        module.write_text(f"VALUE = {number}")
        with running(name) as (manager, client):
            pid = manager.provisioner.pid
            assert value(client, "__import__('moving').VALUE") == number
            assert psutil.Process(pid).parent() in place.zygotes()
    assert until(lambda: {process.pid for process in place.zygotes()} == before)


def test_threads_make_the_kernel_an_ordinary_one_which_is_said_once(
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "threading_on.py").write_text(
        "import threading as t, time\nt.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    name = place.install("threads", ("threading_on",))
    for _ in range(2):
        with running(name) as (manager, client):
            assert isinstance(manager.provisioner.process, subprocess.Popen)
            assert value(client, "6 * 7") == 42
    assert capfd.readouterr().err.count("lab-warm: an ordinary kernel is started") == 1


def test_no_walled_run_reaches_it(place: Place, confinement: Confinement) -> None:
    with running() as (manager, _):
        parent = psutil.Process(manager.provisioner.pid).parent()
        listening = {one.laddr for one in parent.net_connections(kind="unix")}
        address = next(path for path in place.sockets if str(path) in listening)
    ask = f"""
import socket
trial = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
failed = trial.connect_ex({str(address)!r})
answer = b""
if not failed:
    trial.settimeout(10)
    try:
        socket.send_fds(trial, [b"fork"], [0, 0, 1, 2])
        answer = trial.recv(100)
    except OSError:
        pass
length = len(answer)
"""
    with executed(
        new_notebook(cells=[new_code_cell(ask, id="cell")]),
        files={},
        parameters={},
        limits=Limits(seconds=60, cell_seconds=30),
        confinement=confinement,
        launcher=launch_plain_kernel,
    ) as run:
        assert run.cells["cell"] == "ok"
        assert run.probe("value", "length")[0] == 0
        if confinement.bubblewrap is not None:
            assert run.probe("value", "failed")[0] != 0
    # One that finds the address all the same is looked at: one of them may gain no privileges.
    for first, expected in (("", "0 True\n"), ("prctl(38, 1, 0, 0, 0)", "0 False\n")):
        apart = f"from ctypes import CDLL\nCDLL(None).{first or 'getpid()'}\n{ask}"
        done = subprocess.run(
            [sys.executable, "-c", f"{apart}print(failed, length > 0)"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout == expected


@pytest.mark.long
def test_nbgrader_gives_the_same_scores(place: Place, tiny_course: Path, tiny: Lab) -> None:
    for student, book in (("right", tiny.solution), ("untouched", tiny.starter)):
        folder = tiny_course / "submitted" / student / "tiny"
        folder.mkdir(parents=True)
        nbformat.write(nbformat.from_dict(book), folder / tiny.manifest.submit[0])
    environment = {**os.environ, COURSE_VARIABLE: str(tiny_course)}

    def nbgrader(*arguments: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "nbgrader", *arguments],
            cwd=tiny_course,
            env=environment,
            check=True,
            capture_output=True,
            timeout=170,
        )

    nbgrader("generate_assignment", "tiny")
    scores = []
    for kernel in ("python3", WARM):
        nbgrader("autograde", "tiny", "--force", f"--Execute.kernel_name={kernel}")
        with Gradebook(f"sqlite:///{tiny_course / 'gradebook.db'}") as book:
            found = {name: book.find_submission("tiny", name) for name in ("right", "untouched")}
            scores.append({name: one.score for name, one in found.items()})
    assert scores[0] == scores[1] == {"right": tiny.max_points, "untouched": 0}
