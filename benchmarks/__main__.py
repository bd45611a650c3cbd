"""Run the benchmarks and write their figures: `python -m benchmarks`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.checking import verdict_bounds, walls_bounds
from benchmarks.grading import ROOT, TINY, cohort_row, notebook_rows
from benchmarks.growth import growth_bounds
from benchmarks.table import Bound, Row, write_results

_FRAUD = "fraud_3_baseline_model"


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each cohort is graded.")] = 5,
    fraud_rounds: Annotated[
        int, typer.Option(min=1, help="The same of the fraud lab; nbgrader takes 11 min a round.")
    ] = 5,
    submissions: Annotated[
        int, typer.Option(min=2, help="Submissions of the fraud lab; nbgrader takes 10 s each.")
    ] = 64,
    runs: Annotated[int, typer.Option(min=1, help="How often one notebook is run.")] = 20,
    largest: Annotated[int, typer.Option(min=17, help="The largest trivial cohort.")] = 1024,
) -> None:
    """Measure the grader against what a user would use instead, and write RESULTS.md."""
    works: list[Callable[[], list[Row | Bound]]] = [
        lambda: notebook_rows(runs=runs, aim=20),
        lambda: [*walls_bounds(runs=4 * rounds)],
        lambda: verdict_bounds(checks=50),
        lambda: [cohort_row(TINY, "tiny", students=16, rounds=rounds, aim=30)],
        lambda: [cohort_row(ROOT, _FRAUD, students=submissions, rounds=fraud_rounds, aim=50)],
        lambda: [*growth_bounds((16, 128, largest))],
    ]
    rows: list[Row | Bound] = []
    for work in works:
        rows += work()
        # After each, so that what was measured is kept when a later one is stopped.
        write_results(rows, Path(__file__).parent / "RESULTS.md")


if __name__ == "__main__":
    typer.run(main)
