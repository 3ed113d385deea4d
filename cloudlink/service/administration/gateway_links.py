"""Fulfils ``GatewayLinks`` from what each server notes of the links that it holds.

A server that is killed cannot note that its links have ended. Nor can it go on noting that they are open, which
``Uplink.run`` does each minute: so they are taken to be open for a few minutes at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink.administration.gateways import Link
from store.clock import Clock, utc_now
from store.schema import gateways
from store.standing import BELIEVED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.model import Principal
    from store.database import Database

_c = gateways.c
_LINKS = (
    select(_c.linked_since, _c.seen_at)
    .where(_c.account_id == bindparam("account_id"), _c.public_key != "")
    .order_by(_c.name, _c.gateway_id)
)


class StoredLinks:
    """Fulfils ``GatewayLinks``."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def of(self, who: Principal) -> Sequence[Link]:
        rows = await self._database.read(_LINKS, {"account_id": who.account_id})
        return [self._link(since, seen_at) for since, seen_at in rows]

    def _link(self, since: datetime | None, seen_at: datetime | None) -> Link:
        if since is None or seen_at is None or self._now() - seen_at > BELIEVED:
            return Link(connected=False, since=seen_at)
        return Link(connected=True, since=since)
