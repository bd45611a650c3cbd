"""Who is asked where not all can be: each has its turn."""

from collections.abc import Sequence


def not_their_turn(names: Sequence[str], count: int, turn: int) -> tuple[list[str], int]:
    """Return who of `names` waits where at most `count` are asked, and the turn of those asked.

    Counting `turn` up by one goes through all of them; the turn that is returned goes up by one
    whenever the same are asked again, so that what is taken by turns of each misses nothing.
    """
    rounds = max(1, -(-len(names) // count))
    waiting = [name for place, name in enumerate(names) if place % rounds != turn % rounds]
    return waiting, turn // rounds
