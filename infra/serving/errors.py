"""What a service refuses, and what a model may say of one item."""

import math
from http import HTTPStatus


class RefusedError(Exception):
    """Refuse a request with an HTTP status, words for the caller and, if any, when to come back.

    `reason` is short and fixed: it is a label of the metrics. `retry_after` is in seconds.
    """

    def __init__(
        self, status: HTTPStatus, reason: str, detail: str, *, retry_after: float | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that belong to the refusal; Retry-After is in whole seconds."""
        found: dict[str, str] = {}
        if self.retry_after is not None:
            found["Retry-After"] = str(max(1, math.ceil(self.retry_after)))
        if self.status is HTTPStatus.UNAUTHORIZED:
            found["WWW-Authenticate"] = "ApiKey"
        return found


class ShedError(RefusedError):
    """Refuse work that cannot be done in time: the queue is full, or the deadline too near."""

    def __init__(self, reason: str, detail: str, *, retry_after: float = 1.0) -> None:
        super().__init__(
            HTTPStatus.SERVICE_UNAVAILABLE, reason, detail, retry_after=max(retry_after, 1.0)
        )


class ItemError(Exception):
    """Say why one item cannot be predicted; the words reach the caller, the others are unharmed."""


class ModelError(Exception):
    """Say that a model answered what it must not; the caller learns only that it failed."""
