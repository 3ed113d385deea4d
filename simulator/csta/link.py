"""One client's connection."""

import asyncio
import logging
from itertools import cycle

from simulator.csta.document import SESSION_NAMESPACE, Document
from simulator.csta.elements import error
from simulator.csta.faults import Faults
from simulator.csta.framing import EVENT_ID, BadFrame, Frame, encode, read_frame
from simulator.csta.office import Client, Office
from simulator.csta.reading import BadDocument, Request, parse
from simulator.csta.services import answer
from simulator.csta.session import status
from simulator.settings import EDITIONS
from simulator.switch import Refused

_LATE = 0.2
"""Seconds after which an event that should change places with the next goes without one."""

logger = logging.getLogger(__name__)


class Link:
    """Reads requests and answers them in order; sends events as they come.

    Nothing here waits for the client to read: what it leaves unread is kept up to a bound, then the client is dropped,
    so that one slow client never delays another.
    """

    def __init__(self, office: Office, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.client = Client(
            notify=lambda document: self.send(EVENT_ID, document), hear=self._send_event, ask=self._ask
        )
        self._office = office
        self._reader = reader
        self._writer = writer
        self._invoke_ids = cycle(range(1, EVENT_ID))
        self._status_open = False
        self._outstanding = 0
        self._held_back = bytearray()
        self._late = b""

    async def serve(self) -> None:
        """Until the client goes, or sends what is no frame."""
        beat = self._office.settings.heartbeat_seconds
        stop_beating = self._office.timeline.every(beat, self.beat) if beat else lambda: None
        try:
            while frame := await read_frame(self._reader):
                await self._office.faults.reading.wait()
                self._receive(frame)
        except BadFrame as bad:
            logger.warning("client sent a bad frame", extra={"reason": str(bad)})
        except ConnectionError:
            logger.info("client reset its connection")
        finally:
            stop_beating()
            self.leave()

    def abort(self) -> None:
        """Drop the client at once, with whatever it has not read."""
        self._writer.transport.abort()

    def leave(self) -> None:
        """Close the connection and forget the client's monitors and session."""
        self._office.monitors.stop_all(self.client)
        if self.client.session is not None:
            self.client.session.ends.cancel()
        self._writer.close()

    def send(self, invoke_id: int, document: Document) -> None:
        self._send_frame(Frame(invoke_id, document.octets(EDITIONS[self._office.settings.edition])))

    def send_document(self, document: bytes) -> None:
        """Send what need not be XML as if it were an event."""
        self._send_frame(Frame(EVENT_ID, document))

    def let_go(self) -> None:
        """Send what was held back."""
        self.send_octets(b"")

    def send_octets(self, octets: bytes) -> None:
        """Send bytes as they are, spoilt by whatever fault is on."""
        faults, transport = self._office.faults, self._writer.transport
        if transport.is_closing():
            return
        if faults.hold_back:
            self._held_back += octets
            return
        waited, self._held_back = self._held_back, bytearray()
        octets = bytes(waited) + octets
        if not octets:
            return
        if faults.cut_next_frame:
            faults.cut_next_frame = False
            self._writer.write(octets[: len(octets) // 2])
            self._writer.close()
            return
        for segment in _segments(octets, faults):
            self._writer.write(segment)
        if not waited and transport.get_write_buffer_size() > self._office.settings.send_buffer_bytes:
            logger.warning("client reads too slowly, dropped", extra={"unread": transport.get_write_buffer_size()})
            self.abort()

    def _ask(self, request: Document) -> None:
        self.send(next(self._invoke_ids), request)

    def _send_frame(self, frame: Frame) -> None:
        self.send_octets(self._office.faults.spoil(encode(frame)))

    def _send_event(self, document: bytes) -> None:
        faults = self._office.faults
        if not self._late and faults.reorders():
            self._late = document
            self._office.timeline.after(_LATE, self._send_late)
            return
        for _ in range(2 if faults.duplicates() else 1):
            self._send_now(document)
        self._send_late()

    def _send_late(self) -> None:
        document, self._late = self._late, b""
        if document:
            self._send_now(document)

    def _send_now(self, event: bytes) -> None:
        self._office.events_sent += 1
        self.send_document(event)

    def tell_status(self, value: str) -> None:
        self._ask(status(self.client, value))

    def beat(self) -> None:
        """Ask whether the client is still there; drop it when it has not answered the last time."""
        if self._status_open:
            logger.warning("client did not answer SystemStatus, dropped")
            self.abort()
            return
        self._status_open = True
        self.tell_status("normal")

    def _receive(self, frame: Frame) -> None:
        try:
            request = parse(frame.document)
        except BadDocument as bad:
            logger.warning("client sent a bad document", extra={"reason": str(bad)})
            self.send(frame.invoke_id, error(Refused("operation", "generic")))
            return
        if request.service == "SystemStatusResponse":
            self._status_open = False
        elif not request.service.endswith("Response") and request.service != "CSTAErrorCode":
            self._carry_out(frame.invoke_id, request)

    def _carry_out(self, invoke_id: int, request: Request) -> None:
        settings, faults = self._office.settings, self._office.faults
        if request.service in faults.silent_services:
            return
        if faults.one_edition and request.namespace not in {EDITIONS[settings.edition], SESSION_NAMESPACE}:
            self.send(invoke_id, error(Refused("operation", "generic")))
            return
        if settings.outstanding_limit and self._outstanding >= settings.outstanding_limit:
            self.send(invoke_id, error(Refused("subscribedResourceAvailability", "outstandingReqLimitExceeded")))
            return
        self._outstanding += 1
        if takes := settings.answer_seconds + faults.answer_delay:
            self._office.timeline.after(takes, lambda: self._answer(invoke_id, request))
        else:
            self._answer(invoke_id, request)

    def _answer(self, invoke_id: int, request: Request) -> None:
        self._outstanding -= 1
        if not self._writer.is_closing():
            self.send(invoke_id, answer(self._office, self.client, request))


def _segments(octets: bytes, faults: Faults) -> list[bytes]:
    size = faults.segment_octets or len(octets)
    return [octets[at : at + size] for at in range(0, len(octets), size)]
