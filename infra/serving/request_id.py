"""Give every request an id that its answer, its logs and its caller share."""

import logging
import re
import uuid
from contextvars import ContextVar

HEADER = "X-Request-ID"
# A caller's id ends up in logs and headers: nothing that could break a line or a header passes.
_SAFE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CURRENT: ContextVar[str] = ContextVar("request_id", default="-")


def begin_request(sent: str | None) -> str:
    """Take the caller's id where it is harmless, or make one; it holds for this task."""
    chosen = sent if sent and _SAFE.fullmatch(sent) else uuid.uuid4().hex
    _CURRENT.set(chosen)
    return chosen


def current_request_id() -> str:
    """Return the id of the request at hand, "-" outside of one."""
    return _CURRENT.get()


class RequestIdFilter(logging.Filter):
    """Put the id of the request at hand into every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id()
        return True
