"""Readings of a sensor that is broken now and then."""

from random import Random


def readings(seed: int, count: int = 60) -> list[int]:
    """Make `count` readings in no order; some are below zero, and some are zero."""
    dice = Random(seed)
    return [dice.choice((-9, 0, dice.randrange(1, 500))) for _ in range(count)]
