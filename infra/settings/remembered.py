"""What a checkout's local stack remembers, so that every process there finds it."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from autograder.errors import CourseError
from infra.settings.ports import MOST_BROKERS


class Remembered(BaseModel):
    """Hold the choices of the last `lab up`."""

    model_config = ConfigDict(frozen=True)

    port_offset: Annotated[int, Field(ge=0)] = 0
    brokers: Annotated[int, Field(ge=1, le=MOST_BROKERS)] = 1


def recall(path: Path) -> Remembered:
    """Read the choices; a stack that was never started has the usual ones."""
    try:
        return Remembered.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Remembered()
    except (ValidationError, OSError) as error:
        why = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise CourseError(
            f"{path} cannot be read: {why}.", mend="Delete that file, then `lab up` again."
        ) from error


def remember(path: Path, choices: Remembered) -> None:
    """Write the choices in one step, so that no reader meets half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(choices.model_dump_json(), encoding="utf-8")
    draft.replace(path)
