"""Lines as a gateway tells them which is linked at that moment, for tests that need no gateway of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, update

from cloudlink.service import facts
from cloudlink.uplink import LineChanged
from store.schema import gateways

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.model import User
    from store.database import Database


async def show_line(
    database: Database, user: User, now: datetime, *, state: str | None = None, dnd: bool | None = None
) -> None:
    """Stores it as the uplink would, at ``now`` by the gateway's clock too."""
    fact = LineChanged(user.extension or "", now, state, dnd)

    def work(connection: Connection) -> None:
        gateway_id = linked(connection, user.account_id, now)
        facts.write(connection, user.account_id, [fact], now, told_by=gateway_id)

    await database.write(work)


def linked(connection: Connection, account_id: str, now: datetime) -> str:
    """Has the account's one gateway be linked at that moment; answers its id."""
    there = {"linked_since": now, "seen_at": now}
    gateway_id = account_id[::-1]
    if connection.execute(update(gateways).where(gateways.c.gateway_id == gateway_id).values(there)).rowcount == 0:
        made = {"gateway_id": gateway_id, "account_id": account_id, "received": 0, "created_on": now, "calls_lost": 0}
        connection.execute(insert(gateways).values(**made, **there))
    return gateway_id


async def unlink(database: Database, account_id: str) -> None:
    """The link of that gateway ends."""
    ended = update(gateways).where(gateways.c.gateway_id == account_id[::-1]).values(linked_since=None)
    await database.write(lambda connection: connection.execute(ended))
