"""Runs that reach single ports of the machine, and nothing else of it."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import nbformat
import psutil
import pytest

from autograder.contract.manifest import Limits
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.execution.run import executed
from autograder.execution.warm.launcher import warm_kernels

LIMITS = Limits(seconds=60, cell_seconds=30)
ASK = """
import socket
def ask(port, text, size=1 << 16):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as there:
        there.sendall(text)
        there.shutdown(socket.SHUT_WR)
        got = b""
        while piece := there.recv(size):
            got += piece
        return got
def tried(port):
    try:
        return ask(port, b"x")
    except OSError as error:
        return type(error).__name__
"""


class Shout(socketserver.BaseRequestHandler):
    """Give back in capitals what comes, piece by piece."""

    def handle(self) -> None:
        while piece := self.request.recv(1 << 16):
            self.request.sendall(piece.upper())


@contextmanager
def server() -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Shout) as serving:
        serving.daemon_threads = True
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving.server_address[1]
        serving.shutdown()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with server() as port:
        yield port


@pytest.fixture(scope="module")
def other_port() -> Iterator[int]:
    with server() as port:
        yield port


@pytest.fixture(scope="module")
def warm(confinement: Confinement, port: int) -> Iterator[KernelLauncher]:
    if confinement.bubblewrap is None:
        pytest.skip("no bubblewrap here")
    with warm_kernels(["json"], confinement, ports=[port]) as launcher:
        assert launcher is not None
        yield launcher


def said(
    confinement: Confinement, launcher: KernelLauncher, code: str, ports: tuple[int, ...]
) -> tuple[str, tuple[str, ...]]:
    """Run `code` and give what it printed and the layers in force."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ASK + code)])
    with executed(
        notebook,
        files={},
        parameters={},
        limits=LIMITS,
        confinement=confinement,
        ports=ports,
        launcher=launcher,
    ) as execution:
        [cell] = execution.notebook.cells
        printed = "".join(
            output.get("text", "") or output.get("evalue", "") for output in cell.outputs
        )
        return printed.strip(), execution.layers


def test_a_door_leads_to_its_port_and_to_no_other(
    confinement: Confinement, warm: KernelLauncher, port: int, other_port: int
) -> None:
    code = f"print(ask({port}, b'abc'), tried({other_port}))"
    printed, layers = said(confinement, warm, code, (port,))
    assert printed == "b'ABC' ConnectionRefusedError"
    assert f"no network but ports {port}" in layers
    assert "no network" not in layers


def test_a_run_that_needs_nothing_reaches_nothing(
    confinement: Confinement, warm: KernelLauncher, port: int
) -> None:
    printed, layers = said(confinement, warm, f"print(tried({port}))", ())
    assert printed == "ConnectionRefusedError"
    assert "no network" in layers


def test_nothing_beyond_the_machine_is_reached(
    confinement: Confinement, warm: KernelLauncher, port: int
) -> None:
    code = """
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    try:
        any_socket.connect(("192.0.2.1", 53))
        print("reached")
    except OSError as error:
        print(type(error).__name__)
"""
    assert said(confinement, warm, code, (port,))[0] == "OSError"


def test_much_goes_through_unchanged(
    confinement: Confinement, warm: KernelLauncher, port: int
) -> None:
    code = f"""
import random, threading
sent = random.Random(1).randbytes(200_000).hex().encode() * 10
got = []
sender = socket.create_connection(("127.0.0.1", {port}))
threading.Thread(target=lambda: (sender.sendall(sent), sender.shutdown(1))).start()
while piece := sender.recv(1 << 16):
    got.append(piece)
print(b"".join(got) == sent.upper())
print([ask({port}, b"n%d" % n) for n in range(300)][-1])
"""
    assert said(confinement, warm, code, (port,))[0] == "True\nb'N299'"


def test_a_server_that_is_gone_is_an_end_of_the_connection(confinement: Confinement) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        free = nobody.getsockname()[1]
    with warm_kernels(["json"], confinement, ports=[free]) as launcher:
        assert launcher is not None
        assert said(confinement, launcher, f"print(tried({free}))", (free,))[0] in (
            "b''",
            "ConnectionResetError",
            "BrokenPipeError",
            "OSError",  # "not connected", when the end comes before the last word
        )


def test_two_runs_at_once_and_nothing_stays(
    confinement: Confinement, warm: KernelLauncher, port: int
) -> None:
    def of_zygote() -> set[int]:
        return {child.pid for child in psutil.Process().children(recursive=True)}

    before = of_zygote()
    with ThreadPoolExecutor(2) as pool:
        code = f"import time; print(ask({port}, b'a')); time.sleep(0.5); print(ask({port}, b'b'))"
        both = list(pool.map(lambda _: said(confinement, warm, code, (port,))[0], range(2)))
    assert both == ["b'A'\nb'B'"] * 2
    left = [psutil.Process(pid) for pid in of_zygote() - before]
    assert psutil.wait_procs(left, timeout=5)[1] == []


def test_an_ordinary_kernel_says_that_it_has_a_network(
    confinement: Confinement, port: int, other_port: int
) -> None:
    code = f"print(ask({port}, b'abc'), tried({other_port}))"
    printed, layers = said(confinement, launch_plain_kernel, code, (port,))
    assert printed == "b'ABC' b'X'"
    assert not [layer for layer in layers if "network" in layer]
