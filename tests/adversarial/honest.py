"""Honest work that a careless grader would punish; each of these earns full marks."""

import json
from pathlib import Path
from typing import Any

from .attack import Attack, answer, own_cell, write

_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in "abcdefghijklmnopqrstuvwxyz"}


def _honest(name: str, what: str, **how: Any) -> Attack:
    return Attack(name, what, "", wrong="solution", **how)


def _after_the_tests(notebook: Any) -> None:
    for name in ("clean-answer", "report-answer"):
        cell = answer(notebook, name)
        notebook.cells.append(own_cell(cell.source, f"late-{name}"))
        cell.source = "raise NotImplementedError()"


def _elsewhere(notebook: Any) -> None:
    """Answer in a cell of one's own above, and import from it below."""
    cell = answer(notebook, "clean-answer")
    place = notebook.cells.index(cell)
    notebook.cells.insert(place, own_cell(cell.source.replace("def clean", "def tidy"), "mine"))
    cell.source = "clean = tidy"


def _saved_by_another_tool(notebook: Any) -> None:
    """Lose ids, outputs' order and metadata, as old versions and other editors do."""
    notebook.nbformat_minor = 2
    notebook.metadata = {"language_info": {"name": "python"}, "vscode": {"interpreter": {}}}
    for number, cell in enumerate(notebook.cells):
        cell.pop("id", None)
        cell.metadata["vscode"] = {"languageId": "python"}
        if cell.cell_type == "code":
            cell.execution_count = 100 - number
            cell["source"] = cell["source"].splitlines(keepends=True)


def _windows(folder: Path, notebook: Any) -> None:
    for cell in notebook.cells:
        cell["source"] = cell["source"].replace("\n", "\r\n")
    text = json.dumps(notebook, indent=4).replace("\n", "\r\n")
    (folder / "lab.ipynb").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "timestamp.txt").write_text("2026-03-01 10:00:00.000000 UTC\r\n")


def _other_normal_form(notebook: Any) -> None:
    """Write names and words in another Unicode normal form, as some keyboards do."""
    cell = answer(notebook, "clean-answer")
    # Full-width letters: Python takes them for the plain ones.
    name, key = "clean".translate(_WIDE), "mean".translate(_WIDE)
    cell.source = cell.source.replace("def clean", f"def {name}").replace("value", "v\u00e1lue")
    cell.source += (
        "\n# e\u0301 und \u00f6, \u65e5\u672c\u8a9e, \U0001f642, \u202eright to left\u202c"
    )
    report = answer(notebook, "report-answer")
    report.source = "import unicodedata\n" + report.source.replace(
        '"mean"', f'unicodedata.normalize("NFKC", "{key}")'
    )


def _keep_outputs(folder: Path, notebook: Any) -> None:
    import nbformat

    for cell in notebook.cells:
        if cell.cell_type == "code":
            stale = nbformat.v4.new_output("error", ename="Old", evalue="x", traceback=["old"])
            cell.outputs = [stale]
    write(folder, notebook)


HONEST = (
    _honest(
        "warnings",
        "warn on the error stream, in cells and when asked",
        last="""
            import logging, sys, warnings
            warnings.warn("this is only a warning")
            logging.basicConfig(level=logging.DEBUG)
            print("on the error stream", file=sys.stderr)
            honest = clean
            def clean(values):
                warnings.warn("again", DeprecationWarning)
                logging.error("asked")
                print("on the error stream", file=sys.stderr)
                return honest(values)
        """,
    ),
    _honest(
        "slow",
        "be slow but right",
        last="""
            import time
            time.sleep(1.5)
            honest = clean
            def clean(values):
                time.sleep(0.4)
                return honest(values)
        """,
    ),
    _honest(
        "extra_cells",
        "try things in cells of one's own, some of which fail",
        first="1 / 0",
        last="""
            %timeit -n1 -r1 clean([1])
            import IPython
            IPython.display.display(IPython.display.HTML("<b>fine</b>"))
            assert False, "not yet"
        """,
    ),
    _honest("after_the_tests", "answer below the tests", edit=_after_the_tests),
    _honest("elsewhere", "answer in a cell of one's own", edit=_elsewhere),
    _honest(
        "number_types",
        "use NumPy's numbers and other containers",
        last="""
            import collections, numpy as np
            honest = clean
            def clean(values):
                return [np.int32(value) for value in honest(values)]
            report = collections.OrderedDict(
                mean=np.float64(report["mean"]), kept=np.int64(report["kept"])
            )
        """,
    ),
    _honest("other_normal_form", "write in another Unicode form", edit=_other_normal_form),
    _honest("other_tool", "save with another tool", edit=_saved_by_another_tool),
    _honest("windows", "hand in from Windows", hand_in=_windows),
    _honest("stale_outputs", "hand in outputs of an older version", hand_in=_keep_outputs),
    _honest(
        "asks",
        "ask for input, leave and clear in cells of one's own",
        first="""
            name = input("Your name? ")
        """,
        last="""
            from IPython.display import clear_output
            print("soon gone")
            clear_output(wait=True)
            import sys
            sys.exit(1)
        """,
    ),
    _honest(
        "processes",
        "use threads, processes, shared memory and files",
        last="""
            import multiprocessing, subprocess, tempfile, threading
            from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
            from multiprocessing import shared_memory
            from pathlib import Path
            with ThreadPoolExecutor(8) as pool:
                assert sum(pool.map(abs, range(100))) == 4950
            with ProcessPoolExecutor(2) as pool:
                assert sum(pool.map(abs, range(10))) == 45
            shared = shared_memory.SharedMemory(create=True, size=1 << 20)
            shared.close()
            shared.unlink()
            assert subprocess.run(["echo", "x"], capture_output=True, text=True).stdout == "x\\n"
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "a").write_text("x")
            Path("mine.txt").write_text("x" * 1_000_000)
            import socket
            with socket.create_server(("127.0.0.1", 0)) as server:
                socket.create_connection(server.getsockname()).close()
            print(socket.gethostname(), "done")
        """,
    ),
    _honest(
        "async",
        "answer by a coroutine, and wait in a cell",
        last="""
            import asyncio
            await asyncio.sleep(0.1)
            honest = clean
            async def clean(values):
                await asyncio.sleep(0.01)
                return honest(values)
        """,
    ),
    _honest(
        "decorated",
        "answer by a callable object with a cache and types",
        last="""
            import functools
            class Cleaner:
                def __init__(self, inner): self.inner = inner
                def __call__(self, values): return self.inner(values)
            clean = Cleaner(clean)
        """,
    ),
    _honest(
        "much_memory",
        "use much memory for a moment, within the limit",
        last="""
            big = bytearray(200 << 20)
            del big
        """,
    ),
    _honest(
        "progress_bar",
        "print a progress bar and much text",
        last=r"""
            for step in range(2000):
                print(f"\rstep {step}", end="")
            print("\n" + "x" * 200_000)
        """,
    ),
)
