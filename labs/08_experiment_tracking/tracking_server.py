"""The way to the MLflow server, for the notebook; and a client for stormy weather."""

import os
import urllib.request
from collections.abc import Sequence
from typing import Any

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from infra.settings import load_settings


class ServerIsDown(ConnectionError):  # noqa: N818
    """Say in one sentence that the server does not answer, and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def connect() -> str:
    """Let MLflow's calls go to the server of the local stack, and return its address."""
    url = load_settings().mlflow.url
    try:
        urllib.request.urlopen(f"{url}/health", timeout=10).close()
    except OSError:
        raise ServerIsDown(
            f"The MLflow server at {url} does not answer: type `lab up mlflow` in a terminal, "
            "then run this cell again."
        ) from None
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    mlflow.set_tracking_uri(url)
    mlflow.set_registry_uri(url)
    return url


class StormyClient:
    """Be MLflow's client, but for `log_batch` and `log_metric`: the weather decides about those.

    Each of their calls takes the next word of `weather`; after the last one it is clear.
    "lost": the request never arrives. "unanswered": it arrives and is carried out, and the answer
    gets lost. Either way the caller sees the same MlflowException. "broken": no storm, the program
    itself is at fault; the caller sees a RuntimeError.
    """

    def __init__(self, weather: Sequence[str]) -> None:
        self._client = MlflowClient()
        self._weather = list(weather)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def log_batch(self, *arguments: Any, **named: Any) -> None:
        self._send(self._client.log_batch, *arguments, **named)

    def log_metric(self, *arguments: Any, **named: Any) -> None:
        self._send(self._client.log_metric, *arguments, **named)

    def _send(self, call: Any, *arguments: Any, **named: Any) -> None:
        today = self._weather.pop(0) if self._weather else "clear"
        if today == "broken":
            raise RuntimeError("The client is broken; trying again does not mend it.")
        if today != "lost":
            call(*arguments, **named)
        if today != "clear":
            raise MlflowException("503: the server did not answer in time.")
