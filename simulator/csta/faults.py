"""What may be spoilt on the wire. All are off at first, and may be changed while clients are connected."""

import asyncio
from dataclasses import dataclass, field, fields

from simulator.switch import EventName

OPTIONAL_SERVICES = frozenset(
    {"RequestSystemStatus", "SystemRegister", "SystemStatus", "SnapshotCall", "GetDoNotDisturb"}
)
"""What many switches do not answer."""


def _set() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass(slots=True)
class Faults:
    """The faults of switches and networks that a client must survive. Counts are of all clients together."""

    answer_delay: float = 0.0
    """Seconds of the timeline before a request is carried out and answered, beside those of the settings."""
    silent_services: set[str] = field(default_factory=set)
    """Requests that are never answered, by service name."""
    licences: int | None = None
    """Monitors licensed from now on, in place of the settings' limit; those that run are kept."""
    one_edition: bool = False
    """Refuse requests in another namespace than that of the edition spoken."""
    segment_octets: int = 0
    """Cut what is sent into segments of this many octets; 0 sends each frame whole."""
    hold_back: bool = False
    """Keep all frames back; when it is off again, the next frame takes them along in one segment."""
    reading: asyncio.Event = field(default_factory=_set)
    """While it is not set, no request is read."""
    lost_events: set[EventName] = field(default_factory=set)
    """The next event of each of these names is not sent, to no monitor; then the fault is over."""
    lose: int = 0
    """So many events to come are not sent; when the last is lost, clients are told ``messagesLost``."""
    duplicate: int = 0
    """So many events to come are sent twice."""
    reorder: int = 0
    """So many events to come change places with the one after them, or are late when there is none."""
    cut_next_frame: bool = False
    """Send half of the next frame, then close that client's connection."""
    wrong_length: bool = False
    """The next frame says that it is three octets longer than it is."""
    wrong_octets: bool = False
    """The next frame begins with other octets than 00 00."""
    omit_call_ids: bool = False
    """Leave ``callID`` out of every connection id in events, which the standard allows."""

    def end(self) -> None:
        """All are off again."""
        fresh = Faults()
        self.reading.set()
        for part in fields(self):
            if part.name != "reading":
                setattr(self, part.name, getattr(fresh, part.name))

    def loses(self, name: EventName) -> bool:
        """Whether this event is to be lost; each fault is used up by it."""
        if name in self.lost_events:
            self.lost_events.remove(name)
            return True
        if self.lose:
            self.lose -= 1
            return True
        return False

    def duplicates(self) -> bool:
        """Whether to send this event twice."""
        self.duplicate, doubled = max(0, self.duplicate - 1), self.duplicate > 0
        return doubled

    def reorders(self) -> bool:
        """Whether the event after this one goes before it."""
        self.reorder, late = max(0, self.reorder - 1), self.reorder > 0
        return late

    def spoil(self, frame: bytes) -> bytes:
        """The frame with a wrong header, if it is to have one."""
        if self.wrong_length:
            self.wrong_length = False
            length = int.from_bytes(frame[2:4], "big") + 3
            frame = frame[:2] + length.to_bytes(2, "big") + frame[4:]
        if self.wrong_octets:
            self.wrong_octets = False
            frame = b"\x3c\x3f" + frame[2:]
        return frame
