"""Fulfils ``GatewayLinks`` from what each server notes of the links that it holds.

A server that is killed cannot note that its links have ended: until the gateway comes back, they look open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink.administration.gateways import Link
from store.schema import gateways

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.model import Principal
    from store.database import Database

_c = gateways.c
_LINKS = (
    select(_c.linked_since, _c.seen_at)
    .where(_c.account_id == bindparam("account_id"), _c.key_hash != "")
    .order_by(_c.name, _c.gateway_id)
)


class StoredLinks:
    """Fulfils ``GatewayLinks``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, who: Principal) -> Sequence[Link]:
        rows = await self._database.read(_LINKS, {"account_id": who.account_id})
        return [Link(since is not None, since or seen_at) for since, seen_at in rows]
