"""The endpoints that the projects share, each with the options its client takes."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from infra.settings.endpoint import Endpoint, revealed

_MOST_REPLICAS = 3
Port = Annotated[int, Field(ge=1, le=65535)]


def _one_on_each(told: dict[str, Any]) -> int:
    """Return as many replicas as there are brokers to hold them, and no more than three."""
    return min(max(len(told.get("bootstrap", ())), 1), _MOST_REPLICAS)


class Kafka(Endpoint):
    """Say where the brokers are; `replication` is what a new topic should ask for.

    Unless it is told, that follows from the addresses: one for each broker, three at most.
    """

    part: ClassVar[str] = "kafka"
    model_config = SettingsConfigDict(env_prefix="LAB_KAFKA_")

    bootstrap: Annotated[tuple[str, ...], NoDecode, Field(min_length=1)]
    replication: Annotated[int, Field(ge=1, default_factory=_one_on_each)]
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    username: str | None = None
    password: SecretStr | None = None
    ca_file: Path | None = None

    @field_validator("bootstrap", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        """Take `host:port,host:port` from the environment."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    def client_options(self) -> dict[str, Any]:
        """Return what kafka-python's clients take, secrets included."""
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap),
            "security_protocol": self.security,
        }
        if self.security.startswith("SASL"):
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": revealed(self.password),
            }
        if self.ca_file is not None:
            options["ssl_cafile"] = str(self.ca_file)
        return options


class Redis(Endpoint):
    """Say where the server of the Redis protocol is."""

    part: ClassVar[str] = "redis"
    model_config = SettingsConfigDict(env_prefix="LAB_REDIS_")

    host: str
    port: Port = 6379
    database: Annotated[int, Field(ge=0)] = 0
    username: str | None = None
    password: SecretStr | None = None
    tls: bool = False

    def client_options(self) -> dict[str, Any]:
        """Return what redis-py's clients take, secrets included."""
        return {
            "host": self.host,
            "port": self.port,
            "db": self.database,
            "username": self.username,
            "password": revealed(self.password),
            "ssl": self.tls,
        }


class Postgres(Endpoint):
    """Say where the database is and as whom to enter."""

    part: ClassVar[str] = "postgres"
    model_config = SettingsConfigDict(env_prefix="LAB_POSTGRES_")

    host: str
    port: Port = 5432
    database: str = "lab"
    user: str = "lab"
    password: SecretStr
    sslmode: Literal["disable", "prefer", "require", "verify-ca", "verify-full"] = "prefer"

    def client_options(self) -> dict[str, Any]:
        """Return what psycopg.connect takes, the password included."""
        return {
            "host": self.host,
            "port": self.port,
            "dbname": self.database,
            "user": self.user,
            "password": revealed(self.password),
            "sslmode": self.sslmode,
        }


class S3(Endpoint):
    """Say where objects are kept; without `url` it is the cloud's own, without keys its roles."""

    part: ClassVar[str] = "s3"
    model_config = SettingsConfigDict(env_prefix="LAB_S3_")

    url: str | None = None
    region: str
    access_key: SecretStr | None = None
    secret_key: SecretStr | None = None

    def client_options(self) -> dict[str, Any]:
        """Return what boto3.client("s3", …) takes, secrets included."""
        from botocore.config import Config

        style = "path" if self.url else "auto"
        return {
            "endpoint_url": self.url,
            "region_name": self.region,
            "aws_access_key_id": revealed(self.access_key),
            "aws_secret_access_key": revealed(self.secret_key),
            "config": Config(signature_version="s3v4", s3={"addressing_style": style}),
        }


class Mlflow(Endpoint):
    """Say where the tracking server is."""

    part: ClassVar[str] = "mlflow"
    model_config = SettingsConfigDict(env_prefix="LAB_MLFLOW_")

    url: str
    username: str | None = None
    password: SecretStr | None = None

    def environment(self) -> dict[str, str]:
        """Return the variables from which MLflow's clients take all this, secrets included."""
        found = {
            "MLFLOW_TRACKING_URI": self.url,
            "MLFLOW_TRACKING_USERNAME": self.username,
            "MLFLOW_TRACKING_PASSWORD": revealed(self.password),
        }
        return {name: value for name, value in found.items() if value}


class Prometheus(Endpoint):
    """Say where metrics are asked for."""

    part: ClassVar[str] = "prometheus"
    model_config = SettingsConfigDict(env_prefix="LAB_PROMETHEUS_")

    url: str


class Alertmanager(Endpoint):
    """Say where alerts are sent."""

    part: ClassVar[str] = "alertmanager"
    model_config = SettingsConfigDict(env_prefix="LAB_ALERTMANAGER_")

    url: str
