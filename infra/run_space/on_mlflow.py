"""Experiments and registered models of one space."""

from mlflow.entities import ViewType

from infra.settings import Settings
from infra.tracking.client import mlflow_client


def drop_experiments(settings: Settings, space: str) -> None:
    """Delete the experiments and registered models whose names begin with `space` and a dot.

    MLflow keeps deleted runs until `mlflow gc`; nobody finds them by name any more.
    """
    client = mlflow_client(settings.mlflow.url)
    named = f"name LIKE '{space}.%'"
    while models := client.search_registered_models(filter_string=named):
        for model in models:
            client.delete_registered_model(model.name)
    while found := client.search_experiments(ViewType.ACTIVE_ONLY, filter_string=named):
        for experiment in found:
            client.delete_experiment(experiment.experiment_id)
