"""Topics and consumer groups of one space."""

from kafka import KafkaAdminClient

from infra.settings import Settings


def drop_topics(settings: Settings, space: str) -> None:
    """Delete the topics and the empty consumer groups whose names begin with `space` and a dot.

    A group that still has members is left to the broker, which forgets it in time.
    """
    admin = KafkaAdminClient(**settings.kafka.client_options())
    try:
        topics = [topic for topic in admin.list_topics() if topic.startswith(f"{space}.")]
        if topics:
            admin.delete_topics(topics)
        groups = [group["group_id"] for group in admin.list_groups()]
        ours = [group for group in groups if group.startswith(f"{space}.")]
        if ours:
            admin.delete_groups(ours)
    finally:
        admin.close()
