"""Faults that happen once, to every client that is connected at that moment."""

from collections.abc import Collection

from simulator.csta.framing import LONGEST
from simulator.csta.link import Link
from simulator.csta.office import Office
from simulator.csta.session import terminate

GARBAGE = b'<?xml version="1.0"?><csta:DeliveredEvent xmlns:csta="urn:x"><csta:connection></csta:DeliveredEvent>'
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE e [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;">' % (n + 1, *[n] * 8) for n in range(97, 107))
    + b"]><e>&k;</e>"
)
"""Eight to the tenth times two octets, if somebody expands its entities."""
_GIANT = b'<?xml version="1.0"?><csta:VendorEvent xmlns:csta="urn:x">%b</csta:VendorEvent>'


class Trouble:
    """``links`` are the clients, those that come later included."""

    def __init__(self, office: Office, links: Collection[Link]) -> None:
        self._office = office
        self._links = links

    def send_octets(self, octets: bytes) -> None:
        """Send bytes as they are: garbage, half a frame, two frames at once."""
        for link in list(self._links):
            link.send_octets(octets)

    def send_document(self, document: bytes) -> None:
        """Send bytes in a frame, as if they were an event: ``GARBAGE``, ``BOMB``."""
        for link in list(self._links):
            link.send_document(document)

    def send_giant(self) -> None:
        """Send the longest frame that there can be, of an event that nobody knows."""
        room = LONGEST - 8 - len(_GIANT % b"")
        self.send_document(_GIANT % (b"x" * room))

    def close_links(self) -> None:
        """Close the connections; the port goes on listening."""
        for link in list(self._links):
            link.leave()

    def end_sessions(self, reason: str = "resourceLimitation") -> None:
        """End every application session, and its monitors with it."""
        for link in list(self._links):
            terminate(self._office, link.client, reason)

    def stall(self, seconds: float, *, reading: bool = True, sending: bool = True) -> None:
        """Read no requests or send nothing, or both, for so long; then all that waited goes on."""
        faults = self._office.faults
        faults.hold_back = faults.hold_back or sending
        if reading:
            faults.reading.clear()

        def go_on() -> None:
            if sending:
                self.let_go()
            if reading:
                faults.reading.set()

        self._office.timeline.after(seconds, go_on)

    def let_go(self) -> None:
        """Send what was held back."""
        self._office.faults.hold_back = False
        for link in list(self._links):
            link.let_go()
