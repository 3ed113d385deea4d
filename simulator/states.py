"""What each extension does, told whenever that changes; the ledger tells of a call only when it has ended.

It is the switch's own knowledge: the states of an extension's connections, whatever a client makes of them.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulator.switch import Event, EventName, FeatureEvent, Switch


@dataclass(frozen=True, slots=True)
class Telephone:
    """An extension from a moment on.

    ``connections`` are the states of its connections, sorted; none when it is idle. ``monotonic`` (of this machine, in
    seconds) is when the event that told so was written.
    """

    extension: str
    connections: tuple[str, ...]
    do_not_disturb: bool
    monotonic: float

    def as_json(self) -> str:
        """One line of the file."""
        return json.dumps(
            {
                "extension": self.extension,
                "connections": self.connections,
                "doNotDisturb": self.do_not_disturb,
                "monotonic": self.monotonic,
            }
        )


class States:
    """Listens to a switch. ``note`` is given each extension that does otherwise than before."""

    def __init__(self, switch: Switch, note: Callable[[Telephone], object]) -> None:
        self._switch = switch
        self._note = note
        self._told: dict[str, tuple[tuple[str, ...], bool]] = {}

    def hear(self, event: Event) -> None:
        """An event of the switch, at the moment at which it is written to the monitors."""
        if isinstance(event, FeatureEvent):
            self._tell([event.device], "")
        elif event.name is not EventName.CALL_CLEARED:
            # The second of two calls that become one is there until the event has been told.
            self._tell(event.states, event.secondary.call if event.secondary else "")

    def _tell(self, devices: Iterable[str], over: str) -> None:
        at = time.monotonic()
        for device in devices:
            if device in self._switch.extensions:
                self._tell_of(device, over, at)

    def _tell_of(self, device: str, over: str, at: float) -> None:
        calls = [call for call in self._switch.calls_of(device) if call.id != over]
        connections = tuple(sorted(call.legs[device].state.value for call in calls))
        now = connections, self._switch.extensions[device].do_not_disturb
        if self._told.get(device, ((), False)) != now:
            self._told[device] = now
            self._note(Telephone(device, *now, at))
