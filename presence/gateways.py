"""Which of an account's telephones are still as their gateway has told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import standing
from store.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from presence.rows import Device
    from store.clock import Clock
    from store.database import Database
    from store.standing import Gateway

_Signs = tuple["datetime | None", "datetime | None", "datetime | None"]


class Gateways:
    """Those of one account.

    ``inherited``: whoever looked after it before has vanished, and with them perhaps the links that they noted, so a
    gateway is believed to be linked when there is a sign of life after that.
    """

    def __init__(self, database: Database, account_id: str, now: Clock, *, inherited: bool = False) -> None:
        self._database = database
        self._account_id = account_id
        self._now = now
        self._since = now()
        self._doubted: dict[str, _Signs] | None = {} if inherited else None
        self._gateways: Mapping[str, Gateway] = {}
        self._standings: Mapping[str, Standing] = {}

    @property
    def doubtful(self) -> bool:
        """Whether a look may tell more than the last one did."""
        return any(standing is Standing.SETTLING for standing in self._standings.values())

    async def look(self) -> bool:
        """Reads how they are; whether that is otherwise than before."""
        found = await self._database.read(standing.OF_ACCOUNT, {"account_id": self._account_id})
        gateways = [standing.to_gateway(row) for row in found]
        self._gateways = {gateway.gateway_id: gateway for gateway in gateways}
        before, self._standings = self._standings, {each.gateway_id: self._standing(each) for each in gateways}
        return before != self._standings

    def holds(self, device: Device) -> bool:
        """Whether the device is still as it was told to be; by the only gateway, where it is not known by which."""
        teller = device.told_by or (next(iter(self._gateways)) if len(self._gateways) == 1 else None)
        gateway = self._gateways.get(teller) if teller is not None else None
        if gateway is None or self._standings[gateway.gateway_id] is not Standing.THERE:
            return False
        return gateway.holds(device.changed_at)

    def _standing(self, gateway: Gateway) -> Standing:
        stands = gateway.standing(self._now())
        if stands is Standing.THERE and not self._alive(gateway):
            return Standing.SETTLING
        return stands

    def _alive(self, gateway: Gateway) -> bool:
        if self._doubted is None:
            return True
        signs = (gateway.linked_since, gateway.seen_at, gateway.heard_at)
        # Not by the clock alone: it may have been put back since, and a sign of the future was given before.
        first, now = self._doubted.setdefault(gateway.gateway_id, signs), self._now()
        return first != signs or any(sign is not None and self._since <= sign <= now for sign in signs)
