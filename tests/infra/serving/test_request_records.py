"""What a service keeps of a request: its id and its log lines."""

import io
import json
import logging.config
from typing import Any

import pytest
from served_example import sample

from infra.serving.logging_configuration import logging_configuration

pytestmark = pytest.mark.anyio


async def test_the_callers_id_is_kept_where_it_is_harmless(running: Any) -> None:
    async with running() as (client, _):
        answer = await client.get("/nowhere", headers={"X-Request-ID": "abc-1"})
        assert answer.status_code == 404 and answer.headers["x-request-id"] == "abc-1"
        answer = await client.get("/nowhere", headers={"X-Request-ID": "a b\x00c" * 99})
        assert len(answer.headers["x-request-id"]) == 32
        assert await sample(client, "serving_requests_total", route="none") == 2


async def test_the_log_has_the_requests_id_and_the_cause_but_neither_key_nor_body(
    running: Any,
) -> None:
    written = io.StringIO()
    configuration = logging_configuration("DEBUG")
    configuration["handlers"]["stderr"]["stream"] = written
    configuration["loggers"] = {"infra.serving": {"handlers": ["stderr"], "level": "DEBUG"}}
    del configuration["root"]
    logging.config.dictConfig(configuration)
    try:
        async with running() as (client, _):
            answer = await client.post(
                "/v1/predict",
                json={"grams": 666, "country": "XQ"},
                headers={"X-Request-ID": "who-asked"},
            )
            key = client.headers["X-API-Key"]
    finally:
        logging.getLogger("infra.serving").handlers.clear()
        logging.getLogger("infra.serving").setLevel(logging.NOTSET)
    assert answer.status_code == 500
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    ours = [line for line in lines if line["request_id"] == "who-asked"]
    failed, access = ours
    assert failed["level"] == "ERROR" and "the scales broke" in failed["exc_info"]
    assert (access["status"], access["route"]) == (500, "/v1/predict")
    assert access["key_id"] in key and access["milliseconds"] > 0
    assert key not in written.getvalue() and "XQ" not in written.getvalue()
    probes = [line for line in lines if line.get("route") == "/health/ready"]
    assert probes and {line["level"] for line in probes} == {"DEBUG"}
