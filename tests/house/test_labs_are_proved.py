"""Every lab that stands is proved as it stands."""

from pathlib import Path

import pytest

from autograder.contract.lab import find_labs
from autograder.proving.proof import read_proof

LABS = find_labs(Path(__file__).parents[2] / "labs")


def test_there_are_labs() -> None:
    assert len(LABS) >= 3


@pytest.mark.parametrize("path", LABS, ids=lambda p: p.name)
def test_the_committed_proof_is_of_the_lab_as_it_stands(path: Path) -> None:
    proof = read_proof(path)
    again = f"run `lab verify {path.name} --nbgrader` and commit its proof.json"
    assert proof is not None, again
    assert proof.nbgrader_agrees, again
