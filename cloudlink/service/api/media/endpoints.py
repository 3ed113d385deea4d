"""Devices and their line state, for the public API.

Mitel does not publish how a user's device is found. Here the id of an endpoint is its own, or its user's: then it is
the first of that user's devices by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, or_, select

from cloudlink.port import UnknownId
from store.devices import DEVICE_COLUMNS, tellers_of
from store.schema import endpoints

if TYPE_CHECKING:
    from datetime import datetime

    from cloudlink.model import Endpoint
    from cloudlink.service.api.media.records import Scope
    from store.database import Database

_c = endpoints.c
_NAMED = or_(_c.endpoint_id == bindparam("endpoint_id"), _c.principal_id == bindparam("endpoint_id"))
_IN_ACCOUNT = select(*DEVICE_COLUMNS).where(_c.account_id == bindparam("account_id"), _NAMED).order_by(_c.name).limit(1)
_OWN = _IN_ACCOUNT.where(_c.principal_id == bindparam("principal_id"))


async def find(database: Database, scope: Scope, endpoint_id: str, now: datetime) -> Endpoint:
    """As it is now. Raises ``UnknownId``."""
    statement = _IN_ACCOUNT if scope.principal_id is None else _OWN
    rows = await database.read(statement, {**scope.parameters(), "endpoint_id": endpoint_id})
    if not rows:
        raise UnknownId("no such endpoint")
    return (await tellers_of(database, scope.account_id, now)).device(rows[0])
