"""Alertmanager, where the system has it."""

import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from infra.settings.ports import LOOPBACK
from infra.stack.http_work import ask
from infra.stack.plan import Part, Plan, Program, Told
from infra.stack.rendering import rendered
from infra.stack.system_binary import find_binary, version_of

_NAMES = ("alertmanager", "prometheus-alertmanager")
_INSTALL = (
    "not on this system; Debian, Ubuntu: apt install prometheus-alertmanager; "
    "macOS: brew install alertmanager"
)
_SECONDS_UNTIL_SEEN = 3.0


class AlertmanagerPart(Part):
    """Group, silence and route alerts; the route keeps them to itself until one is configured."""

    name: ClassVar[str] = "alertmanager"

    def absent(self, plan: Plan) -> str:
        return "" if find_binary(*_NAMES) else _INSTALL

    def version(self, plan: Plan) -> str:
        binary = find_binary(*_NAMES)
        return f"Alertmanager {version_of(binary)}" if binary else "Alertmanager"

    def address(self, plan: Plan) -> str:
        return f"http://{LOOPBACK}:{plan.port(self.name)}"

    def ports(self, plan: Plan) -> tuple[int, ...]:
        return (plan.port(self.name),)

    def prepare(self, plan: Plan, told: Told) -> None:
        super().prepare(plan, told)
        configuration = plan.data(self.name) / "alertmanager.yml"
        # What a project has put there stays.
        if not configuration.exists():
            configuration.write_text(rendered("alertmanager.yml.j2"), encoding="utf-8")

    def programs(self, plan: Plan) -> tuple[Program, ...]:
        command = (
            str(find_binary(*_NAMES)),
            "--config.file=alertmanager.yml",
            "--storage.path=silences",
            f"--web.listen-address={LOOPBACK}:{plan.port(self.name)}",
            # Without an address it looks for no others and opens no port for them.
            "--cluster.listen-address=",
        )
        return (Program(name=self.name, command=command, folder=plan.data(self.name)),)

    def probe(self, plan: Plan) -> None:
        """Send an alert that ends by itself and see it among the active ones."""
        alerts = f"{plan.settings.alertmanager.url}/api/v2/alerts"
        token = uuid.uuid4().hex
        ends = (datetime.now(UTC) + timedelta(seconds=10)).isoformat()
        labels = {"alertname": "LabHealth", "token": token}
        ask("POST", alerts, json=[{"labels": labels, "endsAt": ends}])
        until = time.monotonic() + _SECONDS_UNTIL_SEEN
        while time.monotonic() < until:
            if ask("GET", alerts, params={"filter": f'token="{token}"'}).json():
                return
            time.sleep(0.05)
        raise RuntimeError("the alert that was sent is not among the active ones")
