"""Serve scores over HTTP: `python -m projects.fraud.answering --help`."""

from pathlib import Path
from typing import Annotated

import typer

from infra.serving.app import create_app
from infra.serving.configuration import BatchingConfig, ServingConfig
from infra.serving.key_store import KeyStore
from infra.serving.quotas import quota_storage
from infra.serving.server import serve as serve_app
from infra.settings import load_settings
from projects.fraud.answering.predictor import LiveModels
from projects.fraud.answering.questions import scoring_api
from projects.fraud.commands import run
from projects.fraud.scoring.models import ModelFolders
from projects.fraud.scoring.registered_models import RegisteredModels

# A score is due in milliseconds, and goes out uncounted rather than late.
_QUOTA_SECONDS = 0.2
_APP = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
# Payments come one by one and want an answer at once; what comes together still shares a call.
_BATCHING = BatchingConfig(max_items=32, max_wait_ms=1.0)


@_APP.callback()
def answering() -> None:
    """Answer how suspicious a payment is."""


@_APP.command()
def serve(
    model: Annotated[
        Path | None,
        typer.Option(help="A folder whose LIVE names a model; else the registry says."),
    ] = None,
    keys: Annotated[
        Path | None, typer.Option(help="An SQLite file of keys; without it, Postgres.")
    ] = None,
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8012,
    quota: Annotated[str, typer.Option(help="Of a key without one of its own.")] = "60000/minute",
    shared_quotas: Annotated[bool, typer.Option(help="Count quotas in Redis.")] = False,
) -> None:
    """Serve /v1/predict until told to stop; models are swapped warm."""
    settings = load_settings()
    found = RegisteredModels(settings.mlflow.url) if model is None else ModelFolders(model)
    store = KeyStore.in_file(keys) if keys else KeyStore.in_postgres(settings.postgres)
    # Better a score too many than none while counts cannot be had.
    config = ServingConfig("Fraud scores", quota=quota, quota_fails_open=True, batching=_BATCHING)
    quotas = (
        quota_storage(settings.redis, prefix="fraud-scores", patience=_QUOTA_SECONDS)
        if shared_quotas
        else None
    )
    app = create_app(config, scoring_api(), LiveModels(found), store, quotas=quotas)
    serve_app(app, host=host, port=port, log="WARNING")


if __name__ == "__main__":
    run(_APP)
