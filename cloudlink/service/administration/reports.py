"""Fulfils ``Reports``: people's problem reports, with a receipt by mail to whoever filed one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import and_, bindparam, insert, select, update

from cloudlink import correlation
from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.reports import Report, ReportState
from cloudlink.port import MAX_PAGE, UnknownId
from cloudlink.service.administration import audit, fields, user_rows
from cloudlink.service.administration.rights import Right, require, require_in
from cloudlink.service.mail import queue
from cloudlink.service.mail.letters import Template
from store.clock import Clock, utc_now
from store.schema import problem_reports, users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from cloudlink.model import Principal
    from store.database import Database
    from store.outbox import Outbox
    from store.vault import Vault

LONGEST_TEXT = 4_000
_LONGEST_CATEGORY = 32
_MOST_FACTS = 40
_LONGEST_FACT = 1_000

_c = problem_reports.c
_REPORT = (
    select(
        _c.report_id,
        _c.account_id,
        _c.principal_id,
        users.c.name,
        _c.category,
        _c.text,
        _c.facts,
        _c.state,
        _c.created_on,
    )
    .join(users, and_(users.c.account_id == _c.account_id, users.c.principal_id == _c.principal_id))
    .where(_c.account_id == bindparam("of_account"))
)
_ONE = _REPORT.where(_c.report_id == bindparam("of_report"))
# "open" comes after "closed" in the alphabet.
_NEWEST = (
    _REPORT.where(_c.state.in_(bindparam("states", expanding=True)))
    .order_by(_c.state.desc(), _c.created_on.desc(), _c.report_id)
    .limit(bindparam("limit"))
)
_SET_STATE = (
    update(problem_reports)
    .where(_c.account_id == bindparam("of_account"), _c.report_id == bindparam("of_report"))
    .values(state=bindparam("to_state"), changed_on=bindparam("at"))
)


class ReportService:
    """Fulfils ``Reports``."""

    def __init__(self, database: Database, outbox: Outbox, vault: Vault, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = outbox
        self._vault = vault
        self._now = now

    async def file(self, who: Principal, category: str, text: str, facts: Mapping[str, str]) -> Report:
        values = {
            "category": fields.text(category, "category", _LONGEST_CATEGORY),
            "text": fields.lines(text, "text", LONGEST_TEXT),
            "facts": _facts(facts),
        }
        report = await self._database.write(lambda connection: self._file(connection, who, values))
        self._outbox.wake()
        return report

    async def all(
        self, actor: Actor, account_id: str, *, state: ReportState | None = None, limit: int = 50
    ) -> Sequence[Report]:
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        await require(self._database, actor, account_id, Right.ADMINISTER)
        states = [state.value] if state else [each.value for each in ReportState]
        rows = await self._database.scan(_NEWEST, {"of_account": account_id, "states": states, "limit": limit})
        return [Report(*row) for row in rows]

    async def get(self, actor: Actor, account_id: str, report_id: str) -> Report:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        rows = await self._database.read(_ONE, {"of_account": account_id, "of_report": report_id})
        if not rows:
            raise UnknownId("no such report")
        return Report(*rows[0])

    async def set_state(self, actor: Actor, account_id: str, report_id: str, state: ReportState) -> Report:
        def work(connection: Connection) -> Report:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            before = _find(connection, account_id, report_id)
            key = {"of_account": account_id, "of_report": report_id}
            connection.execute(_SET_STATE, {**key, "to_state": state, "at": self._now()})
            after = _find(connection, account_id, report_id)
            if before.state != after.state:
                self._record(connection, actor, "report.changed", after, before={"state": before.state})
            return after

        return await self._database.write(work)

    def _file(self, connection: Connection, who: Principal, values: Mapping[str, Any]) -> Report:
        user = user_rows.find(connection, who.account_id, who.principal_id).user
        if not user.active:
            raise UnknownId("no such user")
        row = {
            **values,
            "account_id": who.account_id,
            "report_id": str(uuid4()),
            "principal_id": who.principal_id,
            "state": ReportState.OPEN,
            "created_on": self._now(),
            "changed_on": self._now(),
        }
        connection.execute(insert(problem_reports), row)
        report = _find(connection, who.account_id, row["report_id"])
        receipt = {"reference": report.reference, "text": report.text}
        queue.enqueue(connection, self._vault, who, Template.REPORT_RECEIPT, receipt, now=self._now())
        actor = Actor.of_user(user, correlation_id=correlation.current())
        self._record(connection, actor, "report.filed", report)
        return report

    def _record(
        self,
        connection: Connection,
        actor: Actor,
        action: str,
        report: Report,
        *,
        before: Mapping[str, Any] | None = None,
    ) -> None:
        """What a person wrote is not in the log, which outlives them."""
        subject = ("report", report.report_id, report.reference)
        now, after = self._now(), {"state": report.state}
        audit.record(connection, actor, report.account_id, action, subject=subject, now=now, before=before, after=after)


def _find(connection: Connection, account_id: str, report_id: str) -> Report:
    row = connection.execute(_ONE, {"of_account": account_id, "of_report": report_id}).first()
    if row is None:
        raise UnknownId("no such report")
    return Report(*row)


def _facts(facts: Mapping[str, str]) -> dict[str, str]:
    if len(facts) > _MOST_FACTS:
        raise Refused(Reason.TOO_LONG, "facts")
    return {
        fields.text(name, "facts", _LONGEST_CATEGORY): fields.text(value, "facts", _LONGEST_FACT, required=False)
        for name, value in facts.items()
    }
