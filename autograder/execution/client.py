"""Execute cells one by one and record the state of each, whatever the kernel does."""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

from jupyter_core.utils import ensure_async
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.clientwrap import PapermillNotebookClient

from autograder.contract.manifest import Limits
from autograder.execution.distrust import TOO_LARGE, size_of
from autograder.execution.kernel import is_forked
from autograder.probing import planted

MIB = 1 << 20
TIMEOUT_NAME = "CellTimeoutError"
_COUNTED = {
    *("stream", "display_data", "execute_result", "update_display_data", "error"),
    *("comm_open", "comm_msg", TOO_LARGE),
}
_SILENT_SECONDS = 5


@dataclass
class CellLog:
    """Collect what became of the cells: grade id (or cell id) to state."""

    states: dict[str, str] = field(default_factory=dict)
    alive: bool = True
    status: str = "completed"

    def record(self, cell: NotebookNode, state: str) -> None:
        """Record the first state of a cell; a duplicate id does not overwrite it."""
        if "injected-parameters" in cell.metadata.get("tags", []):
            return
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or cell.get("id", "")
        if name:
            self.states.setdefault(str(name), state)


class LabClient(PapermillNotebookClient):  # type: ignore[misc]
    """Run every cell within its time, all within the deadline, output within its limit.

    Papermill's own client closes with a question that a busy kernel never answers and a dead one
    answers with an exception; here the run ends with its last cell.
    """

    def __init__(
        self, nb_man: Any, *, km: Any, limits: Limits, deadline: float, log: CellLog
    ) -> None:
        self._limits = limits
        self._deadline = deadline
        self._log = log
        self._output_bytes = 0
        self._heard = 0
        self._is_interrupted = False
        self._state = "ok"
        super().__init__(
            nb_man,
            km=km,
            kernel_name="python3",
            timeout_func=self._cell_seconds,
            startup_timeout=max(10, limits.seconds),
            shell_timeout_interval=1,
            allow_errors=True,
            interrupt_on_timeout=True,
            error_on_timeout={"ename": TIMEOUT_NAME, "evalue": "", "traceback": []},
            record_timing=False,
        )
        self.on_cell_executed = self._executed

    def execute(self, **kwargs: Any) -> NotebookNode:
        """Execute the notebook; errors of cells are states, not exceptions."""
        self.reset_execution_trackers()
        with self.setup_kernel(cleanup_kc=False, **kwargs):
            if not is_forked(self.km):
                self._plant()
            self.papermill_execute_cells()
        executed: NotebookNode = self.nb
        return executed

    def papermill_execute_cells(self) -> None:
        """Execute every cell, go on after errors, stop when the kernel or the time is gone."""
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            state = self._execute_one(cell, index)
            if cell.cell_type == "code":
                self._log.record(cell, state)
                if state != "ok":
                    cell.metadata["lab"] = {"state": state}
            self.nb_man.cell_complete(cell, cell_index=index)

    def _plant(self) -> None:
        """Place the probes' helper in the kernel before the learner's first line.

        What the grader's kernels are forked of has it already.
        """
        code = (
            f"if {planted.MODULE!r} not in __import__('sys').modules:\n"
            f"    exec({planted.SOURCE!r}, {{'__name__': '__lab_plant__'}})"
        )
        try:
            self.wait_for_reply(self.kc.execute(code, silent=True, store_history=False))
        except DeadKernelError:
            self._gone("kernel_died")

    def _execute_one(self, cell: NotebookNode, index: int) -> str:
        if not self._log.alive:
            return "not_run"
        if time.monotonic() >= self._deadline:
            self._log.status = "deadline"
            return "not_run"
        self._state = "ok"
        try:
            self.execute_cell(cell, index)
        except CellTimeoutError:
            self._state = "timeout"
            self._gone("stuck")
        except DeadKernelError:
            self._state = "kernel_died"
            self._gone("kernel_died")
        except CellExecutionError:
            self._state = "error"
        except asyncio.CancelledError:
            self._state = "kernel_died"
            self._gone("kernel_died")
        if self._state == "timeout":
            _explain_timeout(cell, self._limits.cell_seconds)
        return self._state

    def _gone(self, status: str) -> None:
        self._log.alive = False
        self._log.status = status

    def _cell_seconds(self, cell: NotebookNode) -> int:
        left = self._deadline - time.monotonic()
        return max(1, int(min(self._limits.cell_seconds, left)))

    def _executed(self, cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
        content = execute_reply.get("content", {})
        if content.get("status") == "error":
            self._state = "timeout" if content.get("ename") == TIMEOUT_NAME else "error"
        elif content.get("status") != "ok":
            self._state = "not_run"

    async def _async_handle_timeout(
        self, timeout: int, cell: NotebookNode | None = None
    ) -> dict[str, Any] | None:
        self._is_interrupted = True
        # Its time is up: what it sent and nobody has read yet would take the time of other cells.
        self.kc.session.unwanted = _COUNTED - {"error"}
        reply: dict[str, Any] | None = await super()._async_handle_timeout(timeout, cell)
        return reply

    async def _async_poll_for_reply(
        self, msg_id: str, cell: NotebookNode, timeout: int | None, outputs: Any, alive: Any
    ) -> dict[str, Any]:
        """Wait for a cell's reply, then for its outputs as long as more of them come.

        On a busy machine outputs are read later than they were sent: papermill's fixed time for
        the rest would call a kernel stuck whose cell ended long ago.
        """
        self._is_interrupted = False
        self.iopub_timeout = max(0, int(self._deadline - time.monotonic())) + 3 * _SILENT_SECONDS
        rest = self._rest(msg_id, outputs)
        try:
            reply: dict[str, Any] = await super()._async_poll_for_reply(
                msg_id, cell, timeout, rest, alive
            )
            return reply
        finally:
            rest.close()
            self.kc.session.unwanted = _COUNTED if self._log.status == "output_limit" else set()

    async def _rest(self, msg_id: str, outputs: asyncio.Future[None]) -> None:
        """Return when a cell's last output is read; raise Empty when it does not end."""
        replied = not self._is_interrupted
        while not outputs.done():
            before = self._progress()
            await asyncio.wait({outputs}, timeout=_SILENT_SECONDS)
            if outputs.done():
                break
            is_silent = before == self._progress()
            replied = replied or await self._has_replied(msg_id)
            if is_silent and replied:
                # A kernel drops what nobody reads in time, the word that a cell ended too.
                outputs.cancel()
                return
            if is_silent or time.monotonic() > self._deadline:
                raise Empty
        await outputs

    async def _has_replied(self, msg_id: str) -> bool:
        with suppress(Empty):
            while time.monotonic() < self._deadline:
                reply = await ensure_async(self.kc.shell_channel.get_msg(timeout=0))
                if reply["parent_header"].get("msg_id") == msg_id:
                    return True
        return False

    def _progress(self) -> int:
        unread: int = self.kc.session.unread
        return self._heard + unread

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        """Drop what goes over the output limit, in bytes as sent, and what makes no sense."""
        self._heard += 1
        if msg["msg_type"] in _COUNTED:
            self._output_bytes += size_of(msg)
            if self._output_bytes > self._limits.output_mb * MIB:
                self._log.status = "output_limit"
                self.kc.session.unwanted = _COUNTED
                return None
        try:
            return super().process_message(msg, cell, cell_index)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError):
            # An update of an output that is gone, a widget of no known kind: no reason to stop.
            return None


def _explain_timeout(cell: NotebookNode, seconds: float) -> None:
    text = f"This cell was stopped: it took longer than {seconds:g} seconds."
    cell.outputs = [
        *cell.get("outputs", []),
        NotebookNode(output_type="error", ename=TIMEOUT_NAME, evalue=text, traceback=[text]),
    ]
