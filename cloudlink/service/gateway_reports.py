"""The latest report of each gateway: written as gateways tell, read for their account's administrators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink import gateway_report
from cloudlink.administration.gateways import Condition
from cloudlink.service.administration.rights import Right, require
from store.schema import gateway_reports, users
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.gateway_report import GatewayReport
    from cloudlink.service.spools import Gateway
    from store.database import Database

_c = gateway_reports.c
_KEEP = insert(gateway_reports)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=[_c.gateway_id], set_={"report": _KEEP.excluded.report, "heard_at": _KEEP.excluded.heard_at}
)
_ALL = select(_c.gateway_id, _c.report, _c.heard_at).where(_c.account_id == bindparam("account_id"))
_NAMES = select(users.c.extension, users.c.name).where(
    users.c.account_id == bindparam("account_id"), users.c.extension.in_(bindparam("extensions", expanding=True))
)


def keep(connection: Connection, gateway: Gateway, report: GatewayReport, now: datetime) -> None:
    """In place of the one before."""
    row = {
        "gateway_id": gateway.gateway_id,
        "account_id": gateway.account_id,
        "report": gateway_report.to_json(report),
        "heard_at": now,
    }
    connection.execute(_KEEP, row)


class StoredConditions:
    """Fulfils ``Conditions``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, actor: Actor, account_id: str) -> Mapping[str, Condition]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        rows = await self._database.read(_ALL, {"account_id": account_id})
        told = {gateway_id: (gateway_report.from_json(text), heard_at) for gateway_id, text, heard_at in rows}
        names = await self._names(account_id, [report for report, _ in told.values()])
        return {
            gateway_id: Condition(report, heard_at, {e: names[e] for e in _left_out(report) if e in names})
            for gateway_id, (report, heard_at) in told.items()
        }

    async def _names(self, account_id: str, reports: list[GatewayReport]) -> Mapping[str, str]:
        extensions = sorted({extension for report in reports for extension in _left_out(report)})
        if not extensions:
            return {}
        rows = await self._database.scan(_NAMES, {"account_id": account_id, "extensions": extensions})
        return {str(extension): str(name) for extension, name in rows}


def _left_out(report: GatewayReport) -> list[str]:
    return [*(refused.extension for refused in report.pbx.refused), *report.pbx.surplus]
