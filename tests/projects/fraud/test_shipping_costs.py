"""The bill adds up, and what the image holds is enough for every part to start."""

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.errors import CourseError
from projects.fraud.shipping.__main__ import _APP
from projects.fraud.shipping.cost import (
    HOURS_A_MONTH,
    Prices,
    Sizing,
    bill,
    read_prices,
    read_sizing,
)
from projects.fraud.shipping.healthy import address, is_well

ROOT = Path(__file__).parents[3]
DOCKERFILE = ROOT / "projects" / "fraud" / "shipping" / "Dockerfile"

PRICES = Prices.model_validate(
    {
        "source": {"name": "made up", "as_of": "2026-01-01", "currency": "EUR"},
        "hourly": {"broker": 1.0, "node": 2.0},
        "monthly_gb": {"disk": 0.5, "rds.gp3": 0.0, "msk.storage": 0.1},
        "per_gb": {"between_zones": 0.02},
    }
)
SIZING = Sizing.model_validate(
    {
        "always": [{"what": "broker", "count": 3, "share": 0.5}],
        "scorer": {"node": "node", "a_node": 2, "rate": 100.0, "least": 2},
        "storage": {"disk": 10},
        "log": {"payment_bytes": 400, "decision_bytes": 600, "replicas": 3, "days": 10},
        "table": {"row_bytes": 100, "days": 10},
    }
)


def test_a_bill_is_what_one_reckons_by_hand() -> None:
    found = bill(PRICES, SIZING, 1000.0)
    monthly = {item.what: item.monthly for item in found.items}
    assert monthly["broker"] == pytest.approx(1.5 * HOURS_A_MONTH)
    # Ten scorers of 100 a second, two on a node.
    assert monthly["node"] == pytest.approx(5 * 2 * HOURS_A_MONTH)
    assert monthly["disk"] == 5
    # 1,000 a second of 1,000 bytes are 86.4 GB a day, ten days, three copies.
    assert monthly["msk.storage"] == pytest.approx(86.4 * 10 * 3 * 0.1)
    assert monthly["between_zones"] == pytest.approx(1e6 * 730 * 3600 / 1e9 * 3 * 0.02)
    assert found.monthly == pytest.approx(sum(monthly.values()))
    assert found.per_thousand == pytest.approx(found.monthly / (730 * 3600 * 1000) * 1000)


def test_scores_get_cheaper_with_traffic_and_never_free() -> None:
    prices, sizing = read_prices(), read_sizing()
    costs = [bill(prices, sizing, rate).per_thousand for rate in (1, 10, 100, 1000, 10_000)]
    assert costs == sorted(costs, reverse=True) and costs[-1] > 0
    months = [bill(prices, sizing, rate).monthly for rate in (1, 10, 100, 1000, 10_000)]
    assert months == sorted(months)


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_costs_nothing_is_refused(rate: float) -> None:
    with pytest.raises(CourseError, match="has no cost per score"):
        bill(PRICES, SIZING, rate)


def test_what_has_no_price_is_named() -> None:
    dear = SIZING.model_copy(update={"storage": {"tape": 1}})
    with pytest.raises(CourseError, match=r"tape has no price in \[monthly_gb\]"):
        bill(PRICES, dear, 1.0)


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ('"alb" = 0.027', '"alb" = -1', "hourly.alb"),
        ("as_of = 2026-01-01", 'as_of = "lately"', "source.as_of"),
        ("[source]", "[source]\nfrom = 1", "source.from"),
        ("[hourly]", "[hourly", "cannot be read"),
    ],
)
def test_a_table_that_is_wrong_is_told_where(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    text = (DOCKERFILE.parent / "prices.toml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "prices.toml").write_text(text.replace(right, wrong))
    with pytest.raises(CourseError, match=re.escape(said)):
        read_prices(tmp_path / "prices.toml")


def test_the_command_says_where_prices_are_from_and_how_it_ends() -> None:
    said = CliRunner().invoke(_APP, ["cost", "--rate", "200"], env={"COLUMNS": "200"}).stdout
    assert "a thousand scores" in said and "not looked up" in said and "as of" in said
    ended = CliRunner().invoke(_APP, ["teardown"]).stdout
    steps = [line for line in ended.splitlines() if not line.startswith("#")]
    assert steps[0].startswith("helm uninstall fraud-front")
    for line in steps:
        if line.startswith("infra/"):
            assert (ROOT / line.split()[0]).is_file(), line
        for folder in re.findall(r"-chdir=(\S+)", line):
            assert (ROOT / folder / "main.tf").is_file(), line


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what the Dockerfile copies, as an engine would, but for what it installs."""
    folder = tmp_path_factory.mktemp("course")
    text = DOCKERFILE.read_text(encoding="utf-8").split("AS fraud", 1)[1]
    copies = re.findall(r"^COPY (?!--from)(.+)$", text, re.M)
    assert len(copies) == 5
    for line in copies:
        *sources, target = line.split()
        for source in sources:
            here = ROOT / source
            if here.is_dir():
                left = shutil.ignore_patterns("__pycache__", "terraform", "lessons", "secrets")
                shutil.copytree(here, folder / target, ignore=left, dirs_exist_ok=True)
            else:
                place = folder / target / here.name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(here, place)
    return folder


@pytest.mark.long
def test_every_part_starts_with_what_the_image_holds_and_no_more(image: Path) -> None:
    parts = ("answering", "investigation", "scoring", "operating", "shipping", "shipping.healthy")
    names = [f"projects.fraud.{part}{'' if '.' in part else '.__main__'}" for part in parts]
    program = f"import {', '.join(names)}; print(projects.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=image,
        env={"PYTHONPATH": str(image), "PATH": "/usr/bin", "HOME": "/tmp"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(image)


@pytest.fixture
def answering() -> Iterator[ThreadingHTTPServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/health/live" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_container_is_well_while_its_part_answers(answering: ThreadingHTTPServer) -> None:
    port = str(answering.server_port)
    assert is_well(address({"FRAUD_HEALTH_PORT": port}))
    assert not is_well(address({"FRAUD_HEALTH_URL": f"http://127.0.0.1:{port}/health/ready"}))
    answering.shutdown()
    answering.server_close()
    assert not is_well(address({"FRAUD_HEALTH_PORT": port}))
    assert not is_well("nowhere")
