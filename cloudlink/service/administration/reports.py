"""Fulfils ``Reports``: what administrators do with the problem reports of their account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from cloudlink.administration.reports import LONGEST_TEXT, Report, ReportState
from cloudlink.port import MAX_PAGE
from cloudlink.service.administration import fields, report_rows
from cloudlink.service.administration.rights import Right, require, require_in
from cloudlink.topics import REPORT_CHANGED
from store import outbox
from store.clock import Clock, utc_now
from store.schema import problem_reports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.reports import Picture
    from store.database import Database
    from store.outbox import Outbox

_c = problem_reports.c
_NEWEST = (
    report_rows.REPORTS.where(_c.state.in_(bindparam("states", expanding=True)))
    .order_by(report_rows.BY_STATE, _c.created_on.desc(), _c.report_id)
    .limit(bindparam("limit"))
)
_CHANGE = (
    update(problem_reports)
    .where(_c.account_id == bindparam("of_account"), _c.report_id == bindparam("of_report"))
    .values(state=bindparam("to_state"), answer=bindparam("says"), changed_on=bindparam("at"))
)


class ReportService:
    """Fulfils ``Reports``."""

    def __init__(self, database: Database, outbox: Outbox, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = outbox
        self._now = now

    async def all(
        self, actor: Actor, account_id: str, *, state: ReportState | None = None, limit: int = 50
    ) -> Sequence[Report]:
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        await require(self._database, actor, account_id, Right.ADMINISTER)
        states = [state.value] if state else [each.value for each in ReportState]
        rows = await self._database.scan(_NEWEST, {"of_account": account_id, "states": states, "limit": limit})
        return [report_rows.to_report(row) for row in rows]

    async def get(self, actor: Actor, account_id: str, report_id: str) -> Report:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return await report_rows.read(self._database, report_rows.ONE, _key(account_id, report_id))

    async def picture(self, actor: Actor, account_id: str, report_id: str) -> Picture:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return await report_rows.read_picture(self._database, report_rows.PICTURE, _key(account_id, report_id))

    async def change(
        self, actor: Actor, account_id: str, report_id: str, state: ReportState, answer: str | None = None
    ) -> Report:
        said = fields.lines(answer, "answer", LONGEST_TEXT) if answer else answer

        def work(connection: Connection) -> Report:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            before = report_rows.find(connection, account_id, report_id)
            values = {"to_state": state, "says": before.answer if said is None else said}
            if (before.state, before.answer) == tuple(values.values()):
                return before
            connection.execute(_CHANGE, {**_key(account_id, report_id), **values, "at": self._now()})
            after = report_rows.find(connection, account_id, report_id)
            self._tell(connection, actor, before, after)
            return after

        changed = await self._database.write(work)
        self._outbox.wake()
        return changed

    def _tell(self, connection: Connection, actor: Actor, before: Report, after: Report) -> None:
        now = self._now()
        action = "report.changed" if before.answer == after.answer else "report.answered"
        report_rows.record(connection, actor, action, after, now, before={"state": before.state})
        payload = {"principal_id": after.principal_id, "report_id": after.report_id}
        outbox.append(connection, after.account_id, REPORT_CHANGED, payload, now)


def _key(account_id: str, report_id: str) -> dict[str, str]:
    return {"of_account": account_id, "of_report": report_id}
