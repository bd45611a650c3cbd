"""The kernelspec by which JupyterLab, papermill and nbgrader find the warm kernel."""

import importlib.util
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpecManager

from autograder.errors import CourseError
from autograder.execution.warm.launcher import PROVISIONER

NAME = PROVISIONER
DEFAULT_PRELOAD = ("numpy", "pandas", "matplotlib.pyplot")
_MODULE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_KERNEL_NAME = re.compile(r"[a-z0-9._-]+")


def install_kernelspec(
    preload: Sequence[str] = DEFAULT_PRELOAD,
    *,
    name: str = NAME,
    prefix: Path | None = None,
    user: bool = False,
) -> Path:
    """Write the kernelspec and return its folder: below `prefix`, the user's, or this Python's."""
    _check_name(name)
    for module in preload:
        _check_module(module)
    place = _place(name, prefix, user)
    if place.exists() and not _is_ours(place):
        raise CourseError(f"{place} is another kernel's.", mend="Choose another name with --name.")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / name
        shutil.copytree(RESOURCES, folder)
        (folder / "kernel.json").write_text(json.dumps(_spec(preload), indent=1), encoding="utf-8")
        try:
            shutil.copytree(folder, place, dirs_exist_ok=True)
        except (shutil.Error, PermissionError) as error:
            raise CourseError(
                f"{place} cannot be written: {error}.",
                mend="Use --user, or --prefix with a folder of yours.",
            ) from error
    return place


def remove_kernelspec(*, name: str = NAME, prefix: Path | None = None, user: bool = False) -> Path:
    """Remove what `install_kernelspec` wrote for the same arguments and return its folder."""
    _check_name(name)
    place = _place(name, prefix, user)
    if not place.is_dir():
        raise CourseError(
            f"There is no kernel {name} in {place.parent}.",
            mend="Give the --name, --prefix or --user that it was installed with.",
        )
    if not _is_ours(place):
        raise CourseError(
            f"{place} is another kernel's.", mend="Use `jupyter kernelspec remove` for that."
        )
    shutil.rmtree(place)
    return place


def _spec(preload: Sequence[str]) -> dict[str, Any]:
    ordinary = get_kernel_dict()
    stanza = {"provisioner_name": PROVISIONER, "config": {"preload": list(preload)}}
    metadata = {**ordinary["metadata"], "kernel_provisioner": stanza}
    return {**ordinary, "display_name": "Python 3 (warm)", "metadata": metadata}


def _place(name: str, prefix: Path | None, user: bool) -> Path:
    if user and prefix is not None:
        raise CourseError("--user and --prefix name two places.", mend="Give one of them.")
    if user:
        return Path(KernelSpecManager().user_kernel_dir) / name
    return (prefix or Path(sys.prefix)).absolute() / "share" / "jupyter" / "kernels" / name


def _is_ours(place: Path) -> bool:
    try:
        found = json.loads((place / "kernel.json").read_text(encoding="utf-8"))
        return bool(found["metadata"]["kernel_provisioner"]["provisioner_name"] == PROVISIONER)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _check_name(name: str) -> None:
    if not _KERNEL_NAME.fullmatch(name):
        raise CourseError(
            f"{name!r} cannot name a kernel.",
            mend="Use small letters, digits, dots, hyphens and underscores: --name lab-warm.",
        )


def _check_module(module: str) -> None:
    known = bool(_MODULE.fullmatch(module))
    if not known or importlib.util.find_spec(module.split(".")[0]) is None:
        raise CourseError(
            f"--preload: there is no module {module!r} to import.",
            mend="Name installed modules as import does, with commas: --preload numpy,pandas.",
        )
