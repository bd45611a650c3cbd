"""A kernel client that is ready when the kernel is, not a fixed while later."""

import time
from queue import Empty

import zmq
import zmq.asyncio
from jupyter_client.asynchronous.client import AsyncKernelClient

_ASK_AGAIN_SECONDS = 0.05
_CONNECT_AGAIN_MS = 3
_SLOWEST_ASKING_SECONDS = 1.0


class PromptKernelClient(AsyncKernelClient):
    """Wait for readiness as `AsyncKernelClient` does, without its fixed waits.

    The stock client sleeps until the heartbeat thread has counted one beat, and takes the output
    channel for drained after 0.2 s of silence. Here the kernel is ready when the reply to a
    question and the `idle` that follows it have both arrived: then nothing is still under way.
    """

    def _context_default(self) -> zmq.asyncio.Context:
        context: zmq.asyncio.Context = super()._context_default()
        # The client is there before the kernel listens; zmq would try again every 100 ms.
        context.setsockopt(zmq.RECONNECT_IVL, _CONNECT_AGAIN_MS)
        return context

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        """Return once the kernel answers on both channels; raise RuntimeError when it does not.

        `timeout` is in seconds; None waits as long as the kernel lives.
        """
        until = time.monotonic() + (float("inf") if timeout is None else timeout)
        wait = _ASK_AGAIN_SECONDS
        while True:
            asked = self.kernel_info()
            if await self._answered(asked, wait):
                return
            wait = min(wait * 2, _SLOWEST_ASKING_SECONDS)
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
            if time.monotonic() > until:
                raise RuntimeError(f"Kernel didn't respond in {timeout} seconds")

    wait_for_ready = _async_wait_for_ready

    async def _answered(self, asked: str, seconds: float) -> bool:
        """Tell whether the reply to `asked` came, and its `idle`, with pauses below `seconds`."""
        replied = idle = False
        try:
            while not (replied and idle):
                if not replied:
                    reply = await self.get_shell_msg(timeout=seconds)
                    replied = reply["parent_header"].get("msg_id") == asked
                    if replied:
                        self._handle_kernel_info_reply(reply)
                else:
                    status = await self.get_iopub_msg(timeout=seconds)
                    idle = (
                        status["parent_header"].get("msg_id") == asked
                        and status["content"].get("execution_state") == "idle"
                    )
        except Empty:
            return False
        return True
