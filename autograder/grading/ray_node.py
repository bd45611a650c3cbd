"""What runs on each node of a Ray cluster: a door to a grading process of the node's own."""

import json
import subprocess
import sys
import threading
from concurrent.futures import Future
from typing import Any


class RayNode:
    """Hand submissions to a grading process on this node, and its findings back.

    The process is one of its own, since Ray's workers are not made to be forked. It ends with
    this object, whatever ends that, since its input is closed then.
    """

    def __init__(self, lab: str, lab_hash: str, places: int) -> None:
        command = [sys.executable, "-m", "autograder.grading.node", lab, lab_hash, str(places)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._waiting: dict[int, Future[dict[str, Any]]] = {-1: Future()}
        self._lock = threading.Lock()
        self._ready = self._waiting[-1]
        threading.Thread(target=self._read, daemon=True).start()

    def ready(self) -> dict[str, Any]:
        """Wait until this node can grade; return what it grades without, or why it cannot."""
        return self._ready.result()

    def grade(self, number: int, parcel: dict[str, Any]) -> dict[str, Any]:
        """Grade a packed submission and return its findings; raise OSError when that is over."""
        future: Future[dict[str, Any]] = Future()
        line = json.dumps({**parcel, "id": number}).encode() + b"\n"
        with self._lock:
            self._waiting[number] = future
            assert self._process.stdin is not None
            self._process.stdin.write(line)
            self._process.stdin.flush()
        return future.result()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            with self._lock:
                # What went wrong with the node as a whole is everybody's answer.
                numbers = list(self._waiting) if "mistake" in answer else [answer.get("id", -1)]
                for waiting in [self._waiting.pop(n) for n in numbers if n in self._waiting]:
                    waiting.set_result(answer)
        gone = OSError(f"the grading process ended ({self._process.wait()})")
        with self._lock:
            for waiting in self._waiting.values():
                waiting.set_exception(gone)
            self._waiting.clear()
