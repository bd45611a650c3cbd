"""Run a Jupyter server on this machine alone, with settings of its own, and end it for sure."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import psutil

BIN = Path(sys.executable).parent
START_SECONDS = 180
_SERVER = {
    "IdentityProvider": {"token": ""},
    "ServerApp": {"port_retries": 0},
    "LabApp": {"expose_app_in_browser": True},
}
_QUIET = '{"fetchNews": "false", "checkForUpdates": false}'  # nothing asks the network or the user


def own_environment(home: Path) -> dict[str, str]:
    """Give an environment whose Jupyter keeps settings, trust and history below `home`."""
    folders = {
        "JUPYTER_CONFIG_DIR": home / "config",
        "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime",
        "IPYTHONDIR": home / "ipython",
    }
    for folder in folders.values():
        folder.mkdir(parents=True)
    config = folders["JUPYTER_CONFIG_DIR"] / "jupyter_server_config.json"
    config.write_text(json.dumps(_SERVER))
    settings = folders["JUPYTER_CONFIG_DIR"] / "lab" / "user-settings" / "@jupyterlab"
    path = settings / "apputils-extension" / "notification.jupyterlab-settings"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_QUIET)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NBGRADER_")}
    search = os.pathsep.join((str(BIN), os.environ.get("PATH", os.defpath)))
    return {**kept, **{name: str(folder) for name, folder in folders.items()}, "PATH": search}


def run_lab(*arguments: str, course: Path, environment: Mapping[str, str]) -> None:
    """Run a `lab` command in the course's folder."""
    command = [str(BIN / "lab"), *arguments]
    done = subprocess.run(command, cwd=course, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(
    command: Sequence[str], *, port: int, folder: Path, environment: Mapping[str, str], log: Path
) -> Iterator[str]:
    """Run `command` in `folder` until the block ends; give the address that it answers at."""
    address = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=out)
        try:
            _await_answer(process, f"{address}/api", log)
            yield address
        finally:
            _end(process)


def _await_answer(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended: {log.read_text()[-3000:]}"
        try:
            with urlopen(url, timeout=10) as answer:
                if answer.status == 200:
                    return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"no answer within {START_SECONDS} s: {log.read_text()[-3000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, which ends its kernels first; kill whatever is left of them."""
    family = []
    if process.poll() is None:
        server = psutil.Process(process.pid)
        family = [server, *server.children(recursive=True)]
        process.terminate()
    _, left = psutil.wait_procs(family, timeout=20)
    for member in left:
        member.kill()
    process.wait(timeout=20)
