"""What a proof has to say about a lab, in the voice of a review."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`blocks` keeps a lab from being released; `advises` is for the author to weigh."""

    BLOCKS = "blocks"
    ADVISES = "advises"


@dataclass(frozen=True)
class Finding:
    """Say what does not hold, where, and what the author can do."""

    rule: str
    message: str
    mend: str = ""
    severity: Severity = Severity.BLOCKS

    @property
    def blocks(self) -> bool:
        return self.severity is Severity.BLOCKS
