"""A member of a group as a process of its own, which tests kill, stop and add."""

import functools
import json
import logging
import sys
import threading
import time

from orders import CONTRACTS, Names, insert, price

from infra.events.configuration import OutageConfig, ProducerConfig, RetryConfig
from infra.events.delivery import AtLeastOnce, ExactlyOnce
from infra.events.loop import Loop
from infra.events.postgres_sink import PostgresSink
from infra.events.producer import EventProducer
from infra.events.stopping import Stop
from infra.settings import load_settings


def main() -> None:
    told = json.loads(sys.argv[1])
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    names = Names("")
    vars(names).update(told["names"])
    settings = load_settings()
    stop = Stop()
    with stop.on_signals():
        config = ProducerConfig(name=names.stem, transactional_id=told.get("transactional_id"))
        with EventProducer(settings.kafka, config, CONTRACTS) as producer:
            if config.transactional_id is None:
                effect = functools.partial(insert, names)
                sink = PostgresSink(settings.postgres, names.group, effect)
                delivery = AtLeastOnce(producer, sink)
            else:
                delivery = ExactlyOnce(producer)
            threading.Thread(target=_end_with_the_parent, daemon=True).start()
            Loop(
                settings.kafka,
                names.consumer(**told.get("consumer", {})),
                CONTRACTS,
                functools.partial(price, names),
                delivery,
                retry=RetryConfig(delays=(0.2,)),
                outage=OutageConfig(longest_wait_seconds=1.0),
                stop=stop,
            ).run()
    print("left in order", flush=True)


def _end_with_the_parent() -> None:
    """Leave no worker behind a test run that was cut: its end closes this pipe."""
    sys.stdin.read()
    time.sleep(0.1)
    import os

    os._exit(3)


if __name__ == "__main__":
    main()
