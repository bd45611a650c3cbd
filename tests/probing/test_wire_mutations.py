"""A right message with something changed in it is refused, or is a value one can look at."""

import json
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.probing import wire

FRAME = pd.DataFrame(
    {
        "f": [1.5, np.nan],
        "s": ["a", None],
        "t": pd.to_datetime(["2024-01-01", None]).tz_localize("Europe/London"),
        "x": [1, ("a", 2)],
        "b": [True, False],
    },
    index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["k", None]),
)
RIGHT = {
    "frame": FRAME,
    "series": pd.Series([1, 2], index=["u", "v"], name="n"),
    "array": np.arange(6).reshape(2, 3),
    "texts": np.array(["ab", "c"]),
    "times": [pd.Timestamp("2024", tz="UTC"), pd.Timedelta("1h"), pd.NaT],
    "rest": ({1, 2}, b"x", 2j, None, 1 << 70, float("inf")),
}
WIRE, _, BINARY = wire.dumps_whole(RIGHT).partition("\n")
junk = (
    st.none()
    | st.booleans()
    | st.integers(-3, 1 << 66)
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["<i4", "<f8", "<M8[s]", "<M8[Y]", "<U4", "|O", "UTC", "r", "i", "s", "z"])
    | st.lists(st.integers(-1, 3), max_size=3)
)


def places(node: Any) -> list[tuple[list[Any], int]]:
    """Return every place in nested lists as (list, position)."""
    found = []
    for position, item in enumerate(node):
        found.append((node, position))
        if isinstance(item, list):
            found.extend(places(item))
    return found


def look_at(value: Any) -> None:
    """Touch every part of a value, as a check and its messages would."""
    repr(value)
    if isinstance(value, dict):
        for key, item in value.items():
            look_at(key)
            look_at(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            look_at(item)
    elif isinstance(value, pd.DataFrame):
        list(value.columns)
        for place in range(value.shape[1]):
            look_at(value.iloc[:, place])
    elif isinstance(value, pd.Series):
        look_at(value.index.tolist())
        look_at(value.tolist())
    elif isinstance(value, np.ndarray):
        look_at(value.tolist())


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_a_changed_message_is_refused_or_can_be_looked_at(data: st.DataObject) -> None:
    parsed = json.loads(WIRE)
    binary = BINARY
    for _ in range(data.draw(st.integers(1, 2))):
        holder, position = data.draw(st.sampled_from(places(parsed)))
        holder[position] = data.draw(junk)
    if data.draw(st.booleans()):
        cut = data.draw(st.integers(0, len(binary)))
        binary = binary[:cut] + data.draw(st.sampled_from(["", "/w==", "////", "é", "="]))
    try:
        value = wire.loads(f"{json.dumps(parsed)}\n{binary}")
    except wire.Refused:
        return
    look_at(value)


def test_the_unchanged_message_is_read() -> None:
    got = wire.loads(f"{WIRE}\n{BINARY}")
    pd.testing.assert_frame_equal(got["frame"], FRAME)
    assert got["rest"] == RIGHT["rest"]
