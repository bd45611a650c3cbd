"""The ports of the local tier, all on loopback."""

from collections import Counter
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LOOPBACK = "127.0.0.1"
MOST_BROKERS = 3
_STEP_OF_BROKERS = 100

Port = Annotated[int, Field(ge=1024, le=65535)]


class Ports(BaseSettings):
    """Hold a port for each part: the usual one with a 2 before it, plus `offset`.

    All of them lie below the range from which systems take ports for outgoing connections.
    LAB_PORT_REDIS and so on set one, LAB_PORT_OFFSET moves all.
    """

    model_config = SettingsConfigDict(
        env_prefix="LAB_PORT_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    offset: Annotated[int, Field(ge=0, le=30000)] = 0
    kafka: Port = 29092
    kafka_controller: Port = 29096
    redis: Port = 26379
    postgres: Port = 25432
    s3: Port = 29000
    mlflow: Port = 25000
    prometheus: Port = 29090
    alertmanager: Port = 29093

    def of(self, part: str) -> int:
        """Return the port of a part that has one."""
        return int(getattr(self, part)) + self.offset

    def broker(self, number: int) -> int:
        """Return the port at which clients reach broker `number`, counted from one."""
        return self.of("kafka") + _STEP_OF_BROKERS * (number - 1)

    def controller(self, number: int) -> int:
        """Return the port at which brokers reach the controller of node `number`."""
        return self.of("kafka_controller") + _STEP_OF_BROKERS * (number - 1)

    def all(self) -> list[int]:
        """Return every port that a full stack would take."""
        single = ("redis", "postgres", "s3", "mlflow", "prometheus", "alertmanager")
        nodes = range(1, MOST_BROKERS + 1)
        return [
            *(self.of(part) for part in single),
            *(self.broker(node) for node in nodes),
            *(self.controller(node) for node in nodes),
        ]

    @model_validator(mode="after")
    def _are_apart(self) -> Self:
        ports = self.all()
        twice = sorted(port for port, times in Counter(ports).items() if times > 1)
        if twice:
            raise ValueError(f"two parts would take port {twice[0]}")
        if max(ports) > 65535:
            raise ValueError(f"port {max(ports)} is past 65535: choose a smaller offset")
        return self
