"""Many hold a cluster whole, one at a time breaks it, and the one who waits goes first."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from autograder.errors import CourseError
from infra.settings import Kafka
from infra.stack import whole_cluster
from infra.stack.whole_cluster import alone, whole


@pytest.fixture
def kafka(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kafka]:
    """Addresses at which something answers, and which no stack holds."""
    monkeypatch.setattr(whole_cluster, "is_whole", lambda kafka: True)
    monkeypatch.setattr(whole_cluster, "answering", lambda addresses, seconds: addresses)
    monkeypatch.setattr(whole_cluster, "_breakable", Unbroken)
    with ExitStack() as open_sockets:
        servers = [
            open_sockets.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)
        ]
        ports = [server.getsockname()[1] for server in servers]
        yield Kafka(bootstrap=tuple(f"127.0.0.1:{port}" for port in ports))


class Unbroken:
    def __init__(self, kafka: Kafka) -> None:
        self.kafka = kafka

    def mend(self) -> None:
        return


def test_who_breaks_it_waits_for_all_others_and_goes_before_later_ones(kafka: Kafka) -> None:
    order: list[str] = []
    waits = threading.Event()

    def break_it() -> None:
        waits.set()
        with alone(kafka, seconds=20):
            order.append("alone")

    def come_later() -> None:
        with whole(kafka, seconds=20):
            order.append("later")

    with whole(kafka, seconds=1), whole(kafka, seconds=1):
        breaking = threading.Thread(target=break_it)
        breaking.start()
        waits.wait(5)
        with pytest.raises(CourseError, match="held the Kafka cluster for too long"):
            # Once the other stands at the gate, nobody else comes in.
            until = time.monotonic() + 15
            while time.monotonic() < until:
                with whole(kafka, seconds=0.2):
                    continue
        later = threading.Thread(target=come_later)
        later.start()
        assert order == []
    breaking.join(20)
    later.join(20)
    assert order[0] == "alone" and sorted(order) == ["alone", "later"]


def test_nobody_holds_it_whole_while_another_is_alone(kafka: Kafka) -> None:
    with alone(kafka), pytest.raises(CourseError, match="too long"), whole(kafka, seconds=0.1):
        pytest.fail("two were in")
    with whole(kafka, seconds=0.1):
        return


def test_a_cluster_elsewhere_is_not_ours_to_break() -> None:
    kafka = Kafka(bootstrap=("kafka-1:9092", "kafka-2:9092"))
    with (
        whole(kafka),
        pytest.raises(CourseError, match="not this machine's to break"),
        alone(kafka),
    ):
        pytest.fail("it was broken")


def test_ports_that_no_stack_of_ours_holds_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        kafka = Kafka(bootstrap=(f"127.0.0.1:{server.getsockname()[1]}",))
        told = pytest.raises(CourseError, match="No stack of this user holds the brokers")
        with told, alone(kafka, seconds=1):
            pytest.fail("it was broken")
