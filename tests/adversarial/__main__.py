"""`python -m tests.adversarial`: grade every hostile submission and print what came of it."""

import sys

from rich.console import Console
from rich.table import Table

from .arena import arena, run_cohorts
from .families import every_attack
from .verdicts import harm_by, judge_all


def main(names: list[str]) -> int:
    """Print the table for the attacks or families called `names`; return 1 if any gained."""
    chosen = [
        (family, attack)
        for family, attack in every_attack()
        if not names or family in names or attack.name in names
    ]
    if not chosen:
        sys.exit(f"No attack and no family is called {' or '.join(names)}.")
    console = Console(width=None if sys.stdout.isatty() else 170)
    console.print(f"Grading {len(chosen)} hostile submissions among good ones …")
    with arena() as made:
        outcome = run_cohorts(made, [attack for _, attack in chosen])
        judged = judge_all(outcome, [attack for _, attack in chosen])
        harm = harm_by(outcome)
    table = Table("family", "tries to", "honest", "got", "stopped by", "verdict")
    last = ""
    for (family, attack), found in zip(chosen, judged, strict=True):
        table.add_row(
            family.replace("_", " ") if family != last else "",
            attack.tries,
            "-" if found.honest is None else f"{found.honest:g}",
            "-" if found.score is None else f"{found.score:g}",
            attack.stopped_by,
            "[red]GAINED[/]: " + "; ".join(found.gained) if found.gained else "[green]stopped[/]",
            end_section=False,
        )
        last = family
    console.print(table)
    for line in harm:
        console.print(f"HARM: {line}", style="red", markup=False)
    gained = sum(bool(found.gained) for found in judged)
    console.print(
        f"{len(judged) - gained} of {len(judged)} stopped; machine and cohort "
        f"{'harmed' if harm else 'as before'}; {outcome.seconds:.0f} s."
    )
    return 1 if gained or harm else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
