"""Fulfils ``PresenceSyncs``. Rights come with the integrations: who may see an account's may see its presence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import Reason, Refused
from presence import people
from presence.model import Overview, Trouble
from store import standing, upsert
from store.clock import Clock, utc_now
from store.schema import presence_syncs
from store.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.integrations import Integration, Integrations
    from presence.model import NotSynced, People
    from presence.recorder import Recorder
    from store.database import Database

_c = presence_syncs.c
_SYNC = select(
    _c.claimed_until,
    _c.succeeded_on,
    _c.trouble,
    _c.trouble_since,
    _c.backlog,
    _c.throttled,
    _c.matched_on,
    _c.match_at,
).where(_c.account_id == bindparam("account_id"))
_TROUBLE = select(_c.trouble).where(_c.account_id == bindparam("account_id"))
_TO_PUT_RIGHT = frozenset({Trouble.SECRET_REFUSED, Trouble.NOT_CONSENTED, Trouble.REJECTED})
_MATCH_NOW = upsert.insert(presence_syncs)
_MATCH_NOW = _MATCH_NOW.on_conflict_do_update(
    index_elements=[_c.account_id], set_={"match_at": _MATCH_NOW.excluded.match_at}
)


class PresenceService:
    """On the store."""

    def __init__(self, database: Database, integrations: Integrations, record: Recorder, now: Clock = utc_now) -> None:
        self._database = database
        self._integrations = integrations
        self._record = record
        self._now = now

    async def overview(self, actor: Actor, account_id: str) -> Overview:
        integration = await self._integration(actor, account_id)
        now = self._now()
        stands = [each.standing(now) for each in await self._gateways(account_id)]
        plain = Overview(
            set_up=integration is not None,
            enabled=integration is not None and integration.enabled,
            gateways=len(stands),
            telling=sum(each in {Standing.THERE, Standing.SETTLING} for each in stands),
        )
        if not plain.enabled:
            return plain
        in_sync, not_synced = await people.counts(self._database, account_id, _tenant(integration), now)
        counted = replace(plain, in_sync=in_sync, not_synced=not_synced)
        told = await self._database.read(_SYNC, {"account_id": account_id})
        return _with_state(counted, told[0], now) if told else replace(counted, matching=True)

    async def trouble(self, actor: Actor, account_id: str) -> Trouble | None:
        integration = await self._integration(actor, account_id)
        if integration is None or not integration.enabled:
            return None
        told = await self._database.read(_TROUBLE, {"account_id": account_id})
        return Trouble(told[0][0]) if told and told[0][0] in _TO_PUT_RIGHT else None

    async def people(
        self,
        actor: Actor,
        account_id: str,
        *,
        reason: NotSynced | None = None,
        all_: bool = False,
        text: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> People:
        tenant_id = _tenant(await self._integration(actor, account_id))
        return await people.page(
            self._database,
            account_id,
            tenant_id,
            self._now(),
            only_not_synced=not all_,
            reason=reason,
            text=text,
            cursor=cursor,
            limit=limit,
        )

    async def match_again(self, actor: Actor, account_id: str) -> None:
        integration = await self._integration(actor, account_id)
        if integration is None or not integration.enabled:
            raise Refused(Reason.STATE)
        now = self._now()
        row = {"account_id": account_id, "backlog": 0, "throttled": 0, "match_at": now}
        subject = ("presence", account_id, integration.configuration["name"])

        def work(connection: Connection) -> None:
            connection.execute(_MATCH_NOW, row)
            self._record(connection, actor, account_id, "presence.matched", subject=subject, now=now)

        await self._database.write(work)

    async def _integration(self, actor: Actor, account_id: str) -> Integration | None:
        found = await self._integrations.all(actor, account_id)
        return next((each for each in found if each.kind == IntegrationKind.TEAMS_PRESENCE), None)

    async def _gateways(self, account_id: str) -> list[standing.Gateway]:
        return [
            standing.to_gateway(row)
            for row in await self._database.read(standing.OF_ACCOUNT, {"account_id": account_id})
        ]


def _tenant(integration: Integration | None) -> str:
    return integration.configuration["tenantId"] if integration else ""


def _with_state(plain: Overview, sync: Sequence[Any], now: datetime) -> Overview:
    claimed_until, succeeded_on, trouble, trouble_since, backlog, throttled, matched_on, match_at = sync
    return replace(
        plain,
        attended=claimed_until is not None and claimed_until > now,
        succeeded_on=succeeded_on,
        trouble=None if trouble is None else Trouble(trouble),
        trouble_since=trouble_since,
        backlog=backlog,
        throttled=throttled,
        matched_on=matched_on,
        matching=match_at is None or match_at <= now,
    )
