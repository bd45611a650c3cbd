"""The first request to MLflow does not bring a whole feature store along."""

import subprocess
import sys
from pathlib import Path

_ASK = """
import sys
from infra.tracking.configuration import TrackingConfig
from infra.tracking.registry import Registry
Registry(TrackingConfig("sqlite:///{}", "first"))
from mlflow.tracking.request_header.registry import resolve_request_headers
assert "User-Agent" in resolve_request_headers()
assert "feast" not in sys.modules
import feast
print(feast.__name__)
"""


def test_feast_is_not_imported_for_headers_and_can_be_imported_afterwards(
    tmp_path: Path,
) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", _ASK.format(tmp_path / "runs.db")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.stdout.strip() == "feast", asked.stderr
