"""Find out which brokers answer, before a client stakes all its time on one that does not yet."""

import socket
import struct
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

_SECONDS = 2.0
# Length; ApiVersions (18) in version 0, correlation id 1, no client's name.
_REQUEST = struct.pack(">ihhih", 10, 18, 0, 1, -1)


def answering(addresses: Iterable[str], seconds: float = _SECONDS) -> tuple[str, ...]:
    """Return those of the `host:port` addresses whose broker answers a request in `seconds`.

    A broker that is starting takes connections long before it answers, and kafka-python 3.0.12
    waits for the first one that it happens to ask until the time for its start is over. To be
    asked of brokers without TLS; the request is ApiVersions of Kafka's protocol.
    """
    asked = tuple(addresses)
    with ThreadPoolExecutor(max(1, len(asked))) as pool:
        found = pool.map(lambda address: _answers(address, seconds), asked)
        return tuple(one for one, is_so in zip(asked, found, strict=True) if is_so)


def _answers(address: str, seconds: float) -> bool:
    where = urlsplit(f"//{address}")
    try:
        with socket.create_connection((where.hostname or "", where.port or 0), seconds) as broker:
            broker.settimeout(seconds)
            broker.sendall(_REQUEST)
            return len(broker.recv(8)) > 0
    except OSError:
        return False
