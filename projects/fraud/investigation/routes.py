"""Let analysts with a key see the queue, look into a case, and mark it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from http import HTTPStatus
from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Path, Query, Request, Security
from fastapi.security import APIKeyHeader
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from infra.serving.authentication import Caller
from infra.serving.errors import RefusedError
from infra.serving.problems import documented
from projects.fraud.investigation.case_id import CaseId
from projects.fraud.investigation.cursor import Cursor
from projects.fraud.investigation.errors import (
    DecidedOtherwiseError,
    NotOfCaseError,
    UnknownCaseError,
)
from projects.fraud.investigation.models import Analyst, Case, Queue, VerdictAsked, VerdictTaken
from projects.fraud.investigation.refusals import documented_here, of_field, refusal
from projects.fraud.investigation.service import Desk

_KEY = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key that you were given.")
_ERRORS = documented(401, 422, 429, 503)


def _readable(parse: Callable[[str], object]) -> AfterValidator:
    """Refuse what `parse` cannot read, in its words."""

    def check(text: str | None) -> str | None:
        try:
            if text is not None:
                parse(text)
        except ValueError as error:
            raise PydanticCustomError("unreadable", "{why}", {"why": str(error)}) from None
        return text

    return AfterValidator(check)


CaseName = Annotated[
    str,
    Path(description="A card and a day.", examples=["1234-2026-03-01"]),
    _readable(CaseId.parse),
]
After = Annotated[
    str | None,
    Query(max_length=200, description="The `next` of the page before."),
    _readable(Cursor.parse),
]
Limit = Annotated[int, Query(ge=1, le=200, description="Cases a page.")]
Day = Annotated[date | None, Query(description="Cases of this day alone, in UTC.")]


def investigation_routes(desk: Desk) -> APIRouter:
    """Return the routes below /v1; each request counts once against its key's quota."""
    routes = APIRouter(prefix="/v1", tags=["investigation"])

    async def known_caller(request: Request, key: Annotated[str | None, Security(_KEY)]) -> Caller:
        address = request.client.host if request.client else "unknown"
        caller = await desk.authenticator.caller(key, address)
        request.state.key_id = caller.key_id
        await desk.quotas.take(caller.key_id, caller.quota or desk.config.quota)
        return caller

    KnownCaller = Annotated[Caller, Depends(known_caller)]  # noqa: N806 - it is a type

    @routes.get("/analyst", response_model=Analyst, responses=_ERRORS)
    async def analyst(caller: KnownCaller) -> Analyst:
        """Say whose key this is."""
        return Analyst(name=caller.owner)

    @routes.get("/alerts", response_model=Queue, responses=_ERRORS)
    def alerts(
        caller: KnownCaller, limit: Limit = 50, after: After = None, day: Day = None
    ) -> Queue:
        """Return open cases, one a card and day, the highest score first."""
        with tables_answering():
            cursor = Cursor.parse(after) if after else None
            return desk.cases.queue(limit=limit, after=cursor, day=day)

    @routes.get(
        "/cases/{case_id}", response_model=Case, responses={**_ERRORS, **documented_here(404)}
    )
    def case(caller: KnownCaller, case_id: CaseName) -> Case:
        """Return a case: its alerts with their reasons, and what the card paid lately."""
        with tables_answering():
            return desk.cases.case(CaseId.parse(case_id))

    @routes.post(
        "/cases/{case_id}/verdict",
        response_model=VerdictTaken,
        responses={**_ERRORS, **documented_here(404, 409)},
    )
    def verdict(caller: KnownCaller, case_id: CaseName, asked: VerdictAsked) -> VerdictTaken:
        """Mark payments of a case; asked again, it changes nothing and answers the same."""
        with tables_answering():
            try:
                new = desk.verdicts.decide(
                    CaseId.parse(case_id),
                    asked.transaction_ids,
                    asked.verdict == "fraud",
                    caller.owner,
                )
            except NotOfCaseError as error:
                raise of_field(("body", "transaction_ids", error.place), str(error)) from None
            except DecidedOtherwiseError as error:
                desk.counts.conflicts.inc()
                raise refusal(HTTPStatus.CONFLICT, str(error)) from None
        desk.counts.verdicts.labels(asked.verdict).inc(len(new))
        return VerdictTaken(
            case_id=case_id,
            verdict=asked.verdict,
            transaction_ids=sorted(set(asked.transaction_ids)),
            new=len(new),
        )

    return routes


@contextmanager
def tables_answering() -> Iterator[None]:
    """Answer 404 where a case is not there, and 503 where the tables do not answer."""
    try:
        yield
    except UnknownCaseError as error:
        raise refusal(HTTPStatus.NOT_FOUND, str(error)) from None
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        raise RefusedError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "tables",
            "Cases cannot be read or written at the moment.",
            retry_after=1,
        ) from error
