"""What all clients share, and what the PBX keeps for each."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from simulator.csta.document import Document
from simulator.csta.faults import Faults
from simulator.settings import SimulatorSettings
from simulator.switch import Call, CallEvent, Event, EventName, Refused, State, Switch
from simulator.timeline import Entry, Timeline

_NO_DEVICE = ""
"""The device of a monitor that is on a call."""


@dataclass(slots=True)
class Session:
    """An application session (ECMA-354) and the moment at which it ends by itself."""

    id: str
    ends: Entry


@dataclass(slots=True, eq=False)
class Client:
    """One connected application. ``notify`` sends it a document as an event, ``hear`` one that is already written."""

    notify: Callable[[Document], None]
    hear: Callable[[bytes], None]
    ask: Callable[[Document], None]
    """Sends it a request of ours."""
    session: Session | None = None
    status_register: str = ""


@dataclass(slots=True, eq=False)
class Monitor:
    """A client's wish to hear about a device, or about one call. ``suppressed`` are filter flags set to true."""

    reference: str
    client: Client
    device: str = _NO_DEVICE
    call: Call | None = None
    suppressed: frozenset[str] = frozenset()


class Monitors:
    """All monitors, found by reference and by device. References start at 0, which a client must not take for none."""

    def __init__(self) -> None:
        self.started = asyncio.Event()
        self._references = count()
        self._by_reference: dict[str, Monitor] = {}
        self._by_device: defaultdict[str, list[Monitor]] = defaultdict(list)

    @property
    def licensed(self) -> int:
        """How many take a licence: those on devices."""
        return len(self._by_reference) - len(self._by_device[_NO_DEVICE])

    def next_reference(self) -> str:
        return str(next(self._references))

    def start(self, client: Client, device: str = _NO_DEVICE, call: Call | None = None) -> Monitor:
        monitor = Monitor(self.next_reference(), client, device, call)
        self._by_reference[monitor.reference] = monitor
        self._by_device[device].append(monitor)
        self.started.set()
        return monitor

    def of(self, client: Client, reference: str) -> Monitor:
        """Raises ``Refused`` when this client has no such monitor."""
        monitor = self._by_reference.get(reference)
        if monitor is None or monitor.client is not client:
            raise Refused("operation", "invalidMonitorCrossRefID")
        return monitor

    def stop(self, monitor: Monitor) -> None:
        del self._by_reference[monitor.reference]
        self._by_device[monitor.device].remove(monitor)

    def stop_all(self, client: Client) -> None:
        for monitor in [monitor for monitor in self._by_reference.values() if monitor.client is client]:
            self.stop(monitor)

    def end_with_call(self, event: Event) -> None:
        """A monitor on a call ends with it: its id may be another's soon."""
        if not isinstance(event, CallEvent):
            return
        ended = {event.secondary.call} if event.secondary else set()
        if event.name is EventName.CALL_CLEARED:
            ended = {event.connection.call}
        for monitor in [m for m in self._by_device[_NO_DEVICE] if m.call and m.call.id in ended]:
            self.stop(monitor)

    def watches(self, device: str) -> bool:
        """Whether anybody has a monitor on it."""
        return bool(self._by_device.get(device))

    def hearing(self, event: Event) -> Iterator[tuple[Monitor, State]]:
        """Who hears of an event, each with the state of the device it watches.

        A cleared call is told only to monitors on that call: a device hears that its connection was cleared.
        """
        if not isinstance(event, CallEvent):
            yield from ((monitor, State.NULL) for monitor in self._by_device.get(event.device, ()))
            return
        if event.name is not EventName.CALL_CLEARED:
            for device, state in event.states.items():
                yield from ((monitor, state) for monitor in self._by_device.get(device, ()))
        for monitor in self._by_device[_NO_DEVICE]:
            if monitor.call and monitor.call.id == event.connection.call:
                yield monitor, event.states.get(event.party.device, State.NULL)


@dataclass(slots=True)
class Office:
    """The PBX as its clients share it."""

    settings: SimulatorSettings
    switch: Switch
    timeline: Timeline
    place_call: Callable[[Call, str, bool], None]
    """Dials for a MakeCall and plays the called party: the call, the digits, whether the caller must first lift up."""
    monitors: Monitors = field(default_factory=Monitors)
    faults: Faults = field(default_factory=Faults)
    events_sent: int = 0
    """To all clients, each event as often as it was sent."""

    @property
    def licences_left(self) -> bool:
        """Whether one more device may be monitored."""
        limit = self.settings.monitor_limit or None if self.faults.licences is None else self.faults.licences
        return limit is None or self.monitors.licensed < limit
