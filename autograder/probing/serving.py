"""Answer probes inside the learner's kernel.

Its text is planted there beside `wire`, so it imports nothing else of this package.
"""

import asyncio
import contextlib
import contextvars
import difflib
import io
import threading
import traceback
import types
from collections.abc import Iterator, Mapping
from typing import Any

from .wire import MIME, Opaque, Refused, dumps, dumps_whole, kind_of, loads

_LONGEST = 300  # characters of what an exception says


class Answer:
    """Hold the wire text of an answer and show it in a MIME entry of its own."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return "<answer to a probe>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {MIME: self.text}


class _Silence(io.TextIOBase):
    """Take whatever is printed and keep none of it."""

    def write(self, text: str) -> int:
        return len(text)


def answer(request: str, namespace: Mapping[str, Any]) -> Answer:
    """Serve one probe: look a name up or call it, and say what came of it as plain data.

    `request` is the wire text of what, name, args and inspect. What the call prints goes nowhere.
    """
    asked = loads(request)
    name = asked["name"]
    if name not in namespace:
        names = [known for known in namespace if type(known) is str and not known.startswith("_")]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
        return Answer(dumps({"status": "missing", "near": near[0] if near else ""}))
    try:
        with _quiet():
            if asked["what"] == "value":
                return Answer(_found(namespace[name], None))
            # A list of its own: what is inspected is what the learner's function was handed.
            args = list(asked["args"])
            value = _finished(namespace[name](*args))
            return Answer(_found(value, tuple(args) if asked["inspect"] else None))
    except BaseException as error:
        return Answer(dumps(_described(error)))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    silence = _Silence()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        yield


def _found(value: Any, after: Any) -> str:
    try:
        return dumps_whole({"status": "ok", "value": value, "after": after})
    except Refused:
        too_large = Opaque(f"{kind_of(value)} too large to send")
        return dumps({"status": "ok", "value": too_large, "after": Opaque("arguments not sent")})


def _finished(value: Any) -> Any:
    """Return a coroutine's result, from a loop in a thread since the kernel's own is running."""
    if type(value) is not types.CoroutineType:
        return value
    state: dict[str, Any] = {}

    async def follow() -> Any:
        state["task"], state["loop"] = asyncio.current_task(), asyncio.get_running_loop()
        return await value

    def work() -> None:
        try:
            state["value"] = asyncio.run(follow())
        except BaseException as error:
            state["error"] = error

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(work,), daemon=True)
    thread.start()
    try:
        thread.join()
    except BaseException:
        # Interrupted: a loop left running would take the processor from the next probe.
        if "loop" in state:
            with contextlib.suppress(RuntimeError):
                state["loop"].call_soon_threadsafe(state["task"].cancel)
        raise
    if "error" in state:
        raise state["error"]
    return state["value"]


def _described(error: BaseException) -> dict[str, Any]:
    """Return what an exception says and where in a cell it was raised."""
    try:
        said = str.__getitem__(str(error), slice(_LONGEST))
    except BaseException:
        said = ""
    found = {"status": "raised", "ename": kind_of(error), "evalue": said}
    place = {"where": "", "line": 0, "text": ""}
    with contextlib.suppress(Exception):
        frames = traceback.extract_tb(error.__traceback__)
        cells = [frame for frame in frames if _is_cell(frame.filename)]
        if cells:
            last = cells[-1]
            text = (last.line or "")[:_LONGEST]
            place = {"where": last.name, "line": last.lineno or 0, "text": text}
    return {**found, **place}


def _is_cell(filename: str) -> bool:
    return "ipykernel_" in filename or filename.startswith("<ipython-input")
