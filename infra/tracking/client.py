"""Connect to MLflow without what other packages add to its first request."""

import importlib
import sys
import warnings
from typing import Any

import mlflow

_HEADERS = "mlflow.tracking.request_header.registry"


def mlflow_client(uri: str) -> mlflow.MlflowClient:
    """Return MLflow's client for runs and models at `uri`."""
    find_headers_without_feast()
    return mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)


def find_headers_without_feast() -> None:
    """Have MLflow look for what adds headers to its requests, Feast's addition aside.

    That one names a Feast server's user to MLflow. To import it takes ten seconds, makes a folder
    and turns the process's metrics over to files there. Where Feast is imported already, or MLflow
    has looked, nothing changes.
    """
    if _HEADERS in sys.modules:
        return
    hidden: dict[str, Any] = dict.fromkeys({"feast"} - sys.modules.keys())
    sys.modules.update(hidden)
    try:
        with warnings.catch_warnings():
            # It warns of an addition that cannot be imported.
            warnings.simplefilter("ignore")
            importlib.import_module(_HEADERS)
    finally:
        for name in hidden:
            del sys.modules[name]
