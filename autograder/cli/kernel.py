"""`lab kernel`: install the warm kernel for JupyterLab, papermill and nbgrader, or remove it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.execution.unwalled.kernelspec import (
    DEFAULT_PRELOAD,
    NAME,
    install_kernelspec,
    remove_kernelspec,
)

_Name = Annotated[str, typer.Option(help="The kernel's name.")]
_Prefix = Annotated[
    Path | None, typer.Option(help="Below PREFIX/share/jupyter; without it, this Python's.")
]
_User = Annotated[bool, typer.Option("--user", help="For this user, whichever the Python.")]


def register(app: typer.Typer) -> None:
    """Add `lab kernel install` and `lab kernel remove` to `app`."""
    group = typer.Typer(
        help="Install or remove the warm kernel for JupyterLab, papermill and nbgrader.",
        no_args_is_help=True,
    )
    group.command("install")(install)
    group.command("remove")(remove)
    app.add_typer(group, name="kernel", rich_help_panel="Instructors")


def install(
    preload: Annotated[
        str, typer.Option(help="Modules that every kernel has imported, with commas.")
    ] = ",".join(DEFAULT_PRELOAD),
    name: _Name = NAME,
    prefix: _Prefix = None,
    user: _User = False,
) -> None:
    """Install a Python kernel that is forked from a process with imports done, not started cold.

    It is your own kernel, without a sandbox: never run hand-ins in it that `lab grade` can grade.
    """
    modules = [module.strip() for module in preload.split(",") if module.strip()]
    folder = install_kernelspec(modules, name=name, prefix=prefix, user=user)
    _say(f"Installed {folder}")
    _say(f"Use it: papermill -k {name}, nbgrader autograde --Execute.kernel_name={name}")


def remove(name: _Name = NAME, prefix: _Prefix = None, user: _User = False) -> None:
    """Remove a warm kernel, with the place that it was installed in."""
    _say(f"Removed {remove_kernelspec(name=name, prefix=prefix, user=user)}")


def _say(line: str) -> None:
    Console().print(line, markup=False, highlight=False, soft_wrap=True)
