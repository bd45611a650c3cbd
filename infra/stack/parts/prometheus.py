"""Prometheus, where the system has it."""

from typing import ClassVar

from infra.settings.ports import LOOPBACK
from infra.stack.http_work import ask
from infra.stack.plan import Part, Plan, Program, Told
from infra.stack.rendering import rendered
from infra.stack.system_binary import find_binary, version_of

_INSTALL = "not on this system; Debian, Ubuntu: apt install prometheus; macOS: brew install it"


class PrometheusPart(Part):
    """Scrape what is listed in targets/, judge it by rules/ and tell Alertmanager."""

    name: ClassVar[str] = "prometheus"

    def absent(self, plan: Plan) -> str:
        return "" if find_binary("prometheus") else _INSTALL

    def version(self, plan: Plan) -> str:
        binary = find_binary("prometheus")
        return f"Prometheus {version_of(binary)}" if binary else "Prometheus"

    def address(self, plan: Plan) -> str:
        return f"http://{LOOPBACK}:{plan.port(self.name)}"

    def ports(self, plan: Plan) -> tuple[int, ...]:
        return (plan.port(self.name),)

    def prepare(self, plan: Plan, told: Told) -> None:
        folder = plan.data(self.name)
        for inner in ("targets", "rules"):
            (folder / inner).mkdir(parents=True, exist_ok=True)
        (folder / "prometheus.yml").write_text(
            rendered("prometheus.yml.j2", plan=plan), encoding="utf-8"
        )

    def programs(self, plan: Plan) -> tuple[Program, ...]:
        command = (
            str(find_binary("prometheus")),
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=metrics",
            "--storage.tsdb.retention.time=15d",
            f"--web.listen-address={LOOPBACK}:{plan.port(self.name)}",
            # Takes up new rules and targets without a restart.
            "--web.enable-lifecycle",
        )
        return (Program(name=self.name, command=command, folder=plan.data(self.name)),)

    def probe(self, plan: Plan) -> None:
        """Evaluate an expression and have the rules and targets read."""
        url = plan.settings.prometheus.url
        found = ask("GET", f"{url}/api/v1/query", params={"query": "vector(40) + 2"}).json()
        if found["data"]["result"][0]["value"][1] != "42":
            raise RuntimeError(f"40 + 2 should be 42, and the answer was {found['data']}")
        ask("GET", f"{url}/-/ready")
