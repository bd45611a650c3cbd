"""Doors in a run's walls: single loopback ports of the machine, and nothing else of its network.

A run has a network of its own in which nobody else is. For each door it listens there on the port
that the machine has, so clients find every address as it was told to them. The connections are
accepted by a process that stayed in the machine's network and passes bytes to and fro.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from autograder.execution.warm import libc

_LOOPBACK = "127.0.0.1"
_MOST_CONNECTIONS = 256
_AT_ONCE = 1 << 16


def start_relay(ports: Sequence[int], user: int | None) -> socket.socket:
    """Start the process that stays outside; return the socket on which it waits for the doors.

    It has no rights beyond those of `user`, or of the caller without capabilities, and ends with
    the calling process. To be called before the caller enters namespaces of its own.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    caller = os.getpid()
    if os.fork():
        theirs.close()
        return ours
    try:
        ours.close()
        _give_up_rights(user)
        libc.die_with_parent()
        if os.getppid() == caller:
            _, doors, _, _ = socket.recv_fds(theirs, 1, len(ports))
            asyncio.run(_serve(dict(zip(ports, doors, strict=True))))
    finally:
        os._exit(0)


def open_doors(relay: socket.socket, ports: Sequence[int]) -> None:
    """Listen on `ports` of the caller's own loopback and let the relay accept what comes."""
    doors = [socket.create_server((_LOOPBACK, port)) for port in ports]
    socket.send_fds(relay, [b"d"], [door.fileno() for door in doors])
    for door in doors:
        door.close()
    relay.close()


def _give_up_rights(user: int | None) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    if user is None:
        libc.drop_capabilities()
    else:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


async def _serve(doors: dict[int, int]) -> None:
    places = asyncio.Semaphore(_MOST_CONNECTIONS)
    servers = [
        await asyncio.start_server(partial(_pass_on, places, port), sock=socket.socket(fileno=door))
        for port, door in doors.items()
    ]
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _pass_on(
    places: asyncio.Semaphore,
    port: int,
    inside: asyncio.StreamReader,
    answers: asyncio.StreamWriter,
) -> None:
    async with places:
        try:
            outside, questions = await asyncio.open_connection(_LOOPBACK, port)
        except OSError:
            # Nobody listens there: the run sees a connection that ends at once.
            answers.close()
            return
        await asyncio.gather(_pump(inside, questions), _pump(outside, answers))
        for end in (questions, answers):
            end.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(_AT_ONCE):
            sink.write(data)
            await sink.drain()
    # Not before all was passed on; the other direction may go on.
    with suppress(OSError, RuntimeError):
        if sink.can_write_eof():
            sink.write_eof()
