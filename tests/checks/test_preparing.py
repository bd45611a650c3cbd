"""What checks prepare is worked out once for a cohort, and each caller has a copy of its own."""

from pathlib import Path

import pandas as pd

from autograder.checks import prepared, shelf

CALLS: list[int] = []


def numbers(seed: int) -> pd.DataFrame:
    CALLS.append(seed)
    return pd.DataFrame({"value": [seed, seed + 1]})


def test_outside_a_cohort_it_is_the_function_itself(tmp_path: Path) -> None:
    CALLS.clear()
    ready = prepared(numbers)
    assert ready(3).equals(ready(3))
    assert CALLS == [3, 3] and ready.__name__ == "numbers"


def test_a_cohort_works_it_out_once_for_each_argument(tmp_path: Path) -> None:
    CALLS.clear()
    with shelf(tmp_path):
        assert prepared(numbers)(3).equals(prepared(numbers)(3))
        assert prepared(numbers)(4)["value"].tolist() == [4, 5]
    assert CALLS == [3, 4]


def test_what_one_caller_changes_the_next_does_not_see(tmp_path: Path) -> None:
    with shelf(tmp_path):
        mine = prepared(numbers)(5)
        mine.loc[0, "value"] = 99
        assert prepared(numbers)(5)["value"].tolist() == [5, 6]


def test_another_cohort_starts_anew(tmp_path: Path) -> None:
    CALLS.clear()
    for name in ("one", "two"):
        with shelf(tmp_path / name):
            prepared(numbers)(6)
    assert CALLS == [6, 6]
