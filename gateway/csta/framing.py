"""Frames of "CSTA XML without SOAP" over TCP.

Octets 0-1 are zero, 2-3 the length of the whole frame in octets (unsigned, big-endian), 4-7 the invoke identifier as
four ASCII digits; the XML document follows. The layout is the one on which five open implementations agree.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.csta.errors import BadInvokeId, BadLength, BadVersion, ClosedInFrame

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER_OCTETS = 8
MAX_FRAME_OCTETS = 0xFFFF
LAST_INVOKE_ID = 9998
EVENT_INVOKE_ID = 9999

# The length is unsigned: read as signed it breaks above 32,767. The first two octets are not part of it.
_HEADER = struct.Struct(">HH4s")


@dataclass(frozen=True, slots=True)
class Frame:
    """One XML document with the invoke identifier that it travels under."""

    invoke_id: int
    xml: bytes


def encode(frame: Frame) -> bytes:
    """The frame's octets. Raises ``BadLength`` when the document is longer than a length can tell."""
    octets = HEADER_OCTETS + len(frame.xml)
    if octets > MAX_FRAME_OCTETS:
        raise BadLength(f"{octets} octets do not fit into one frame")
    return _HEADER.pack(0, octets, b"%04d" % frame.invoke_id) + frame.xml


class FrameDecoder:
    """Takes octets as they arrive, in pieces of any size, and gives the frames that they complete.

    After an error it gives nothing more: synchronisation is lost.
    """

    def __init__(self) -> None:
        self._waiting = bytearray()

    def feed(self, octets: bytes) -> Iterator[Frame]:
        """The frames completed by ``octets``. Raises a ``FramingError`` at the first octet that makes no sense."""
        self._waiting += octets
        start = 0
        try:
            while (end := self._end_of_frame(start)) is not None:
                invoke_id = int(self._waiting[start + 4 : start + 8])
                yield Frame(invoke_id, bytes(self._waiting[start + HEADER_OCTETS : end]))
                start = end
        finally:
            del self._waiting[:start]

    def close(self) -> None:
        """The peer has closed. Raises ``ClosedInFrame`` when that was in the middle of a frame."""
        if self._waiting:
            raise ClosedInFrame(f"closed after {len(self._waiting)} octets of a frame")

    def _end_of_frame(self, start: int) -> int | None:
        if len(self._waiting) - start < HEADER_OCTETS:
            return None
        version, octets, invoke_id = _HEADER.unpack_from(self._waiting, start)
        if version != 0:
            raise BadVersion(f"a frame begins with {version:#06x} instead of zero")
        if octets < HEADER_OCTETS:
            raise BadLength(f"a frame of {octets} octets is shorter than its header")
        if not invoke_id.isdigit():
            raise BadInvokeId("an invoke identifier is not four digits")
        end: int = start + octets
        return end if len(self._waiting) >= end else None
