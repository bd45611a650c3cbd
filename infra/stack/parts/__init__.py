"""The parts of the local stack, one a file."""

from infra.stack.parts.alertmanager import AlertmanagerPart
from infra.stack.parts.kafka import KafkaPart
from infra.stack.parts.mlflow import MlflowPart
from infra.stack.parts.postgres import PostgresPart
from infra.stack.parts.prometheus import PrometheusPart
from infra.stack.parts.redis import RedisPart
from infra.stack.parts.s3 import S3Part
from infra.stack.plan import Part


def all_parts() -> tuple[Part, ...]:
    """Return every part, in the order in which tables show them."""
    return (
        KafkaPart(),
        RedisPart(),
        PostgresPart(),
        S3Part(),
        MlflowPart(),
        PrometheusPart(),
        AlertmanagerPart(),
    )
