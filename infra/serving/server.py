"""Run an application in this process until it is told to stop, losing no request on the way."""

import asyncio
import math
from contextlib import suppress
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from infra.serving.logging_configuration import logging_configuration


class DrainingServer(uvicorn.Server):
    """Answer SIGTERM by being not ready for a while, and only then close the door.

    A load balancer takes some seconds to notice; without this, it sends requests to a closed port.
    A second signal ends the wait.
    """

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        self._told = False

    async def serve(self, sockets: Any = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        service = self._app.state.service
        wait = service.config.lame_duck_seconds
        if self._told or wait == 0:
            super().handle_exit(sig, frame)
            return
        self._told = True
        service.begin_draining()
        leave = super().handle_exit
        self._loop.call_soon_threadsafe(self._loop.call_later, wait, leave, sig, frame)


def serve(app: FastAPI, *, host: str = "127.0.0.1", port: int = 8000, log: str = "INFO") -> None:
    """Serve until SIGTERM or SIGINT, then drain; logs are JSON lines on stderr.

    As uvicorn does, the process then ends by the signal that it was sent.

    Run one process a replica and more replicas for more: metrics, queue and model are a process's
    own, quotas and keys are shared.
    """
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=logging_configuration(log),
        # Requests are logged by the application, with their id and key.
        access_log=False,
        # Behind a proxy of one's own, uvicorn's FORWARDED_ALLOW_IPS says whose word counts.
        proxy_headers=True,
        server_header=False,
        timeout_graceful_shutdown=math.ceil(app.state.service.config.drain_seconds),
    )
    server = DrainingServer(config, app)
    with suppress(KeyboardInterrupt):
        server.run()
