"""Grade notebooks of a course lab: prove labs, release them, run submissions and score them."""

from typing import Any


def load_ipython_extension(shell: Any) -> None:
    """Register `%check`, `%hint` and `%score` in an IPython shell."""
    from autograder.jupyter.magics import register

    register(shell)
