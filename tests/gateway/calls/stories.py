"""Calls as one extension's monitor tells them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls.line import Line
from gateway.csta.devices import DeviceId
from gateway.csta.messages import CallEvent, ConnectionId, EventKind, JoinedConnection, Party

if TYPE_CHECKING:
    from cloudlink.model import Call
    from cloudlink.uplink import Fact

CALLER = Party("+33199000142", "Warehouse")
ME = Party("201", "Front Desk")
COLLEAGUE = Party("202", "Workshop")
START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def connection(call: str | None, device: str | None) -> ConnectionId:
    return ConnectionId(call, DeviceId(device) if device else None)


def event(
    kind: EventKind,
    call: str | None = "5",
    device: str | None = "201",
    *,
    local: str | None = None,
    cause: str | None = None,
    calling: Party | None = None,
    called: Party | None = None,
    other: Party | None = None,
    secondary: str | None = None,
    joined: tuple[JoinedConnection, ...] = (),
) -> CallEvent:
    return CallEvent(
        kind,
        monitor="0",
        connection=connection(call, device),
        secondary=connection(secondary, device) if secondary else None,
        device=Party(device) if device else None,
        calling=calling,
        called=called,
        other=other,
        joined=joined,
        local_state=local,
        cause=cause,
    )


def rings(call: str | None = "5", calling: Party = CALLER, **more: str) -> CallEvent:
    return event(EventKind.DELIVERED, call, calling=calling, called=ME, local="alerting", **more)  # type: ignore[arg-type]


def answered(call: str | None = "5", calling: Party = CALLER) -> CallEvent:
    return event(EventKind.ESTABLISHED, call, calling=calling, called=ME, local="connected")


def hung_up(call: str | None = "5", device: str = "201", cause: str = "normalClearing") -> CallEvent:
    local = "null" if device == "201" else "connected"
    return event(EventKind.CONNECTION_CLEARED, call, device, local=local, cause=cause)


def over(call: str | None = "5") -> CallEvent:
    return event(EventKind.CALL_CLEARED, call, None, cause="normalClearing")


class Telephone:
    """Extension 201 under a clock that the test moves."""

    def __init__(self) -> None:
        ids = count(1)
        self.line = Line("201", lambda: f"record-{next(ids)}")
        self.now = START
        self.facts: list[Fact] = []

    def hears(self, *events: CallEvent, after: float = 0.0) -> None:
        for one in events:
            self.now += timedelta(seconds=after)
            self.facts += self.line.hear(one, self.now)

    @property
    def records(self) -> list[Call]:
        return [fact.call for fact in self.facts if isinstance(fact, CallRecorded)]

    @property
    def record(self) -> Call:
        (only,) = self.records
        return only

    @property
    def shown(self) -> list[str | None]:
        return [fact.state for fact in self.facts if isinstance(fact, LineChanged)]
