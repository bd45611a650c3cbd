"""Whether time and memory of the grader grow as the cohort does."""

import subprocess
import sys
import tempfile
from pathlib import Path

from autograder.contract.lab import load_lab
from benchmarks.grading import TINY, copied, grade_here, hand_in
from benchmarks.table import Bound, seconds


def growth_bounds(sizes: tuple[int, ...]) -> list[Bound]:
    """Grade cohorts of `sizes`, each in a process of its own; compare with the smallest.

    Seconds a submission leave out what starting costs, which is measured with a cohort of two.
    """
    start, _ = _measured(2)
    found = {size: _measured(size) for size in sizes}
    each = {size: (spent - start) / (size - 2) for size, (spent, _) in found.items()}
    least, most = each[sizes[0]], each[sizes[-1]]
    memory = [peak for _, peak in found.values()]
    told = ", ".join(f"{size}: {each[size]:.3f} s" for size in sizes)
    peaks = ", ".join(f"{peak:.0f}" for peak in memory)
    return [
        Bound(
            "a submission in the largest cohort over one in the smallest",
            most / least,
            "x",
            1.1,
            told,
        ),
        Bound(
            "the leader's peak memory, largest over smallest",
            max(memory) / min(memory),
            "x",
            1.15,
            f"{peaks} MB",
        ),
    ]


def _measured(size: int) -> tuple[float, float]:
    """Return the seconds and the leader's peak memory in MB of grading `size` submissions."""
    words = [sys.executable, "-m", "benchmarks.growth", str(size)]
    output = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    spent, peak = map(float, output.split())
    return spent, peak


def main() -> None:
    """Grade one cohort of the size that the first argument gives, and print what it took."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = copied(TINY, Path(folder))
        lab = load_lab(root / "labs" / "tiny")
        hand_in(lab, root / "submitted", int(sys.argv[1]))
        spent = seconds(lambda: grade_here(lab, root))
        print(spent, peak_memory_mb())


def peak_memory_mb() -> float:
    """Return the most memory in MB that this process has had since its program began.

    What `getrusage` tells is carried over from the process that started this one.
    """
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    told = next(line for line in lines if line.startswith("VmHWM:"))
    return int(told.split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
