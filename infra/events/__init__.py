"""Typed events over Kafka: contracts, publishing, and loops that lose and double nothing."""

from infra.extras import needing

with needing("stack"):
    import kafka as _kafka  # noqa: F401 - to name the extra before any module of the room fails
