"""The hostile submissions, one file a family."""

from collections.abc import Iterator
from importlib import import_module

from ..attack import Attack

FAMILIES = (
    "lying_values",
    "interpreter",
    "protocol",
    "messages",
    "reading_answers",
    "persistence",
    "notebook_editing",
    "notebook_files",
    "exhaustion",
    "exfiltration",
    "model_files",
    "grader_detection",
    "script_injection",
)


def every_attack() -> Iterator[tuple[str, Attack]]:
    """Yield each attack with the name of its family."""
    for family in FAMILIES:
        for attack in import_module(f".{family}", __name__).ATTACKS:
            yield family, attack
