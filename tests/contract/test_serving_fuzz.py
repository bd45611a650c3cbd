"""Whatever is sent, the service answers as its OpenAPI says, and never with 500."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from served_processes import served

from infra.serving.key_store import KeyStore

pytestmark = pytest.mark.long
# Too busy, or the deadline that the fuzzer asked for is a millisecond: told so, that is no fault.
CONFIGURATION = """
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "503"]
"""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
    "ignored_auth",
)


def test_schemathesis_finds_no_500_and_no_answer_that_openapi_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = KeyStore.in_file(tmp_path / "keys.db").create("fuzzer", quota="1000000/minute")
    with served(tmp_path / "keys.db") as [service]:
        (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{service.url}/openapi.json"),
            *("--header", f"X-API-Key: {key.reveal()}", "--checks", ",".join(CHECKS)),
            *("--max-examples", "100", "--seed", "7", "--no-color"),
        ]
        environment = {**os.environ, "PYTHONPATH": ""}
        ran = subprocess.run(
            command, capture_output=True, text=True, timeout=600, cwd=tmp_path, env=environment
        )
        said = ran.stdout + ran.stderr
        assert ran.returncode == 0, said
        answered = service.metric(
            'serving_requests_total{method="POST",route="/v1/predict",status="200"}'
        )
        assert answered > 20
        requests = re.search(r"(\d+) generated", said)
        assert requests is not None, said
        assert int(requests[1]) >= 250
        assert '"level": "ERROR"' not in service.log.read_text()
    with capsys.disabled():
        print(f"\nfuzz: {requests[1]} cases, no 500; {answered:.0f} of them got a prediction")
