"""One pipeline in three forms: the same steps in the same order, each a target that exists."""

import json
import re
import subprocess
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from composed import ROOT
from tools_found import faults, packaged_schema, tool

from autograder.errors import CourseError
from infra.ci import judge_canary, revisions
from infra.ci.judge_canary import Limits, Seen, tail

CI = ROOT / "infra" / "ci"
CALL = re.compile(r"make -f (\S+) ([\w-]+)")
STEPS = {
    step["name"]: step
    for step in tomllib.loads((CI / "pipeline.toml").read_text(encoding="utf-8"))["step"]
}
GITHUB = ("pipeline.yml", "fraud-by-hand.yml")


def called(name: str) -> tuple[str, str]:
    """Return the file and the target that a step is."""
    step = STEPS[name]
    return step.get("file", "infra/ci/pipeline.mk"), step.get("target", f"ci-{name}")


def workflow(name: str) -> dict[Any, Any]:
    return yaml.safe_load((CI / "github" / name).read_text(encoding="utf-8"))


def github() -> dict[str, dict[str, Any]]:
    jobs = [workflow(name)["jobs"] for name in GITHUB]
    assert not jobs[0].keys() & jobs[1].keys()
    return jobs[0] | jobs[1]


def gitlab() -> dict[str, dict[str, Any]]:
    whole = yaml.safe_load((CI / "gitlab/.gitlab-ci.yml").read_text(encoding="utf-8"))
    return {name: job for name, job in whole.items() if isinstance(job, dict) and "script" in job}


def test_every_step_is_a_target_that_make_knows() -> None:
    for name in STEPS:
        file, target = called(name)
        done = subprocess.run(
            [tool("make"), "--dry-run", "-f", file, target, "COLOUR=green"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip(), f"{target} does nothing"
    unknown = [tool("make"), "--dry-run", "-f", "infra/ci/pipeline.mk", "ci-nothing"]
    assert subprocess.run(unknown, cwd=ROOT, capture_output=True, check=False).returncode


def test_github_and_gitlab_run_the_steps_and_wait_for_the_same() -> None:
    for jobs in (github(), gitlab()):
        assert set(jobs) == set(STEPS)
        for name, step in STEPS.items():
            job = jobs[name]
            lines = job.get("script") or [s["run"] for s in job["steps"] if "run" in s]
            assert CALL.findall("\n".join(lines)) == [called(name)]
            assert sorted(job.get("needs", [])) == sorted(step["needs"]), name


def test_what_deploys_runs_on_main_alone_and_one_at_a_time() -> None:
    for name in ("images", "fraud-image"):
        assert github()[name]["if"] == "github.ref == 'refs/heads/main'"
    for name, step in STEPS.items():
        if step["on"] == "failure":
            begun = f"needs.{step['needs'][0]}.result != 'skipped'"
            assert github()[name]["if"] == f"failure() && {begun}"
            assert gitlab()[name]["rules"][0]["when"] == "on_failure"
    whole = yaml.safe_load((CI / "gitlab/.gitlab-ci.yml").read_text(encoding="utf-8"))
    for name, step in STEPS.items():
        base = gitlab()[name].get("extends", "")
        allowed = {
            "every": {""},
            "main": {".on-main", ".on-the-cluster"},
            "failure": {".on-the-cluster"},
            "hand": {".by-hand"},
        }
        assert base in allowed[step["on"]], name
    assert whole[".on-the-cluster"]["resource_group"] == "production"
    assert whole[".by-hand"]["extends"] == ".on-the-cluster"
    for name, job in whole.items():
        assert not isinstance(job, dict) or job.get("stage", "form") in whole["stages"], name
    for job in github().values():
        assert job["timeout-minutes"] <= 60
        assert job.get("permissions", {}).get("contents", "read") == "read"


def test_jenkins_runs_the_steps_in_an_order_that_fits() -> None:
    text = (CI / "jenkins" / "Jenkinsfile").read_text(encoding="utf-8")
    names = {called(name): name for name in STEPS}
    assert len(names) == len(STEPS)
    order = [names[call] for call in CALL.findall(text)]
    assert sorted(order) == sorted(STEPS)
    for name, step in STEPS.items():
        assert all(order.index(first) < order.index(name) for first in step["needs"]), name
    assert text.count("{") == text.count("}") and text.count("(") == text.count(")")
    for name in ("rollback", "fraud-rollback"):
        file, target = called(name)
        assert f"post {{ unsuccessful {{ sh 'make -f {file} {target}' }} }}" in text
    assert text.index("branch 'main'") < text.index("ci-images") < text.index("fraud-image")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        *(("github-workflows", f"github/{name}") for name in GITHUB),
        ("gitlab-ci", "gitlab/.gitlab-ci.yml"),
    ],
)
def test_a_form_keeps_to_its_platforms_schema(name: str, path: str) -> None:
    document = yaml.safe_load((CI / path).read_text(encoding="utf-8"))
    # YAML 1.1 takes the key `on` for true.
    document = {"on" if key is True else key: value for key, value in document.items()}
    assert faults(packaged_schema(name), document) == []


