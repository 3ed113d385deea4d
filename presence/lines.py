"""What one account's telephones say, told to the ledger as what Teams is to show of their people.

Levels, not edges: whoever may be otherwise is read as they are now, so that nothing depends on hearing every event, in
order, once. Of each person who is shown the object id is kept, so that the session of whoever is none of them any more
can be ended.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from cloudlink.model import CallState
from presence import rows, sessions
from presence.policy import wanted
from store.devices import unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from presence.gateways import Gateways
    from presence.model import Switched
    from presence.policy import Shown, Wanted
    from presence.rows import Device
    from presence.steering import Steering
    from store.database import Database


class Told(Protocol):
    """As ``writer.Writer``."""

    def want(self, object_id: str, wanted: Wanted, *, since: float | None = None) -> None:
        """What Teams is to show of somebody."""

    def forget(self, object_id: str) -> None:
        """Nobody's any more."""


class Remember(Protocol):
    """As ``ledger.Ledger.remember``."""

    def __call__(self, object_id: str, shown: Shown) -> None: ...


class Lines:
    """Those of one account. Everything here may raise ``DatabaseUnavailable`` and can then be repeated.

    ``steering`` hears all of it too, and says whose do not disturb is Teams' own.
    """

    def __init__(
        self, database: Database, switched: Switched, gateways: Gateways, told: Told, steering: Steering
    ) -> None:
        self._database = database
        self._switched = switched
        self._gateways = gateways
        self._told = told
        self._steering = steering
        self._people: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._left: set[str] = set()
        # Whatever was read first is told first.
        self._turn = asyncio.Lock()

    @property
    def object_ids(self) -> Mapping[str, str]:
        """Of whoever has a telephone and is known in the tenant, by principal id."""
        return self._people

    @property
    def principal_ids(self) -> Mapping[str, str]:
        """The same the other way round."""
        return self._owners

    async def remember(self, remembered: Remember) -> None:
        """What an earlier life may have left is told to the ledger; the next ``reconcile`` ends what nobody wants."""
        after = ""
        while page := await sessions.left(self._database, self._switched, after):
            for object_id, shown in page:
                remembered(object_id, shown)
                self._left.add(object_id)
            after = page[-1][0]

    def end_remembered(self) -> None:
        """Nobody wants any of it."""
        for object_id in self._left:
            self._told.forget(object_id)
        self._left.clear()

    async def refresh(self, since: Mapping[str, float | None]) -> None:
        """Reads how these people are now; by principal id, with the moment since which they may be otherwise."""
        for principal_ids in _parts(list(since)):
            async with self._turn:
                devices = await rows.devices(self._database, self._switched, principal_ids)
                self._tell(principal_ids, devices, since)

    async def reconcile(self) -> None:
        """Reads how all are now. Only what is otherwise than it was told before makes a write."""
        unseen = set(self._people)
        after = ""
        while page := await rows.matched(self._database, self._switched, after):
            await self.refresh(dict.fromkeys(page))
            unseen.difference_update(page)
            after = page[-1]
        await self.refresh(dict.fromkeys(unseen))
        self._steering.only(self._people)
        self._left.difference_update(self._owners)
        self.end_remembered()

    def _tell(self, principal_ids: Iterable[str], devices: Sequence[Device], since: Mapping[str, float | None]) -> None:
        absent = set(principal_ids)
        for principal_id, own in groupby(devices, lambda device: device.endpoint.principal_id or ""):
            absent.discard(principal_id)
            found = list(own)
            object_id = found[0].object_id
            self._is(principal_id, object_id)
            self._told.want(object_id, self._wanted(principal_id, object_id, found), since=since.get(principal_id))
        for principal_id in absent:
            self._is(principal_id, None)
            self._steering.gone(principal_id)

    def _is(self, principal_id: str, object_id: str | None) -> None:
        """Who somebody is in the tenant now; the session of who they were before ends, unless it is another's now."""
        before = self._people.get(principal_id)
        if before == object_id:
            return
        if before is not None:
            del self._people[principal_id]
            if self._owners.get(before) == principal_id:
                del self._owners[before]
                self._told.forget(before)
        if object_id is not None:
            self._people[principal_id] = object_id
            self._owners[object_id] = principal_id

    def _wanted(self, principal_id: str, object_id: str, devices: Collection[Device]) -> Wanted:
        known = [device.endpoint if self._gateways.holds(device) else unknown(device.endpoint) for device in devices]
        told = [device.dnd for device in known if device.state != CallState.UNKNOWN]
        self._steering.hear(principal_id, object_id, on=any(told) if told else None)
        if self._steering.by_teams(principal_id):
            known = [replace(device, dnd=False) for device in known]
        return wanted(known, ringing=self._switched.options.ringing)


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + rows.PAGE] for start in range(0, len(ids), rows.PAGE))
