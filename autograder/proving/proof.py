"""The record that a lab was proved, kept beside it and void as soon as the lab changes."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from autograder.contract.conventions import PROOF
from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.grading.fingerprint import lab_digest

FILE_NAME = PROOF


class ProvenMutant(BaseModel):
    """Name a wrong answer, why it is wrong and what it scores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    why: str
    score: float
    loses: tuple[str, ...]


class Proof(BaseModel):
    """Say what was proved of a lab, and of which version of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lab: str
    digest: str
    """Hash of the lab's files and the grader's version."""
    max_score: float
    checks: int
    mutants: tuple[ProvenMutant, ...]
    alternates: tuple[str, ...]
    nbgrader_agrees: bool | None = None
    """Whether plain nbgrader gave the same scores; None when it was not asked."""


def write_proof(lab: Lab, proof: Proof) -> Path:
    """Write the proof beside the lab."""
    path = lab.path / FILE_NAME
    path.write_text(proof.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return path


def read_proof(lab_path: Path) -> Proof | None:
    """Return the proof of the lab as it stands; None when there is none or the lab has changed."""
    try:
        proof = Proof.model_validate_json((lab_path / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValidationError, ValueError):
        return None
    return proof if proof.digest == lab_digest(lab_path) else None


def is_proven(lab_path: Path) -> bool:
    """Tell whether the lab in `lab_path` was proved as it stands."""
    return read_proof(lab_path) is not None


def require_proof(lab: Lab) -> None:
    """Raise CourseError unless the lab was proved as it stands."""
    if not is_proven(lab.path):
        raise CourseError(
            f"{lab.manifest.id} is not proved as it stands.",
            mend=f"Run `lab verify {lab.manifest.id}` and mend what it says.",
        )
