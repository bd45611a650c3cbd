"""The grader's own member of a learner's group: it joins, does a share, and leaves in order."""

import json
import threading
from collections.abc import Callable

from kafka import KafkaProducer
from kafka.structs import OffsetAndMetadata
from on_brokers import Ground, retried

from infra.events.steady_consumer import SteadyConsumer

_POLL_MILLISECONDS = 200


def work_beside(
    own: Ground,
    topic: str,
    group: str,
    log: str,
    share: int,
    over: threading.Event,
    joined: Callable[[], None],
) -> list[str]:
    """Join the group, say that it `joined`, handle at least `share` payments, and leave.

    Return the ids that were handled; each is written into `log`, as the learner's desk does it.
    """
    handled: list[str] = []
    told = False
    writer = KafkaProducer(**own.options, acks="all")
    member = SteadyConsumer(
        topic,
        **own.options,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        max_poll_records=10,
        metadata_max_age_ms=2000,
        session_timeout_ms=45_000,
        heartbeat_interval_ms=500,
    )
    try:
        while len(handled) < share and not over.is_set():
            for partition, records in retried(lambda: member.poll(_POLL_MILLISECONDS)).items():
                for record in records:
                    payment = json.loads(record.value)["id"]
                    writer.send(log, payment.encode())
                    handled.append(payment)
                done = OffsetAndMetadata(records[-1].offset + 1, "", -1)
                member.commit({partition: done})
            if not told and member.assignment():
                told = True
                joined()
        writer.flush(timeout=60)
    finally:
        member.close()
        writer.close(timeout=5)
    return handled
