"""Watching a folder: one check a save, and none for what is no work."""

import threading
import time
from pathlib import Path

from watchfiles import Change

from autograder.learning.watch import _is_work, saved_at, saves


def test_only_notebooks_and_modules_count() -> None:
    assert _is_work(Change.modified, "/course/work/x/lab.ipynb")
    assert _is_work(Change.added, "/course/work/x/orders.py")
    assert not _is_work(Change.modified, "/course/work/x/.lab.ipynb.part")
    assert not _is_work(Change.modified, "/course/work/x/.progress.json")
    assert not _is_work(Change.modified, "/course/work/x/mlflow.db")
    assert not _is_work(Change.deleted, "/course/work/x/lab.ipynb")


def test_a_save_is_seen(tmp_path: Path) -> None:
    stop = threading.Event()

    def keep_saving() -> None:
        for number in range(100):
            if stop.wait(0.1):
                return
            (tmp_path / "lab.ipynb").write_text(str(number))

    writer = threading.Thread(target=keep_saving)
    begun = time.monotonic()
    writer.start()
    try:
        next(saves(tmp_path, settle_ms=50))
    finally:
        stop.set()
        writer.join()
    assert time.monotonic() - begun < 9


def test_the_last_save_is_known(tmp_path: Path) -> None:
    assert saved_at(tmp_path) == 0
    (tmp_path / "lab.ipynb").write_text("1")
    first = saved_at(tmp_path)
    (tmp_path / "mlflow.db").write_text("later")
    assert saved_at(tmp_path) == first > 0
