"""How asking a learner's kernel can fail."""

from typing import Literal

ProbeStatus = Literal["missing", "raised", "timeout", "dead", "garbled"]


class ProbeFailed(Exception):  # noqa: N818
    """Report that a probe brought no value; `str()` of it is meant for the learner.

    `ename` names the learner's exception when `status` is "raised" and is empty otherwise.
    """

    def __init__(self, status: ProbeStatus, text: str, ename: str = "") -> None:
        super().__init__(text)
        self.status: ProbeStatus = status
        self.ename = ename
