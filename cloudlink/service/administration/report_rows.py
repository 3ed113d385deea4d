"""Rows of ``problem_reports`` as ``Report``, and their pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, case, exists, func, select

from cloudlink.administration.reports import Picture, Report, ReportState
from cloudlink.port import UnknownId
from cloudlink.service.administration import audit
from store.schema import problem_reports, report_pictures, users

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection, Select

    from cloudlink.administration.actor import Actor
    from store.database import Database, Parameters

_c = problem_reports.c
_PICTURE_OF = and_(report_pictures.c.account_id == _c.account_id, report_pictures.c.report_id == _c.report_id)

REPORTS = (
    select(
        _c.report_id,
        _c.account_id,
        _c.principal_id,
        users.c.name,
        _c.category,
        _c.text,
        _c.facts,
        _c.state,
        func.coalesce(_c.answer, "").label("answer"),
        _c.created_on,
        _c.changed_on,
        exists().where(_PICTURE_OF).label("has_picture"),
    )
    .join(users, and_(users.c.account_id == _c.account_id, users.c.principal_id == _c.principal_id))
    .where(_c.account_id == bindparam("of_account"))
)
ONE = REPORTS.where(_c.report_id == bindparam("of_report"))
BY_STATE = case({state.value: place for place, state in enumerate(ReportState)}, value=_c.state, else_=0)
PICTURE = (
    select(report_pictures.c.media_type, report_pictures.c.content)
    .join(problem_reports, _PICTURE_OF)
    .where(_c.account_id == bindparam("of_account"), _c.report_id == bindparam("of_report"))
)


def to_report(row: Any) -> Report:
    """From a row of ``REPORTS``."""
    report = Report(*row)
    # SQLite knows no truth, only numbers.
    return replace(report, has_picture=bool(report.has_picture))


def find(connection: Connection, account_id: str, report_id: str) -> Report:
    """One of the account, in the caller's transaction. Raises ``UnknownId``."""
    row = connection.execute(ONE, {"of_account": account_id, "of_report": report_id}).first()
    if row is None:
        raise UnknownId("no such report")
    return to_report(row)


async def read(database: Database, statement: Select[Any], parameters: Parameters) -> Report:
    """The only or first one. Raises ``UnknownId``."""
    rows = await database.read(statement, parameters)
    if not rows:
        raise UnknownId("no such report")
    return to_report(rows[0])


async def read_picture(database: Database, statement: Select[Any], parameters: Parameters) -> Picture:
    """Megabytes of a picture, off the event loop. Raises ``UnknownId``."""
    rows = await database.scan(statement, parameters)
    if not rows:
        raise UnknownId("no such picture")
    return Picture(rows[0][0], bytes(rows[0][1]))


def record(
    connection: Connection,
    actor: Actor,
    action: str,
    report: Report,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
) -> None:
    """What a person wrote is not in the log, which outlives them; nor is what was answered."""
    subject = ("report", report.report_id, report.reference)
    after = {"state": report.state}
    audit.record(connection, actor, report.account_id, action, subject=subject, now=now, before=before, after=after)
