"""Read what a run tracked with MLflow, straight from its SQLite file.

MLflow itself is not asked: it would migrate the file, and import what the file names. A metric here
is what the learner reports of their own work; points come from what a probe or a check computes.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from autograder.checks.files import Files
from autograder.checks.mlflow_records import MlflowRun, MlflowStore, ModelVersion, RegisteredModel
from autograder.checks.sqlite_snapshot import Snapshot

_LARGEST = 1.7976931348623157e308  # how the store writes infinity


def read_mlflow(files: Files, name: str = "mlflow.db") -> MlflowStore:
    """Return what the MLflow store in a run's folder holds."""
    with Snapshot(name, files.bytes(name)) as snapshot:
        experiments = {
            number: _text(title)
            for number, title, stage in snapshot.rows(
                "experiments", "experiment_id", "name", "lifecycle_stage"
            )
            if stage == "active"
        }
        runs = tuple(_runs(snapshot, experiments))
        return MlflowStore(tuple(experiments.values()), runs, tuple(_models(snapshot)))


def _runs(snapshot: Snapshot, experiments: Mapping[int, str]) -> list[MlflowRun]:
    params = _by_owner(snapshot, "params", "run_uuid")
    tags = _by_owner(snapshot, "tags", "run_uuid")
    metrics: dict[str, dict[str, float]] = defaultdict(dict)
    columns = ("run_uuid", "key", "value", "is_nan")
    for owner, key, value, is_nan in snapshot.rows("latest_metrics", *columns):
        metrics[_text(owner)][_text(key)] = _measured(value, is_nan)
    history: dict[str, dict[str, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    rows = snapshot.rows("metrics", *columns, "step", "timestamp")
    for owner, key, value, is_nan, step, _ in sorted(
        rows, key=lambda row: (_count(row[4]), _count(row[5]))
    ):
        history[_text(owner)][_text(key)].append((_count(step), _measured(value, is_nan)))
    told = ("run_uuid", "name", "experiment_id", "status", "start_time", "end_time", "artifact_uri",
            "lifecycle_stage")  # fmt: skip
    found = []
    for number, title, experiment, status, start, end, uri, stage in snapshot.rows("runs", *told):
        if stage != "active" or experiment not in experiments:
            continue
        owner = _text(number)
        found.append(
            MlflowRun(
                id=owner,
                name=_text(title),
                experiment=experiments[experiment],
                status=_text(status),
                started=None if start is None else _count(start),
                ended=None if end is None else _count(end),
                artifact_uri=_text(uri),
                params=params[owner],
                metrics=metrics[owner],
                history={key: tuple(values) for key, values in history[owner].items()},
                tags=tags[owner],
            )
        )
    return sorted(found, key=lambda run: run.started or 0)


def _models(snapshot: Snapshot) -> list[RegisteredModel]:
    tags = _by_owner(snapshot, "registered_model_tags", "name")
    version_tags: dict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    for model, number, key, value in snapshot.rows(
        "model_version_tags", "name", "version", "key", "value"
    ):
        version_tags[_text(model), _count(number)][_text(key)] = _text(value)
    aliases: dict[str, dict[str, int]] = defaultdict(dict)
    for model, alias, number in snapshot.rows(
        "registered_model_aliases", "name", "alias", "version"
    ):
        aliases[_text(model)][_text(alias)] = _count(number)
    versions: dict[str, list[ModelVersion]] = defaultdict(list)
    told = ("name", "version", "run_id", "status", "source", "description")
    for row in snapshot.rows("model_versions", *told):
        model, number = _text(row[0]), _count(row[1])
        run_id, status, source, description = (_text(value) for value in row[2:])
        versions[model].append(
            ModelVersion(
                model, number, run_id, status, source, description, version_tags[model, number]
            )
        )
    return [
        RegisteredModel(
            name=_text(name),
            description=_text(description),
            versions=tuple(sorted(versions[_text(name)], key=lambda version: version.version)),
            aliases=aliases[_text(name)],
            tags=tags[_text(name)],
        )
        for name, description in snapshot.rows("registered_models", "name", "description")
    ]


def _by_owner(snapshot: Snapshot, table: str, owner: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for name, key, value in snapshot.rows(table, owner, "key", "value"):
        found[_text(name)][_text(key)] = _text(value)
    return found


def _text(value: Any) -> str:
    """Return a column as text: SQLite lets any value stand in any column."""
    return "" if value is None else value if type(value) is str else str(value)


def _count(value: Any) -> int:
    return value if type(value) is int else 0


def _measured(value: Any, is_nan: Any) -> float:
    if is_nan or type(value) not in (int, float):
        return math.nan
    return math.copysign(math.inf, value) if abs(value) >= _LARGEST else float(value)
