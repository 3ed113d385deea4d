"""Why nothing is known of somebody's telephones, by who told of them last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from presence.model import NotSynced
from presence.policy import UNCHANGED, wanted
from store import standing
from store.devices import unknown
from store.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.model import Endpoint
    from store.database import Database


@dataclass(frozen=True, slots=True)
class Telephone:
    """As ``told_by``, a gateway, told that it was since ``changed_at``."""

    told_by: str | None
    changed_at: datetime | None
    endpoint: Endpoint


async def told_now(database: Database, account_id: str, now: datetime) -> Told:
    """By the account's gateways as they are now."""
    rows = await database.read(standing.OF_ACCOUNT, {"account_id": account_id})
    return Told([standing.to_gateway(row) for row in rows], now)


class Told:
    """What the gateways of an account have told, and whether it holds."""

    def __init__(self, gateways: Sequence[standing.Gateway], now: datetime) -> None:
        self._gateways = {gateway.gateway_id: gateway for gateway in gateways}
        self._standings = {gateway.gateway_id: gateway.standing(now) for gateway in gateways}

    @property
    def by_anybody(self) -> bool:
        """Whether the account has a gateway."""
        return bool(self._gateways)

    def why_unknown(self, telephones: Sequence[Telephone]) -> NotSynced | None:
        """Why these telephones of one person say nothing that could be shown; ``None`` when they do."""
        known = [each.endpoint if self._holds(each) else unknown(each.endpoint) for each in telephones]
        if wanted(known) is not UNCHANGED:
            return None
        standings = {self._standing(each) for each in telephones}
        if standings == {Standing.SILENT}:
            return NotSynced.PBX_TELLS_NOTHING
        return NotSynced.GATEWAY_AWAY if Standing.AWAY in standings or not self._gateways else NotSynced.NOT_TOLD

    def _holds(self, telephone: Telephone) -> bool:
        teller = self._teller(telephone)
        if teller is None or self._standings[teller.gateway_id] is not Standing.THERE:
            return False
        return teller.holds(telephone.changed_at)

    def _teller(self, telephone: Telephone) -> standing.Gateway | None:
        """The only gateway, where it is not known which one told."""
        if telephone.told_by is None and len(self._gateways) == 1:
            return next(iter(self._gateways.values()))
        return self._gateways.get(telephone.told_by or "")

    def _standing(self, telephone: Telephone) -> Standing:
        """Of the gateway that told; as long as none has, of those that it may be, the one that is to blame."""
        teller = self._teller(telephone)
        if teller is not None:
            return self._standings[teller.gateway_id]
        possible = set(self._standings.values())
        if Standing.SILENT in possible and possible <= {Standing.SILENT, Standing.THERE}:
            # Those that are there have told of all of theirs.
            return Standing.SILENT
        return Standing.AWAY if Standing.AWAY in possible or not possible else Standing.SETTLING
