"""Remember in a page's link where the next one begins, whatever comes or goes meanwhile."""

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Self

from projects.fraud.investigation.case_id import CaseId


@dataclass(frozen=True)
class Cursor:
    """Hold the rank of the last case that was shown: its score, then its card and day."""

    score: float
    case: CaseId

    def write(self) -> str:
        """Return it as one word of a link; the score is exact to the last bit."""
        raw = json.dumps([self.score.hex(), str(self.case)]).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `write` made; raise ValueError for anything else."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            score, case = json.loads(raw)
            found = cls(float.fromhex(score), CaseId.parse(case))
        except (binascii.Error, ValueError, TypeError, OverflowError, RecursionError):
            raise ValueError("must be the `next` of the page before") from None
        if not math.isfinite(found.score):
            raise ValueError("must be the `next` of the page before")
        return found
