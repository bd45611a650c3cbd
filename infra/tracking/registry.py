"""Register models with their lineage, and move the aliases that serving reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException

from autograder.errors import CourseError
from infra.tracking.alias_history import kept_moves, write_move
from infra.tracking.alias_moves import (
    AliasMove,
    Live,
    MoveKind,
    live_at,
    needs_zone,
    next_time,
    rollback_target,
)
from infra.tracking.client import mlflow_client
from infra.tracking.configuration import TrackingConfig
from infra.tracking.current_store import current_store
from infra.tracking.errors import told
from infra.tracking.lineage import Lineage

CHAMPION = "champion"
_ALREADY = "RESOURCE_ALREADY_EXISTS"
_NOBODY = "unknown"


@dataclass(frozen=True)
class RegisteredVersion:
    """Tell a version of a model: the run it came from, that run's lineage, and its tags."""

    model: str
    version: int
    run_id: str
    lineage: Lineage
    tags: Mapping[str, str]

    @property
    def uri(self) -> str:
        """Return the URI from which MLflow loads exactly this version."""
        return f"models:/{self.model}/{self.version}"


class Registry:
    """Keep versions, aliases, and the history of the aliases' moves.

    The history lies in the registry itself. A move is written down before the alias moves, so no
    move is without its author; where the alias then did not move, or somebody moved it elsewhere,
    the next move takes note of that, and until then `live_at` says that it is not certain. Times
    are those of the machine that moved the alias.
    """

    def __init__(self, config: TrackingConfig) -> None:
        self._config = config
        self._client = mlflow_client(config.uri)

    def register(self, model: str, run_id: str, source: str) -> RegisteredVersion:
        """Register what a run logged at the URI `source` as the next version of `model`.

        The run's lineage is copied to the version, so that it outlives the run. `source` is the
        `model_uri` of what `log_model` returned, or the URI of an artefact.
        """
        # A store in a database looks a logged model up in the current store, not in the client's.
        with current_store(self._config), told(f"to register run {run_id} as {model}"):
            run = self._client.get_run(run_id)
            lineage = Lineage.from_tags(run.data.tags, of=f"Run {run_id}")
            self._ensure(model)
            logged = source.removeprefix("models:/") if source.startswith("models:/m-") else None
            made = self._client.create_model_version(
                model, source, run_id, tags=lineage.tags(), model_id=logged
            )
        return _version(made)

    def version(self, model: str, version: int) -> RegisteredVersion:
        """Return a version with its lineage; raise CourseError where there is none."""
        with told(f"to read version {version} of {model}"):
            return _version(self._client.get_model_version(model, str(version)))

    def versions(self, model: str) -> list[int]:
        """Return the numbers of the versions that exist, from first to last."""
        with told(f"to list versions of {model}"):
            self._client.get_registered_model(model)
            found: list[int] = []
            token = None
            while True:
                page = self._client.search_model_versions(f"name = '{model}'", page_token=token)
                found += [int(version.version) for version in page]
                token = page.token
                if not token:
                    return sorted(found)

    def tag(self, model: str, version: int, key: str, value: str) -> None:
        """Keep `value` with a version of the model."""
        with told(f"to tag version {version} of {model}"):
            self._client.set_model_version_tag(model, str(version), key, value)

    def live(self, model: str, alias: str = CHAMPION) -> int | None:
        """Return the version that `alias` points at now, None where it points at nothing."""
        return _pointed(self._model(model), alias)

    def history(self, model: str, alias: str = CHAMPION) -> list[AliasMove]:
        """Return the moves of `alias` from first to last."""
        return kept_moves(self._model(model), alias)

    def live_at(self, model: str, time: datetime, alias: str = CHAMPION) -> Live:
        """Say which version was live at `time`, which has a time zone and is not to come."""
        needs_zone(time)
        if time > datetime.now(UTC):
            raise CourseError(
                f"{time.isoformat()} is to come; nobody knows what will be live.",
                mend="Ask for a time that has passed.",
            )
        found = self._model(model)
        moves = kept_moves(found, alias)
        pointed = _pointed(found, alias)
        if pointed != _target(moves):
            moves.append(_found(moves, pointed, datetime.now(UTC)))
        return live_at(moves, time)

    def promote(
        self, model: str, version: int, *, who: str, why: str, alias: str = CHAMPION
    ) -> AliasMove:
        """Point `alias` at `version` and return the move; the last one where it points there."""
        self.version(model, version)
        return self._move(model, alias, version, who, why, MoveKind.PROMOTED)

    def retire(self, model: str, *, who: str, why: str, alias: str = CHAMPION) -> AliasMove:
        """Let `alias` point at nothing."""
        return self._move(model, alias, None, who, why, MoveKind.RETIRED)

    def rollback(
        self, model: str, *, who: str, why: str, to: int | None = None, alias: str = CHAMPION
    ) -> AliasMove:
        """Point `alias` back at version `to`, by default at the last good one before.

        Raise CourseError where no earlier version exists that was not itself rolled back from.
        """
        target = to
        if target is None:
            target = rollback_target(self._settled(model, alias), self.versions(model))
        if target is None:
            raise CourseError(
                f"{model}@{alias} has no earlier version to go back to.",
                mend="Name one with `to`, or `retire` the alias.",
            )
        self.version(model, target)
        return self._move(model, alias, target, who, why, MoveKind.ROLLED_BACK)

    def _move(
        self, model: str, alias: str, target: int | None, who: str, why: str, kind: MoveKind
    ) -> AliasMove:
        moves = self._settled(model, alias)
        source = _target(moves)
        if target == source:
            if moves:
                return moves[-1]
            raise CourseError(f"{model}@{alias} points at nothing.", mend="Promote a version.")
        move = AliasMove(next_time(moves, datetime.now(UTC)), who, source, target, why, kind)
        with told(f"to move {model}@{alias} to {target}"):
            key = write_move(self._client, model, alias, move)
            try:
                self._point(model, alias, target)
            except MlflowException:
                # Only where it is certain that nothing moved may the record go.
                if self.live(model, alias) != target:
                    self._client.delete_registered_model_tag(model, key)
                raise
        return move

    def _settled(self, model: str, alias: str) -> list[AliasMove]:
        found = self._model(model)
        moves, pointed = kept_moves(found, alias), _pointed(found, alias)
        if pointed == _target(moves):
            return moves
        noted = _found(moves, pointed, datetime.now(UTC))
        with told(f"to note that {model}@{alias} was moved"):
            write_move(self._client, model, alias, noted)
        return [*moves, noted]

    def _point(self, model: str, alias: str, target: int | None) -> None:
        if target is None:
            self._client.delete_registered_model_alias(model, alias)
            return
        try:
            self._client.set_registered_model_alias(model, alias, str(target))
        except MlflowException:
            # Of two that set an alias for the first time, MLflow lets both insert it; one fails,
            # and finds it there on another try.
            self._client.set_registered_model_alias(model, alias, str(target))

    def _model(self, model: str) -> RegisteredModel:
        with told(f"to read {model}"):
            return self._client.get_registered_model(model)

    def _ensure(self, model: str) -> None:
        try:
            self._client.create_registered_model(model)
        except MlflowException as error:
            if error.error_code != _ALREADY:
                raise


def _found(moves: list[AliasMove], pointed: int | None, now: datetime) -> AliasMove:
    source = _target(moves)
    why = "the alias had moved without being recorded, at an unknown time before this"
    return AliasMove(next_time(moves, now), _NOBODY, source, pointed, why, MoveKind.FOUND)


def _target(moves: list[AliasMove]) -> int | None:
    return moves[-1].target if moves else None


def _pointed(model: RegisteredModel, alias: str) -> int | None:
    version = model.aliases.get(alias)
    return None if version is None else int(version)


def _version(found: ModelVersion) -> RegisteredVersion:
    return RegisteredVersion(
        model=found.name,
        version=int(found.version),
        run_id=found.run_id or "",
        lineage=Lineage.from_tags(found.tags, of=f"Version {found.version} of {found.name}"),
        tags=dict(found.tags),
    )
