"""Fit several models at once: LightGBM holds no lock of Python's while it grows trees."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def at_once(fit: Callable[[T], R], materials: Sequence[T]) -> list[R]:
    """Return what `fit` makes of each, in their order, each in a thread of its own.

    Each fit has one thread for itself, so the models are the same as one after the other.
    """
    with ThreadPoolExecutor(len(materials) or 1) as pool:
        return list(pool.map(fit, materials))
