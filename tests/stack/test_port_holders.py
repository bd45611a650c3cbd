"""Whoever has a port is named, so that it can be freed."""

import os
import socket

from infra.settings.ports import LOOPBACK
from infra.stack.port_holders import holder, is_free


def test_a_listener_is_named_by_its_process() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert not is_free(port)
        assert holder(port).pid == os.getpid()
    assert is_free(port)


def test_a_clients_connection_is_told_from_a_listener() -> None:
    with (
        socket.create_server((LOOPBACK, 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        port = client.getsockname()[1]
        assert not is_free(port)
        assert "client's connection" in str(holder(port))
