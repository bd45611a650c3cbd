"""Topics and consumer groups of one space."""

from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from infra.settings import Settings


# Another run may have killed a broker just now, and groups are asked of all of them.
@retry(
    retry=retry_if_exception_type(KafkaError),
    stop=stop_after_delay(60),
    wait=wait_fixed(0.5),
    reraise=True,
)
def drop_topics(settings: Settings, space: str) -> None:
    """Delete the topics and the empty consumer groups whose names begin with `space` and a dot.

    A group that still has members is left to the broker, which forgets it in time.
    """
    admin = KafkaAdminClient(**settings.kafka.client_options())
    try:
        topics = [topic for topic in admin.list_topics() if topic.startswith(f"{space}.")]
        if topics:
            admin.delete_topics(topics, raise_errors=False)
        groups = [group["group_id"] for group in admin.list_groups()]
        ours = [group for group in groups if group.startswith(f"{space}.")]
        if ours:
            admin.delete_groups(ours)
    finally:
        admin.close()
