"""What an event is: an envelope that is the same for all, around data of one contract."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

NAME_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"
Version = Annotated[int, Field(ge=1)]
Upcast = Callable[[dict[str, Any]], dict[str, Any]]


class Payload(BaseModel):
    """Be the base of an event's data: frozen, strict, and tolerant of fields it does not know."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


P = TypeVar("P", bound=Payload)


class Envelope(BaseModel, Generic[P]):
    """Hold one event; `time` is when it happened, in UTC, not when it was sent."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")

    event: Annotated[str, Field(pattern=NAME_PATTERN)]
    version: Version
    id: uuid.UUID
    time: Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
    producer: Annotated[str, Field(min_length=1)]
    data: P


@dataclass(frozen=True)
class Contract(Generic[P]):
    """Describe one version of one event.

    `upcast` turns the data of the version before, as plain JSON values, into this one's.
    """

    event: str
    version: int
    payload: type[P]
    upcast: Upcast | None = None

    def new(
        self,
        data: P,
        *,
        producer: str,
        time: datetime | None = None,
        cause: Envelope[Any] | None = None,
        role: str = "",
    ) -> Envelope[P]:
        """Make an event of this contract; raise pydantic's ValidationError for a naive `time`.

        With `cause`, the id follows from the cause's id, this event's name and `role` (version 5
        of RFC 9562), and the time is the cause's: handled twice, an event has the same effects.
        Two events of one name and cause need different roles.
        """
        if cause is None:
            identity = uuid.uuid4()
        else:
            identity = uuid.uuid5(cause.id, f"{self.event}/{role}")
            time = time or cause.time
        return self.envelope(
            event=self.event,
            version=self.version,
            id=identity,
            time=time or datetime.now(UTC),
            producer=producer,
            data=data,
        )

    @cached_property
    def envelope(self) -> type[Envelope[P]]:
        """Return the model of this contract's whole event."""
        return Envelope[self.payload]  # type: ignore[name-defined]
