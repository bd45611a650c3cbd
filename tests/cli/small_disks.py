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
    """Mount a file system of `size` bytes at `folder` for the block.

    Only root on Linux can, as CI is: there it must work, so that these tests are never left out
    unseen. Others skip.
    """
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root on Linux")
    folder.mkdir(exist_ok=True)
    done = _mount(folder, f"size={size}")
    if done.returncode:
        pytest.fail(
            f"Root could mount no disk ({done.stderr.strip()}). Give the container CAP_SYS_ADMIN, "
            "or run the tests as another user, who leaves these out."
        )
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
