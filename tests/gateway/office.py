"""An exchange on a PBX at the byte level, with all that it tells."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any

from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls.clock import SteadyClock
from gateway.calls.lines import Lines
from gateway.exchange import Connection, Exchange
from gateway.pbx import PROFILES
from gateway.transport import Address
from store.clock import utc_now
from tests.gateway.conditions import AT_ONCE, Watched, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from cloudlink.model import Call
    from cloudlink.uplink import Fact
    from tests.fakes.csta_peer import CstaPeer

RINGING = (
    "<connection><callID>5</callID><deviceID>N&lt;201&gt;</deviceID></connection>"
    "<callingDevice><deviceIdentifier>N&lt;+33199000142&gt;</deviceIdentifier></callingDevice>"
    "<localConnectionInfo>alerting</localConnectionInfo>"
)
CLEARED = (
    "<droppedConnection><callID>5</callID><deviceID>N&lt;201&gt;</deviceID></droppedConnection>"
    "<localConnectionInfo>null</localConnectionInfo>"
)
SNAPSHOT_DATA = (
    "<snapshotData><snapshotDeviceResponseInfo><connectionIdentifier>"
    "<callID>5</callID><deviceID>201</deviceID></connectionIdentifier><localCallState><simpleCallState>callReceived"
    "</simpleCallState></localCallState></snapshotDeviceResponseInfo></snapshotData>"
)
RINGS_IN_SNAPSHOT = (
    f"<SnapshotDeviceResponse><crossRefIDorSnapshotData>{SNAPSHOT_DATA}</crossRefIDorSnapshotData>"
    "</SnapshotDeviceResponse>"
)


class Office:
    """An exchange on a peer. While ``full``, the next fact cannot be taken.

    ``profile`` changes values of the MiVoice Office 400's, ``connection`` those of the connection to it.
    """

    full = False

    def __init__(
        self,
        port: int,
        connection: Mapping[str, Any] | None = None,
        now: Callable[[], datetime] = utc_now,
        **profile: float,
    ) -> None:
        ids = count(1)
        self.told: list[Fact] = []
        self.counters = Watched()
        clock = SteadyClock.on(now)
        self.lines = Lines(self._publish, clock, lambda: f"record-{next(ids)}")
        office400 = replace(PROFILES["office400"], **profile)  # type: ignore[arg-type]
        to = Connection(address=Address(host="127.0.0.1", ports=(port,)), profile=office400, backoff=AT_ONCE)
        self.exchange = Exchange(replace(to, **(connection or {})), self.lines, self.counters)

    def _publish(self, facts: Sequence[Fact]) -> None:
        if self.full:
            self.full = False
            raise MemoryError
        self.told += facts
        self.counters["told"] += len(facts)

    @property
    def records(self) -> list[Call]:
        """The calls that have ended."""
        return [fact.call for fact in self.told if isinstance(fact, CallRecorded)]

    @property
    def shown(self) -> list[tuple[str, str]]:
        """Extensions and the states that they showed, in order."""
        return [(fact.extension, fact.state) for fact in self.told if isinstance(fact, LineChanged) and fact.state]

    @property
    def disturbed(self) -> list[tuple[str, bool]]:
        """Extensions and their do not disturb, in order."""
        changes = [fact for fact in self.told if isinstance(fact, LineChanged)]
        return [(fact.extension, fact.dnd) for fact in changes if fact.dnd is not None]


@asynccontextmanager
async def office(
    peer: CstaPeer,
    *extensions: str,
    connection: Mapping[str, Any] | None = None,
    now: Callable[[], datetime] = utc_now,
    **profile: float,
) -> AsyncIterator[Office]:
    """A running one."""
    us = Office(peer.port, connection, now, **profile)
    us.exchange.want(extensions)
    async with running(us.exchange.run()):
        yield us
