"""Say which MLflow keeps the runs and models, and under which experiment."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TrackingConfig:
    """Configure tracking: a server's URL or a `sqlite:///` URI, and the experiment's name.

    A server that asks for a password takes it from the variables that
    `infra.settings.Mlflow.environment` returns; MLflow's clients read it nowhere else.
    `artifact_location` is a URI, used when the experiment is created; None leaves it to the server.
    """

    uri: str
    experiment: str
    artifact_location: str | None = None
