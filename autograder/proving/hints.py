"""Whether a lab's hints give the answer away."""

import re

from autograder.contract.lab import Lab
from autograder.contract.notebooks import grade_id
from autograder.proving.finding import Finding

_REGION = re.compile(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", re.DOTALL)
# A line this short (`return total`) is said in many an honest hint.
_TELLING_LENGTH = 24


def check_hints(lab: Lab) -> list[Finding]:
    """Return a finding for each hint that holds a telling line of its task's solution."""
    sources = {grade_id(cell): cell.source for cell in lab.source.cells}
    findings = []
    for task in lab.manifest.tasks:
        lines = [line for answer in task.answers for line in _telling(sources.get(answer, ""))]
        for number, hint in enumerate(task.hints, start=1):
            squeezed = _squeeze(hint)
            for line in lines:
                if _squeeze(line) in squeezed:
                    findings.append(
                        Finding(
                            "hints do not answer",
                            f"hint {number} of {task.id} holds a line of the solution: `{line}`.",
                            "Say which idea or which function helps; leave the writing to them.",
                        )
                    )
    return findings


def _telling(source: str) -> list[str]:
    region = "\n".join(_REGION.findall(source))
    lines = (line.strip() for line in region.splitlines())
    return [line for line in lines if len(line) >= _TELLING_LENGTH and not line.startswith("#")]


def _squeeze(text: str) -> str:
    return re.sub(r"\s+", "", text)
