"""A real kernel with the planted text and some functions in it, to be probed."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from autograder.probing import planted
from autograder.probing.client import KernelProbe
from autograder.probing.failures import ProbeFailed

CELL = """\
import asyncio, os, time
import numpy as np
import pandas as pd
rate = 0.5
asked = []
def double(x):
    print("out loud")
    return x * 2
def grow(items):
    items.append(9)
def validate(f):
    x = f['amount']
    return x
async def later(x):
    await asyncio.sleep(0.01)
    return x + 1
def spin():
    asked.append("spin")
    while True:
        pass
async def sleepy():
    await asyncio.sleep(60)
def stubborn():
    ends = time.monotonic() + 1.2
    while time.monotonic() < ends:
        try:
            time.sleep(0.01)
        except KeyboardInterrupt:
            pass
def numb():
    while True:
        try:
            while True:
                pass
        except KeyboardInterrupt:
            pass
def die():
    os._exit(1)
def same(x):
    return x
"""


class Kernel:
    """A kernel with the planted text and the cell above, and a way to make probes of it."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "kernel.json"
        self.probes: list[KernelProbe] = []
        self.manager = KernelManager(
            transport="ipc", ip=str(folder / "k"), connection_file=str(self.file)
        )
        self.manager.start_kernel(extra_arguments=["--HistoryManager.enabled=False"])
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self.run(planted.SOURCE)
        self.run(CELL)

    def run(self, code: str) -> None:
        reply = self.client.execute_interactive(
            code, silent=True, store_history=False, timeout=60, output_hook=lambda _: None
        )
        assert reply["content"]["status"] == "ok", reply["content"]

    def probe(self, seconds: float = 20, within: float = 300, grace: float = 2) -> KernelProbe:
        made = KernelProbe(
            self.file,
            probe_seconds=seconds,
            deadline=time.monotonic() + within,
            interrupt=self.manager.interrupt_kernel,
            grace_seconds=grace,
        )
        self.probes.append(made)
        return made

    def close_probes(self) -> None:
        for made in self.probes:
            made.close()
        self.probes.clear()

    def end(self) -> None:
        self.close_probes()
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


def failure(probe: Callable[..., Any], name: str, *args: Any) -> ProbeFailed:
    with pytest.raises(ProbeFailed) as caught:
        probe("call", name, args)
    return caught.value
