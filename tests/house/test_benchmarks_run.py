"""What `make bench` calls, in its smallest size, so that it cannot rot between two measurements."""

import os
import subprocess
import sys
from math import isfinite
from pathlib import Path

import psutil
import pytest

from benchmarks import growth
from benchmarks.checking import verdict_bounds, walls_bounds
from benchmarks.grading import TINY, cohort_row, notebook_rows
from benchmarks.growth import growth_bounds
from benchmarks.table import Bound, Row, memory_gb, processor, write_results

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="measures on Linux")


@linux
@pytest.mark.long
def test_every_row_is_measured_and_written(tmp_path: Path) -> None:
    rows: list[Row | Bound] = [
        *notebook_rows(runs=1, aim=20),
        *walls_bounds(runs=1),
        *verdict_bounds(checks=2),
        cohort_row(TINY, "tiny", students=2, rounds=1, aim=30),
        *growth_bounds((3, 4)),
    ]
    figures = [row.value if isinstance(row, Bound) else row.ratio for row in rows]
    assert len(figures) == 9 and all(map(isfinite, figures))
    page = tmp_path / "RESULTS.md"
    write_results(rows, page)
    text = page.read_text()
    assert all(row.what in text for row in rows)
    assert processor() in text and f"{psutil.virtual_memory().total / 1e9:.0f} GB" in text


@linux
def test_peak_memory_is_the_programs_own_and_not_its_parents() -> None:
    ask = "from benchmarks.growth import peak_memory_mb; print(peak_memory_mb())"
    spread = "x = bytearray(400_000_000); x[::4096] = b'x' * len(x[::4096]); import os, sys; "
    started = spread + f"os.execv(sys.executable, [sys.executable, '-c', {ask!r}])"
    found = [
        float(
            subprocess.run(
                [sys.executable, "-c", program],
                cwd=Path(growth.__file__).parents[1],
                env={**os.environ},
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for program in (ask, started)
    ]
    assert found[1] < found[0] + 100
    assert 10 < found[0] < 1000 * memory_gb()
