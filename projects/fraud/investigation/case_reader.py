"""Ask the tables for the queue and for one case; nothing here writes."""

from datetime import date
from typing import Any

import sqlalchemy as sa

from projects.fraud.investigation.case_id import CaseId
from projects.fraud.investigation.configuration import InvestigationConfig
from projects.fraud.investigation.cursor import Cursor
from projects.fraud.investigation.errors import UnknownCaseError
from projects.fraud.investigation.models import (
    AlertShown,
    Case,
    CaseLine,
    DecisionShown,
    Judgement,
    Queue,
    ReasonShown,
    VerdictShown,
)
from projects.fraud.investigation.wording import in_words

# A case is a card and a day in UTC. Ties go to the smaller card, then to the earlier day.
_OPEN = """
with open_cases as (
    select d.customer_id, (d.at at time zone 'UTC')::date as day, max(d.score) as score,
        count(*) as alerts, sum(d.amount_cents)::bigint as amount_cents, max(d.at) as newest_at
    from {schema}.decisions d
    where d.alert
    and not exists (
        select from {schema}.verdicts v where v.transaction_id = d.transaction_id
    )
    and not exists (
        select from {schema}.verdicts bad
        where bad.fraud and bad.customer_id = d.customer_id
        and d.at >= bad.payment_at and d.at < bad.payment_at + :blocked
    )
    and (cast(:day as date) is null or (d.at at time zone 'UTC')::date = :day)
    group by 1, 2
)
"""
_PAGE = """
select * from open_cases
where cast(:score as double precision) is null or score < :score
    or score = :score and (customer_id, day) > (:customer_id, cast(:after as date))
order by score desc, customer_id, day limit :most
"""
_CARD = """
select d.*, v.fraud, v.decided_by, v.decided_at as verdict_at
from {schema}.decisions d left join {schema}.verdicts v using (transaction_id)
where d.customer_id = :customer_id and d.at >= :begin and d.at < :end
"""


class CaseReader:
    """Read the queue and cases."""

    def __init__(self, engine: sa.Engine, config: InvestigationConfig) -> None:
        self._engine = engine
        self._config = config
        self._open = _OPEN.format(schema=config.schema)
        self._card = _CARD.format(schema=config.schema)

    def queue(self, *, limit: int, after: Cursor | None = None, day: date | None = None) -> Queue:
        """Return a page of at most `limit` open cases, those of one day or of all."""
        asked = {
            "blocked": self._config.blocked,
            "day": day,
            "score": after.score if after else None,
            "customer_id": after.case.customer_id if after else None,
            "after": after.case.day if after else None,
            "most": limit + 1,
        }
        with self._engine.connect() as session:
            count = session.execute(sa.text(f"{self._open} select count(*) from open_cases"), asked)
            found = session.execute(sa.text(self._open + _PAGE), asked).mappings().all()
            cases = [_line(row) for row in found[:limit]]
            following = None
            if len(found) > limit:
                last = cases[-1]
                following = Cursor(last.score, CaseId(last.customer_id, last.day)).write()
            return Queue(cases=cases, open=count.scalar_one(), next=following)

    def count(self) -> int:
        """Return how many cases are open."""
        asked = {"blocked": self._config.blocked, "day": None}
        with self._engine.connect() as session:
            text = sa.text(f"{self._open} select count(*) from open_cases")
            return int(session.execute(text, asked).scalar_one())

    def case(self, case: CaseId) -> Case:
        """Return a case, open or not; raise UnknownCaseError where the card had no alert then."""
        asked = {"customer_id": case.customer_id, "begin": case.begin, "end": case.end}
        alerts = sa.text(f"{self._card} and d.alert order by d.score desc, transaction_id")
        recent = sa.text(f"{self._card} order by d.at desc, transaction_id desc limit :most")
        with self._engine.connect() as session:
            found = session.execute(alerts, asked).mappings().all()
            if not found:
                raise UnknownCaseError(f"There is no case {case}.")
            # What came after the alert tells most about a stolen card.
            since = {"begin": case.begin - self._config.recent, "most": self._config.most_recent}
            until = {"end": case.end + self._config.recent}
            lately = session.execute(recent, {**asked, **since, **until}).mappings().all()
        return Case(
            case_id=str(case),
            customer_id=case.customer_id,
            day=case.day,
            alerts=[AlertShown(**_shown(row), reasons=_reasons(row["reasons"])) for row in found],
            recent=[DecisionShown(**_shown(row)) for row in lately],
        )


def _line(row: Any) -> CaseLine:
    return CaseLine(case_id=str(CaseId(row["customer_id"], row["day"])), **row)


def _shown(row: Any) -> dict[str, Any]:
    verdict = None
    if row["decided_by"] is not None:
        marked: Judgement = "fraud" if row["fraud"] else "genuine"
        verdict = VerdictShown(verdict=marked, by=row["decided_by"], at=row["verdict_at"])
    return {name: row[name] for name in DecisionShown.model_fields if name != "verdict"} | {
        "verdict": verdict
    }


def _reasons(told: Any) -> list[ReasonShown]:
    return [
        ReasonShown(**reason, words=in_words(reason["feature"], reason["value"]))
        for reason in told or ()
    ]
