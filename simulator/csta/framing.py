"""The frame around each XML document: ``00 00``, total length, invoke id, document.

The length is unsigned, 16 bit, big-endian, and counts its own eight-octet header; the invoke id is four ASCII digits.
"""

import asyncio
import struct
from typing import NamedTuple

EVENT_ID = 9999
"""The invoke id of every event."""
LONGEST = 0xFFFF
_HEADER = struct.Struct(">2sH4s")


class BadFrame(Exception):
    """The bytes are no frame, so where the next one begins cannot be known."""


class Frame(NamedTuple):
    """A document and the invoke id that pairs a response with its request."""

    invoke_id: int
    document: bytes


def encode(frame: Frame) -> bytes:
    """Raises ``ValueError`` when the document is too long for the 16-bit length."""
    length = _HEADER.size + len(frame.document)
    if length > LONGEST:
        raise ValueError(f"a frame of {length} octets is longer than {LONGEST}")
    return _HEADER.pack(b"\0\0", length, b"%04d" % frame.invoke_id) + frame.document


async def read_frame(reader: asyncio.StreamReader) -> Frame | None:
    """The next frame, ``None`` at the end of the stream between two frames. Raises ``BadFrame``."""
    header = await reader.read(1)
    if not header:
        return None
    try:
        header += await reader.readexactly(_HEADER.size - 1)
        version, length, digits = _HEADER.unpack(header)
        if version != b"\0\0" or length < _HEADER.size or not digits.isdigit():
            raise BadFrame(f"no frame begins with {header.hex()}")
        return Frame(int(digits), await reader.readexactly(length - _HEADER.size))
    except asyncio.IncompleteReadError as error:
        raise BadFrame("the stream ended inside a frame") from error
