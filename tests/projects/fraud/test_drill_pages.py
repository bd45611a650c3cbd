"""What the benchmarks say of harm and of rollbacks follows from what was measured."""

import numpy as np
import pytest

from benchmarks.fraud_api import recovery
from benchmarks.fraud_drift import in_place
from benchmarks.fraud_rollback import HEADING, section
from projects.fraud.operating.rollback_drill import DrillReport

RATE = 200


def latencies(slow, worst=250.0):
    """Ten seconds at 5 ms, one in fifty at 9; slower in the given seconds."""
    found = np.where(np.arange(10 * RATE) % 50 == 0, 9.0, 5.0)
    for begin, end in slow:
        found[round(begin * RATE) : round(end * RATE)] = worst
    return found


@pytest.mark.parametrize(
    ("slow", "seconds"),
    [
        ([], 0.0),
        ([(3.0, 3.5)], 0.5),
        ([(3.0, 3.5), (4.2, 5.0)], 2.0),
        # One slow moment long after latency was back is another story.
        ([(3.0, 3.5), (8.0, 8.1)], 0.5),
        ([(3.0, 10.0)], np.inf),
        ([(3.0, 9.3)], np.inf),
    ],
)
def test_latency_is_back_when_it_was_usual_for_a_second(slow, seconds):
    assert recovery(latencies(slow), RATE, 3.0) == pytest.approx(seconds)
    # A request that was lost is as slow as can be.
    assert recovery(latencies(slow, np.inf), RATE, 3.0) == pytest.approx(seconds)


def test_a_part_of_the_page_takes_the_place_of_what_it_was():
    first = in_place("", drift="# Drift drills\n\nnone moved\n")
    both = in_place(first, rollback=f"{HEADING}\n\n2 s\n")
    assert both == f"# Drift drills\n\nnone moved\n\n{HEADING}\n\n2 s\n"
    assert in_place(both, drift="# Drift drills\n\nall moved\n") == both.replace("none", "all")
    assert in_place(both, rollback=f"{HEADING}\n\n3 s\n") == both.replace("2 s", "3 s")


def test_the_page_says_how_many_seconds_a_rollback_takes():
    drills = [
        DrillReport("m", "m/2", "m/1", 0.11, decided, decided + 0.5, 60, 40)
        for decided in (1.2, 2.9, 0.4)
    ]
    said = section(drills)
    assert said.startswith(HEADING) and "after 1.2 s (median; longest 2.9 s)" in said
    assert "| 2 | 0.11 s | 2.90 s | 3.40 s | 40 |" in said
