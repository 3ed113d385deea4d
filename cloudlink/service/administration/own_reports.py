"""Fulfils ``OwnReports``: a person's draft, and the problem reports that they have sent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import bindparam, delete, func, insert, select

from cloudlink import correlation
from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.reports import LONGEST_TEXT, Draft, NewReport, Report, ReportState
from cloudlink.port import UnknownId
from cloudlink.service.administration import fields, report_rows, user_rows
from store.clock import Clock, utc_now
from store.schema import problem_reports, report_drafts, report_pictures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.reports import Picture
    from cloudlink.model import Principal
    from cloudlink.service.administration.report_mail import ReportMail
    from store.database import Database
    from store.outbox import Outbox

MOST_A_DAY = 20
KEPT = timedelta(days=1)
_LONGEST_NAME = 32
_MOST_FACTS = 40
_LONGEST_FACT = 2_000

_c = problem_reports.c
_OWN = report_rows.REPORTS.where(_c.principal_id == bindparam("of_principal"))
_ONE = _OWN.where(_c.report_id == bindparam("of_report"))
_SENT = _OWN.order_by(_c.created_on.desc(), _c.report_id).limit(bindparam("limit"))
_BY_REFERENCE = _OWN.where(func.substr(_c.report_id, 1, 8) == bindparam("reference")).order_by(_c.created_on.desc())
_PICTURE = report_rows.PICTURE.where(_c.principal_id == bindparam("of_principal"))
_OF_LATE = select(func.count()).where(
    _c.account_id == bindparam("of_account"),
    _c.principal_id == bindparam("of_principal"),
    _c.created_on > bindparam("after"),
)
_d = report_drafts.c
_DRAFT = select(
    _d.draft_id,
    _d.category,
    _d.written,
    _d.text,
    _d.facts,
    _d.keep_numbers,
    _d.media_type,
).where(
    _d.account_id == bindparam("of_account"),
    _d.principal_id == bindparam("of_principal"),
    _d.created_on > bindparam("after"),
)
_DRAFT_PICTURE = select(_d.media_type, _d.content).where(
    _d.account_id == bindparam("of_account"),
    _d.principal_id == bindparam("of_principal"),
    _d.created_on > bindparam("after"),
    _d.media_type.is_not(None),
)
_DISCARD = delete(report_drafts).where(
    _d.account_id == bindparam("of_account"), _d.principal_id == bindparam("of_principal")
)
_FORGET_OLD = delete(report_drafts).where(_d.created_on <= bindparam("after"))


class OwnReportService:
    """Fulfils ``OwnReports``. ``mail`` writes to whoever is to know of a report."""

    def __init__(self, database: Database, outbox: Outbox, mail: ReportMail, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = outbox
        self._mail = mail
        self._now = now

    async def draft(
        self, who: Principal, new: NewReport, picture: Picture | None = None, *, keep_picture: bool = False
    ) -> Draft:
        row = {
            **_key(who),
            "draft_id": str(uuid4()),
            "category": fields.text(new.category, "category", _LONGEST_NAME),
            "written": fields.lines(new.written, "text", LONGEST_TEXT),
            "text": fields.lines(new.text, "text", LONGEST_TEXT),
            "facts": _facts(new.facts),
            "keep_numbers": new.keep_numbers,
            "media_type": picture.media_type if picture else None,
            "content": picture.content if picture else None,
            "created_on": self._now(),
        }
        row["account_id"], row["principal_id"] = row.pop("of_account"), row.pop("of_principal")
        return await self._database.write(lambda connection: self._keep(connection, who, row, keep_picture))

    async def find_draft(self, who: Principal) -> Draft | None:
        return await self._database.write(lambda connection: self._found(connection, who))

    async def draft_picture(self, who: Principal, draft_id: str) -> Picture:
        statement = _DRAFT_PICTURE.where(_d.draft_id == bindparam("of_draft"))
        return await report_rows.read_picture(self._database, statement, {**self._fresh(who), "of_draft": draft_id})

    async def discard(self, who: Principal) -> None:
        await self._database.write(lambda connection: connection.execute(_DISCARD, _key(who)))

    async def send(self, who: Principal, draft_id: str) -> Report:
        if not draft_id.isprintable():
            # No column can hold it.
            raise UnknownId("no such draft")
        report = await self._database.write(lambda connection: self._send(connection, who, draft_id))
        self._outbox.wake()
        return report

    async def sent(self, who: Principal, *, limit: int = 20) -> Sequence[Report]:
        rows = await self._database.read(_SENT, {**_key(who), "limit": limit})
        return [report_rows.to_report(row) for row in rows]

    async def by_reference(self, who: Principal, reference: str) -> Report:
        return await report_rows.read(self._database, _BY_REFERENCE, {**_key(who), "reference": reference.lower()})

    async def get(self, who: Principal, report_id: str) -> Report:
        return await report_rows.read(self._database, _ONE, {**_key(who), "of_report": report_id})

    async def picture(self, who: Principal, report_id: str) -> Picture:
        return await report_rows.read_picture(self._database, _PICTURE, {**_key(who), "of_report": report_id})

    def _fresh(self, who: Principal) -> dict[str, Any]:
        return {**_key(who), "after": self._now() - KEPT}

    def _keep(self, connection: Connection, who: Principal, row: dict[str, Any], keep_picture: bool) -> Draft:
        _require_active(connection, who)
        connection.execute(_FORGET_OLD, {"after": self._now() - KEPT})
        if keep_picture and row["content"] is None:
            earlier = connection.execute(_DRAFT_PICTURE, self._fresh(who)).first()
            row["media_type"], row["content"] = earlier or (None, None)
        connection.execute(_DISCARD, _key(who))
        connection.execute(insert(report_drafts), row)
        return self._to_draft(connection, who, connection.execute(_DRAFT, self._fresh(who)).one())

    def _found(self, connection: Connection, who: Principal) -> Draft | None:
        row = connection.execute(_DRAFT, self._fresh(who)).first()
        return None if row is None else self._to_draft(connection, who, row)

    def _to_draft(self, connection: Connection, who: Principal, row: Any) -> Draft:
        new = NewReport(row.category, row.written, row.text, row.facts, bool(row.keep_numbers))
        recipients = [contact.email for contact in self._mail.recipients(connection, who.account_id)]
        return Draft(row.draft_id, new, row.media_type is not None, recipients)

    def _send(self, connection: Connection, who: Principal, draft_id: str) -> Report:
        key = {"of_account": who.account_id, "of_report": draft_id}
        sent = connection.execute(_ONE, {**_key(who), **key}).first()
        if sent is not None:
            return report_rows.to_report(sent)
        row = connection.execute(_DRAFT, self._fresh(who)).first()
        if row is None or row.draft_id != draft_id:
            raise UnknownId("no such draft")
        actor = _require_active(connection, who)
        if connection.execute(_OF_LATE, self._fresh(who)).scalar_one() >= MOST_A_DAY:
            raise Refused(Reason.TOO_MANY)
        self._file(connection, who, row)
        report = report_rows.find(connection, who.account_id, draft_id)
        self._mail.tell(connection, who, report, self._now())
        report_rows.record(connection, actor, "report.filed", report, self._now())
        return report

    def _file(self, connection: Connection, who: Principal, draft: Any) -> None:
        """Makes the draft a report."""
        now = self._now()
        row = {
            "account_id": who.account_id,
            "report_id": draft.draft_id,
            "principal_id": who.principal_id,
            "category": draft.category,
            "text": draft.text,
            "facts": draft.facts,
            "state": ReportState.OPEN,
            "created_on": now,
            "changed_on": now,
        }
        connection.execute(insert(problem_reports), row)
        if (picture := connection.execute(_DRAFT_PICTURE, self._fresh(who)).first()) is not None:
            own = {"account_id": who.account_id, "report_id": draft.draft_id}
            values = {**own, "media_type": picture.media_type, "content": bytes(picture.content)}
            connection.execute(insert(report_pictures), values)
        connection.execute(_DISCARD, _key(who))


def _key(who: Principal) -> dict[str, Any]:
    return {"of_account": who.account_id, "of_principal": who.principal_id}


def _require_active(connection: Connection, who: Principal) -> Actor:
    """Raises ``UnknownId`` for who is gone or may not come in."""
    user = user_rows.find(connection, who.account_id, who.principal_id).user
    if not user.active:
        raise UnknownId("no such user")
    return Actor.of_user(user, correlation_id=correlation.current())


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    if len(facts) > _MOST_FACTS:
        raise Refused(Reason.TOO_LONG, "facts")
    return {
        fields.text(name, "facts", _LONGEST_NAME): fields.lines(value, "facts", _LONGEST_FACT)
        for name, value in facts.items()
        if value.strip()
    }
