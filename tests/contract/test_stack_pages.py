"""The code on the site's pages about storage, features, S3 and MLflow runs as it stands there."""

import re
from pathlib import Path

import pytest

from infra.settings import S3, Mlflow, Postgres, Redis
from infra.settings.endpoint import Endpoint

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
_CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_page(page: str, endpoints: list[Endpoint], monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a page's code from top to bottom, with the endpoints that a stack at work would have."""
    for endpoint in endpoints:
        for field in ("host", "port", "url"):
            value = getattr(endpoint, field, None)
            if value is not None:
                monkeypatch.setenv(endpoint.variable(field), str(value))
    monkeypatch.chdir(ROOT)
    path = ROOT / "site" / "pages" / "stack" / f"{page}.md"
    pieces = _CODE.findall(path.read_text(encoding="utf-8"))
    assert pieces, f"{page} shows no code"
    exec(compile("\n".join(pieces), f"{page}.md", "exec"), {"__name__": page})


def test_the_page_about_s3(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page("s3", [s3], monkeypatch)


def test_the_page_about_storage(
    s3: S3, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_page("storage", [s3, postgres], monkeypatch)


def test_the_page_about_features(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page("features", [redis], monkeypatch)


def test_the_page_about_mlflow(mlflow: Mlflow, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page("mlflow", [mlflow], monkeypatch)
