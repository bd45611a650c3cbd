"""Labs are asked by turns, and so are the wrong answers of each."""

import itertools

from autograder.proving.turns import not_their_turn

LABS = [f"lab_{number}" for number in range(11)]


def asked(count: int, turn: int) -> list[str]:
    waiting, _ = not_their_turn(LABS, count, turn)
    return [lab for lab in LABS if lab not in waiting]


def test_all_are_asked_in_a_few_turns_and_never_too_many() -> None:
    for first in (0, 5, 997):
        seen = [asked(4, turn) for turn in range(first, first + 3)]
        assert sorted(itertools.chain(*seen)) == sorted(LABS)
        assert max(map(len, seen)) <= 4


def test_whoever_is_asked_again_is_one_turn_further() -> None:
    own: dict[str, list[int]] = {lab: [] for lab in LABS}
    for turn in range(30):
        waiting, inner = not_their_turn(LABS, 4, turn)
        for lab in set(LABS) - set(waiting):
            own[lab].append(inner)
    assert all(turns == list(range(10)) for turns in own.values())


def test_where_there_are_few_nobody_waits() -> None:
    assert not_their_turn(LABS, 11, 7) == ([], 7)
    assert not_their_turn([], 4, 7) == ([], 7)
