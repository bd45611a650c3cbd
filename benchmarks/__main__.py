"""Run the benchmarks and write their figures: `python -m benchmarks`."""

from pathlib import Path

from benchmarks.grading import grading_rows
from benchmarks.table import write_results


def main() -> None:
    """Measure, print and write RESULTS.md beside this file."""
    write_results(grading_rows(), Path(__file__).parent / "RESULTS.md")


if __name__ == "__main__":
    main()
