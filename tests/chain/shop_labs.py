"""Small labs of a project in three milestones, written as a test needs them."""

from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.contract.building import (
    answer,
    build_notebook,
    free,
    grade,
    intro,
    parameters,
    setup,
    text,
    write_notebook,
)

STONES = ("shop_1_counts", "shop_2_means", "shop_3_report")
WriteLab = Callable[..., Path]

STONE = """
[[milestone]]
id = "{0}"
project = "shop"
title = "Milestone {0}"
covers = ["S1"]
lab = "one stage of the shop"
"""
_MANIFEST = """\
id = "{stone}"
title = "A shop: {stone}"
milestone = "{stone}"
minutes = 5
give = [{give}]

[parameters]
seed = {{ learner = 7, held_out = [90210] }}
{leaves}
[[task]]
id = "work"
title = "Write it"
points = 2
answers = [{answers}]
hints = ["Look.", "Look closer.", "Look at the docstring."]
"""


def solved(code: str) -> str:
    """Mark the last line of `code` as the solution."""
    *above, last = code.strip("\n").split("\n")
    pad = " " * (len(last) - len(last.lstrip()))
    return "\n".join([*above, f"{pad}### BEGIN SOLUTION", last, f"{pad}### END SOLUTION"])


def write_lab(
    labs: Path,
    stone: str,
    cells: Mapping[str, str],
    *,
    module: str = "",
    imports: str = "",
    files: Mapping[str, str] | None = None,
    give: tuple[str, ...] = (),
    leaves: tuple[str, ...] = (),
) -> Path:
    """Write a lab whose answer cells are work-answer-NAME; by default it leaves them all."""
    folder = labs / stone
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (files or {}).items():
        (folder / name).write_text(content)
    parts = [answer("work", solved(source), part=name) for name, source in cells.items()]
    write_notebook(
        build_notebook(
            [
                intro("# A shop"),
                parameters(seed=7),
                setup(imports),
                text("work", "## Work"),
                *parts,
                free("play", "days = [1, 2, 3]"),
                grade("work", 2),
            ]
        ),
        folder / "lab.ipynb",
    )
    left = ", ".join(f'"work-answer-{name}"' for name in leaves or cells)
    table = f'\n[leaves]\nmodule = "{module}"\ncells = [{left}]\n' if module else ""
    (folder / "lab.toml").write_text(
        _MANIFEST.format(
            stone=stone,
            give=", ".join(f'"{name}"' for name in (*(files or {}), *give)),
            leaves=table,
            answers=", ".join(f'"{part.id}"' for part in parts),
        )
    )
    return folder
