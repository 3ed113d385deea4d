"""Which calls somebody hid together, for as long as they may take it back: a day."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select

from store.clock import Clock, utc_now
from store.schema import hidings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from cloudlink.model import Principal
    from store.database import Database, Parameters

LONGEST_ID = 32
_LIFETIME = timedelta(days=1)
_c = hidings.c
_ONE = (
    _c.account_id == bindparam("of_account"),
    _c.principal_id == bindparam("of_principal"),
    _c.hiding_id == bindparam("id"),
    _c.expires_at > bindparam("now"),
)
_COUNT = select(_c.calls).where(*_ONE)
_CALLS = select(_c.call_ids).where(*_ONE)
_KEEP = insert(hidings)
_FORGET = delete(hidings).where(*_ONE)
_EXPIRED = delete(hidings).where(_c.expires_at <= bindparam("now"))


class Hidings:
    """What can be taken back. An id is unknown to everybody but whose calls they are."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def keep(self, who: Principal, call_ids: Sequence[str]) -> str:
        """The id of a new one; the calls are those that this hid, and no others."""
        now, hiding_id = self._now(), secrets.token_urlsafe(16)
        row = {
            "account_id": who.account_id,
            "principal_id": who.principal_id,
            "hiding_id": hiding_id,
            "call_ids": list(call_ids),
            "calls": len(call_ids),
            "expires_at": now + _LIFETIME,
        }

        def work(connection: Connection) -> None:
            connection.execute(_EXPIRED, {"now": now})
            connection.execute(_KEEP, row)

        await self._database.write(work)
        return hiding_id

    async def count(self, who: Principal, hiding_id: str) -> int:
        """How many calls it was; 0 for one that is unknown, over or taken back."""
        rows = await self._database.read(_COUNT, self._key(who, hiding_id))
        return int(rows[0][0]) if rows else 0

    async def calls(self, who: Principal, hiding_id: str) -> Sequence[str]:
        """Which calls it was; none for one that is unknown, over or taken back."""
        rows = await self._database.scan(_CALLS, self._key(who, hiding_id))
        return list(rows[0][0]) if rows else []

    async def forget(self, who: Principal, hiding_id: str) -> None:
        """After it was taken back."""
        key = self._key(who, hiding_id)
        await self._database.write(lambda connection: connection.execute(_FORGET, key))

    def _key(self, who: Principal, hiding_id: str) -> Parameters:
        return {"of_account": who.account_id, "of_principal": who.principal_id, "id": hiding_id, "now": self._now()}
