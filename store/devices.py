"""Devices as people and programs may be told of them: as their gateway has told, or unknown while it cannot tell.

Statements select ``DEVICE_COLUMNS``, and whoever reads them asks ``tellers_of`` the account first.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cloudlink.model import CallState, UserAvailability
from store import standing
from store.rows import ENDPOINT_COLUMNS, to_endpoint
from store.schema import endpoints

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from typing import Any

    from cloudlink.model import Endpoint
    from store.database import Database
    from store.standing import Gateway

DEVICE_COLUMNS = (*ENDPOINT_COLUMNS, endpoints.c.told_by, endpoints.c.changed_at)


class Tellers:
    """The gateways of one account at one moment."""

    def __init__(self, gateways: Iterable[Gateway], now: datetime) -> None:
        self._gateways = {gateway.gateway_id: gateway for gateway in gateways}
        self._now = now

    def device(self, row: Sequence[Any]) -> Endpoint:
        """From a row of ``DEVICE_COLUMNS``."""
        *fields, told_by, changed_at = row
        endpoint = to_endpoint(fields)
        # A device that was told of before this was noted was by the only gateway there is.
        only = next(iter(self._gateways.values())) if len(self._gateways) == 1 else None
        gateway = self._gateways.get(told_by) if told_by else only
        return endpoint if gateway is not None and gateway.shows(changed_at, self._now) else unknown(endpoint)


async def tellers_of(database: Database, account_id: str, now: datetime) -> Tellers:
    """Those of the account as they are now."""
    rows = await database.read(standing.OF_ACCOUNT, {"account_id": account_id})
    return Tellers(map(standing.to_gateway, rows), now)


def unknown(endpoint: Endpoint) -> Endpoint:
    """Nobody knows how it is. A message that waits does so all the same."""
    return replace(endpoint, state=CallState.UNKNOWN, user_availability=UserAvailability.AVAILABLE, dnd=False)
