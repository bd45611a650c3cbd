"""Disks so small that they fill up, for tests that run as root on Linux."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """Mount a file system of `size` bytes at `folder` for the block; skip where that cannot be."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root on Linux")
    folder.mkdir(exist_ok=True)
    done = _mount(folder, f"size={size}")
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def enlarge(disk: Path, size: int) -> None:
    """Give a mounted disk room."""
    _mount(disk, f"remount,size={size}").check_returncode()


def _mount(disk: Path, how: str) -> "subprocess.CompletedProcess[str]":
    command = ["mount", "-t", "tmpfs", "-o", how, "lab-test", str(disk)]
    return subprocess.run(command, capture_output=True, text=True, check=False)
