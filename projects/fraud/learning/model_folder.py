"""A model as a folder of three files, none of which can run code when it is read."""

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from autograder.errors import CourseError

ONNX, TREES, CARD = "model.onnx", "trees.txt", "card.json"
# The libraries that read the parts; another major version may read them otherwise.
PACKAGES = ("lightgbm", "onnxruntime")


class Card(BaseModel):
    """Describe a saved model: what it reads, its calibration's knots, its threshold, its parts."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal[1] = 1
    version: str
    features: tuple[str, ...]
    threshold: float
    margins: tuple[float, ...]
    probabilities: tuple[float, ...]
    packages: dict[str, str] = {}
    sha256: dict[str, str] = {}

    @model_validator(mode="after")
    def _has_as_many_margins_as_probabilities(self) -> Self:
        if len(self.margins) != len(self.probabilities):
            raise ValueError("there must be as many margins as probabilities")
        return self


def write(folder: Path, card: Card, onnx: bytes, trees: str) -> None:
    """Write the parts, then the card with their sums and the versions of their libraries."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {ONNX: onnx, TREES: trees.encode()}
    for name, content in parts.items():
        (folder / name).write_bytes(content)
    complete = card.model_copy(
        update={
            "packages": {name: version(name) for name in PACKAGES},
            "sha256": {name: _sum(content) for name, content in parts.items()},
        }
    )
    (folder / CARD).write_text(complete.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read(folder: Path) -> tuple[Card, bytes, str]:
    """Return the card, the ONNX graph and the trees; raise CourseError where one is not sound."""
    try:
        card = Card.model_validate_json((folder / CARD).read_bytes())
        parts = {name: (folder / name).read_bytes() for name in (ONNX, TREES)}
    except OSError as error:
        raise CourseError(
            f"{folder.name} is no model: {Path(error.filename).name}: {error.strerror}.",
            mend=f"A model is a folder with {ONNX}, {TREES} and {CARD}.",
        ) from error
    except ValidationError as error:
        raise CourseError(
            f"{folder.name}/{CARD} is no card of a model: {error.errors()[0]['msg']}.",
            mend="Load the model from the registry again.",
        ) from error
    for name, content in parts.items():
        if card.sha256.get(name) != _sum(content):
            raise CourseError(
                f"{folder.name}/{name} is not the file that its card was written for.",
                mend="Load the model from the registry again.",
            )
    _require_same_major(folder, card)
    return card, parts[ONNX], parts[TREES].decode()


def _require_same_major(folder: Path, card: Card) -> None:
    for name in PACKAGES:
        wrote, reads = card.packages.get(name, "an unknown version"), version(name)
        if wrote.split(".")[0] != reads.split(".")[0]:
            raise CourseError(
                f"{folder.name} was written with {name} {wrote}; here is {reads}.",
                mend=f"Install {name} {wrote}, or train the model again.",
            )


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
