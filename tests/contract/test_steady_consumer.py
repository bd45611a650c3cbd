"""A member whose polls are shorter than a join reads all the same."""

import time
import uuid

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from infra.events.steady_consumer import SteadyConsumer
from infra.settings import Kafka

pytestmark = pytest.mark.long


@pytest.mark.parametrize("milliseconds", [1, 100])
def test_a_new_member_reads_however_short_its_polls_are(kafka: Kafka, milliseconds: int) -> None:
    options = kafka.client_options()
    for _ in range(6):
        topic = f"steady-{uuid.uuid4().hex[:8]}"
        admin = KafkaAdminClient(**options)
        admin.create_topics({topic: {"num_partitions": 3}})
        admin.wait_for_topics([topic])
        producer = KafkaProducer(**options)
        for future in [producer.send(topic, b"%d" % number) for number in range(30)]:
            future.get(timeout=30)
        producer.close()
        consumer = SteadyConsumer(
            topic, **options, group_id=topic, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        count, until = 0, time.monotonic() + 30
        while count < 30 and time.monotonic() < until:
            count += sum(map(len, consumer.poll(timeout_ms=milliseconds).values()))
        consumer.close()
        admin.delete_topics([topic])
        admin.close()
        assert count == 30
