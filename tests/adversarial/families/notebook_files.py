"""Handing in something else than a notebook, or a notebook and something else."""

import json
import os
import zipfile
from pathlib import Path
from typing import Any

from ..attack import NOTHING, Attack, write

UNREAD = "only a plain file of notebook size is read, in a disposable process"


def _bytes(content: bytes) -> Any:
    def hand_in(folder: Path, notebook: Any) -> None:
        (folder / "lab.ipynb").write_bytes(content)

    return hand_in


def _link(target: str) -> Any:
    def hand_in(folder: Path, notebook: Any) -> None:
        (folder / "lab.ipynb").symlink_to(target)

    return hand_in


def _large(folder: Path, notebook: Any) -> None:
    notebook.cells[-1]["outputs"] = []
    notebook.metadata["padding"] = "x" * (200 << 20)
    write(folder, notebook)


def _sparse(folder: Path, notebook: Any) -> None:
    """Seem to be a terabyte, which takes no room and hours to read."""
    write(folder, notebook)
    os.truncate(folder / "lab.ipynb", 1 << 40)


def _sparse_timestamp(folder: Path, notebook: Any) -> None:
    write(folder, notebook)
    (folder / "timestamp.txt").touch()
    os.truncate(folder / "timestamp.txt", 1 << 40)


def _zip_bomb(folder: Path, notebook: Any) -> None:
    with zipfile.ZipFile(folder / "lab.ipynb", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("lab.ipynb", b"0" * (100 << 20))


def _pipe(folder: Path, notebook: Any) -> None:
    os.mkfifo(folder / "lab.ipynb")
    os.mkfifo(folder / "timestamp.txt")


def _folder_is_a_link(folder: Path, notebook: Any) -> None:
    folder.rmdir()
    folder.symlink_to("@COURSE@/labs/tiny")


def _escaping(folder: Path, notebook: Any) -> None:
    """Bring files and names that lead out of the folder."""
    for cell in notebook.cells:
        cell["attachments"] = {"../../../lab-was-here": {"text/plain": "x"}}
    notebook.metadata["path"] = notebook.metadata["name"] = "../../../lab-was-here"
    write(folder, notebook)
    (folder / "readings.py").write_text("def readings(seed): return [1]")
    (folder / "hidden_checks.py").write_text("raise SystemExit")
    (folder / "lab.toml").write_text("[limits]\nseconds = 99999")
    (folder / "sitecustomize.py").write_text("open('/tmp/lab-was-here', 'w')")
    (folder / "checks.py").symlink_to("/etc/passwd")
    (folder / "..mine").write_text("")


def _odd_json(folder: Path, notebook: Any) -> None:
    """Repeat keys and use constants that are no JSON."""
    text = json.dumps(notebook)
    text = text.replace('"nbformat_minor"', '"score": NaN, "x": -Infinity, "nbformat_minor"')
    text = text.replace('"metadata": {"kernelspec"', '"metadata": [], "metadata": {"kernelspec"')
    (folder / "lab.ipynb").write_text("\ufeff" + text, encoding="utf-8")


def _late_stamp(folder: Path, notebook: Any) -> None:
    write(folder, notebook)
    (folder / "timestamp.txt").write_text("0001-01-01 00:00:00 UTC; rm -rf /")


def _refused(name: str, tries: str, hand_in: Any) -> Attack:
    return Attack(name, tries, UNREAD, hand_in=hand_in, twin=NOTHING)


ATTACKS = (
    _refused("picture", "hand in a picture as a notebook", _bytes(b"\x89PNG\r\n\x1a\n" * 100)),
    _refused("not_json", "hand in half a JSON text", _bytes(b'{"cells": [{"cell_type"')),
    _refused(
        "deep_json", "hand in JSON nested a million deep", _bytes(b"[" * 1_000_000)
    ),
    _refused(
        "deep_cells", "hand in metadata nested deep", _bytes(
            b'{"nbformat":4,"nbformat_minor":5,"metadata":' + b'{"a":' * 900 + b"{}" + b"}" * 900
            + b',"cells":[]}'
        ),
    ),
    _refused("long_number", "hand in a number of a million digits", _bytes(
        b'{"nbformat":' + b"4" * 1_000_000 + b"}")),
    _refused("large", "hand in a notebook of 200 MB", _large),
    _refused("terabyte", "hand in a file that claims to be a terabyte", _sparse),
    _refused("zip_bomb", "hand in a zip bomb as a notebook", _zip_bomb),
    _refused("pipe", "hand in a pipe, which is never read to its end", _pipe),
    _refused("device", "hand in a link to a device without end", _link("/dev/zero")),
    _refused(
        "link_to_another", "hand in a link to the best submission",
        _link("../../000-good/tiny/lab.ipynb"),
    ),
    _refused("link_to_solution", "hand in a link to the lab",
        _link("@COURSE@/labs/tiny/lab.ipynb")),
    _refused("folder_is_a_link", "hand in a link to the lab's own folder", _folder_is_a_link),
    Attack(
        "files_beside",
        "bring files that stand in for the lab's own, and names that lead out",
        "whatever else a submission holds is ignored",
        hand_in=_escaping,
    ),
    Attack(
        "odd_json", "repeat keys and use constants that are no JSON",
        "a notebook is rebuilt before it is used", hand_in=_odd_json,
    ),
    Attack(
        "endless_timestamp", "hand in a time stamp that claims to be a terabyte", UNREAD,
        hand_in=_sparse_timestamp,
    ),
    Attack(
        "forged_timestamp", "claim to have handed in two thousand years ago",
        "a time stamp that is none counts as none", hand_in=_late_stamp,
    ),
)  # fmt: skip
