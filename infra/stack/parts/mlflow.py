"""The MLflow server: runs in SQLite or the stack's Postgres, artefacts proxied to disk."""

import sys
import time
import uuid
from importlib.metadata import version as package_version
from typing import ClassVar
from urllib.parse import quote

from infra.settings.endpoint import revealed
from infra.settings.ports import LOOPBACK
from infra.stack.http_work import ask
from infra.stack.plan import Part, Plan, Program

HEALTH_EXPERIMENT = "lab-health"


class MlflowPart(Part):
    """Serve experiments and the registry from one worker, which is what a laptop has room for."""

    name: ClassVar[str] = "mlflow"

    def needs(self, plan: Plan) -> tuple[str, ...]:
        return ("postgres",) if plan.options.mlflow_store == "postgres" else ()

    def version(self, plan: Plan) -> str:
        return f"MLflow {package_version('mlflow')}"

    def address(self, plan: Plan) -> str:
        return f"http://{LOOPBACK}:{plan.port(self.name)}"

    def ports(self, plan: Plan) -> tuple[int, ...]:
        return (plan.port(self.name),)

    def programs(self, plan: Plan) -> tuple[Program, ...]:
        listening = ("--host", LOOPBACK, "--port", str(plan.port(self.name)), "--workers", "1")
        # Relative to the part's own folder, so that no path needs escaping in an address.
        artefacts = ("--serve-artifacts", "--artifacts-destination", "./artifacts")
        return (
            Program(
                name=self.name,
                command=(sys.executable, "-m", "mlflow", "server", *listening, *artefacts),
                folder=plan.data(self.name),
                environment={
                    # Not among the arguments, which every user of the system can read.
                    "MLFLOW_BACKEND_STORE_URI": self._store(plan),
                    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                    "MLFLOW_DISABLE_TELEMETRY": "true",
                    "DO_NOT_TRACK": "true",
                },
            ),
        )

    def probe(self, plan: Plan) -> None:
        """Log a run with a metric and an artefact, read both back, delete the run."""
        base = plan.settings.mlflow.url
        api, files = f"{base}/api/2.0/mlflow", f"{base}/api/2.0/mlflow-artifacts/artifacts"
        experiment = _health_experiment(api)
        now = int(time.time() * 1000)
        made = ask(
            "POST", f"{api}/runs/create", json={"experiment_id": experiment, "start_time": now}
        )
        run = made.json()["run"]["info"]["run_id"]
        metric = {"run_id": run, "key": "health", "value": 1.0, "timestamp": now, "step": 0}
        ask("POST", f"{api}/runs/log-metric", json=metric)
        token = uuid.uuid4().bytes
        place = f"{files}/{experiment}/{run}/artifacts/token"
        ask("PUT", place, content=token)
        logged = ask("GET", f"{api}/runs/get", params={"run_id": run}).json()["run"]["data"]
        if [m["value"] for m in logged.get("metrics", [])] != [1.0]:
            raise RuntimeError("the metric that was logged did not come back")
        if ask("GET", place).content != token:
            raise RuntimeError("another artefact came back than was put")
        ask("DELETE", place)
        ask("POST", f"{api}/runs/delete", json={"run_id": run})

    def _store(self, plan: Plan) -> str:
        if plan.options.mlflow_store == "sqlite":
            return "sqlite:///mlflow.db"
        postgres = plan.settings.postgres
        password = quote(revealed(postgres.password) or "", safe="")
        return (
            f"postgresql+psycopg://{postgres.user}:{password}@{postgres.host}:{postgres.port}"
            f"/{postgres.database}"
        )


def _health_experiment(api: str) -> str:
    found = ask(
        "GET",
        f"{api}/experiments/search",
        params={"max_results": 1, "filter": f"name = '{HEALTH_EXPERIMENT}'"},
    ).json()
    if found.get("experiments"):
        return str(found["experiments"][0]["experiment_id"])
    made = ask("POST", f"{api}/experiments/create", json={"name": HEALTH_EXPERIMENT})
    return str(made.json()["experiment_id"])
