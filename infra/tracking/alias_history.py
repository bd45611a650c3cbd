"""Keep the moves of an alias in MLflow's own store, where all who share the registry see them.

Each move is a tag of the registered model. Tags of a version would be lost with the version, and
one tag for the whole history would be overwritten by the second of two who move at once.
"""

import uuid
from datetime import UTC, datetime

from mlflow import MlflowClient
from mlflow.entities.model_registry import RegisteredModel

from autograder.errors import CourseError
from infra.tracking.alias_moves import AliasMove, in_order

_PREFIX = "alias_move"
# As much as the store's column holds.
_LONGEST = 5000


def kept_moves(model: RegisteredModel, alias: str) -> list[AliasMove]:
    """Return the alias's moves from first to last; raise CourseError for a tag that is none."""
    prefix = _prefix(alias)
    # By key, since it begins with the time: reading gives the same order every time.
    kept = sorted((key, value) for key, value in model.tags.items() if key.startswith(prefix))
    return in_order(_read(model.name, key, value) for key, value in kept)


def write_move(client: MlflowClient, model: str, alias: str, move: AliasMove) -> str:
    """Keep the move and return the key of its tag."""
    text = move.to_json()
    if not move.who.strip() or not move.why.strip() or len(text) > _LONGEST:
        raise CourseError(
            f"A move of {model}@{alias} must say who and why, and takes {_LONGEST} characters; "
            f"this one says who in {len(move.who)} and why in {len(move.why)}.",
            mend="Say both, and keep them short.",
        )
    key = f"{_prefix(alias)}{_sortable(move.at)}-{uuid.uuid4().hex[:8]}"
    client.set_registered_model_tag(model, key, text)
    return key


def _prefix(alias: str) -> str:
    return f"{_PREFIX}/{alias}/"


def _sortable(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def _read(model: str, key: str, value: str) -> AliasMove:
    try:
        return AliasMove.from_json(value)
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"The tag {key} of the registered model {model} is no move of an alias: {error}.",
            mend="It was changed by hand; put it right or delete it in MLflow.",
        ) from error