def test_actionlint_finds_nothing_to_say() -> None:
    settings = CI / "github" / "actionlint.yaml"
    done = subprocess.run(
        [tool("actionlint"), "-config-file", settings, *(CI / "github" / name for name in GITHUB)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("canary", "stable", "said"),
    [
        (Seen(1000, 1, 0.1), Seen(9000, 9, 0.1), None),
        (Seen(1000, 0, 0.12), Seen(9000, 0, 0.1), None),
        # Ten times as many as usual, which chance does not do; two in a thousand it does.
        (Seen(1000, 10, 0.1), Seen(9000, 9, 0.1), "failed"),
        (Seen(1000, 2, 0.1), Seen(9000, 0, 0.1), None),
        (Seen(1000, 0, 0.2), Seen(9000, 0, 0.1), "p95"),
        (Seen(50, 0, 0.1), Seen(9000, 0, 0.1), "tell nothing"),
    ],
)
def test_a_canary_is_refused_for_what_chance_does_not_explain(
    canary: Seen, stable: Seen, said: str | None
) -> None:
    found = judge_canary.faults(canary, stable, Limits())
    assert bool(found) is (said is not None)
    assert said is None or said in found[0]


@pytest.mark.parametrize(("errors", "requests", "ratio"), [(3, 200, 0.01), (10, 1000, 0.001)])
def test_the_tail_is_the_binomials(errors: int, requests: int, ratio: float) -> None:
    from scipy.stats import binom

    assert tail(errors, requests, ratio) == pytest.approx(binom.sf(errors - 1, requests, ratio))


class Prometheus(BaseHTTPRequestHandler):
    """Answer as Prometheus would of a canary that fails one request in twenty, but for `sound`."""

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)["query"][0]
        canary = 'track="canary"' in query and 'job="sound"' not in query
        value = 0.1 if "quantile" in query else 50.0 * canary if "5.." in query else 1000.0
        body = json.dumps({"data": {"result": [{"value": [0, str(value)]}]}}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def prometheus() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Prometheus)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_the_judge_asks_prometheus_and_says_why(
    prometheus: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judge_canary.main([prometheus]) == 1
    assert "50 of 1000 requests failed" in capsys.readouterr().err
    assert judge_canary.main(["http://127.0.0.1:1"]) == 2
    assert "PROMETHEUS=URL" in capsys.readouterr().err
    assert judge_canary.main([]) == 2


def test_each_job_is_judged_by_itself(prometheus: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge_canary.main([prometheus, "sound"]) == 0
    assert "sound: The canary may be promoted" in capsys.readouterr().out
    assert judge_canary.main([prometheus, "sound", "other"]) == 1
    told = capsys.readouterr()
    assert "sound: The canary may" in told.out
    assert "other: The canary stays a canary: 50 of 1000 requests failed" in told.err


def history(*said: str) -> list[dict[str, Any]]:
    """Make what helm says; a leading `!` marks a revision that failed."""
    newest = len(said)
    return [
        {
            "revision": number,
            "status": "failed"
            if text[0] == "!"
            else "deployed"
            if number == newest
            else "superseded",
            "description": text.removeprefix("!"),
        }
        for number, text in enumerate(said, 1)
    ]


@pytest.mark.parametrize(
    ("said", "undo", "back"),
    [
        (("promoted 1", "canary 2"), 1, 1),
        (("promoted 1", "canary 2", "!promoted 2"), 1, 1),
        (("promoted 1", "canary 2", "promoted 2"), None, 1),
        (("promoted 1", "canary 2", "promoted 2", "canary 3"), 3, 3),
        (("promoted 1", "promoted 2", "Rollback to 1", "canary 3"), 1, 1),
        (("promoted 1", "promoted 2", "promoted 3", "Rollback to 2"), None, 1),
        (("promoted 1", "canary 2", "Rollback to 1"), None, None),
    ],
)
def test_going_back_never_leads_to_what_was_not_promoted(
    said: tuple[str, ...], undo: int | None, back: int | None
) -> None:
    assert revisions.to_undo(history(*said)) == undo
    if back is None:
        with pytest.raises(CourseError, match="before what runs now"):
            revisions.before(history(*said))
    else:
        assert revisions.before(history(*said)) == back


def test_with_nothing_promoted_somebody_must_say_where_to() -> None:
    with pytest.raises(CourseError, match="ever promoted"):
        revisions.to_undo(history("Install complete", "canary 1"))
