"""Whether a file is a picture that may be kept: judged by its own bytes, never by its name or what a browser calls it.

Only the structure is read, nothing is decoded, so no decoder's fault can be reached: PNG (W3C, 5.3 and 11.2.1), JPEG
(ITU-T T.81, B.1) and WebP (RFC 9649). What follows the end of a PNG is refused, since it is what a careless tool left
of the part that somebody cut away.
"""

from __future__ import annotations

import struct
import zlib
from enum import StrEnum

from cloudlink.administration.reports import Picture

LARGEST = 4 * 1024 * 1024
LONGEST_SIDE = 16_384
MOST_PIXELS = 64_000_000
# Chunks and segments, of which an honest picture of this size has hundreds. Each has to be looked at, and everybody
# else waits meanwhile.
_MOST_PARTS = 10_000

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNK = 12
_JPEG_START = b"\xff\xd8"
_JPEG_END = b"\xff\xd9"
_JPEG_SCAN = 0xDA
# Frame headers: all of 0xC0-0xCF but those that define tables (DHT, JPG, DAC).
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WEBP_IMAGES = (b"VP8 ", b"VP8L", b"ANMF")
_WEBP_START = b"\x9d\x01\x2a"


class Fault(StrEnum):
    """Why a file is not kept."""

    NO_PICTURE = "noPicture"
    DAMAGED = "damaged"
    TOO_LARGE = "tooLarge"
    TOO_MANY_PIXELS = "tooManyPixels"


class PictureRefused(ValueError):
    """The file is not kept."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault = fault


def check(content: bytes) -> Picture:
    """The picture. Raises ``PictureRefused``."""
    if len(content) > LARGEST:
        raise PictureRefused(Fault.TOO_LARGE)
    try:
        media_type, (width, height) = _measure(content)
    except (struct.error, IndexError):
        raise PictureRefused(Fault.DAMAGED) from None
    if not width or not height:
        raise PictureRefused(Fault.DAMAGED)
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise PictureRefused(Fault.TOO_MANY_PIXELS)
    return Picture(media_type, content)


def _measure(content: bytes) -> tuple[str, tuple[int, int]]:
    if content.startswith(_PNG):
        return "image/png", _png(content)
    if content.startswith(_JPEG_START + b"\xff"):
        return "image/jpeg", _jpeg(content)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", _webp(content)
    raise PictureRefused(Fault.NO_PICTURE)


def _png(content: bytes) -> tuple[int, int]:
    """Each chunk is there with its checksum: the header first, image data, and the end as the last of it all."""
    size, data, place = (0, 0), False, len(_PNG)
    for _ in range(_MOST_PARTS):
        (length,) = struct.unpack_from(">I", content, place)
        kind, end = content[place + 4 : place + 8], place + _PNG_CHUNK + length
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(content[place + 4 : end - 4]) != checksum or (place == len(_PNG)) != (kind == b"IHDR"):
            raise PictureRefused(Fault.DAMAGED)
        if kind == b"IHDR":
            size = struct.unpack_from(">II", content, place + 8)
        data = data or kind == b"IDAT"
        place = end
        if kind == b"IEND":
            if not data or place != len(content):
                break
            return size
    raise PictureRefused(Fault.DAMAGED)


def _jpeg(content: bytes) -> tuple[int, int]:
    """The segments up to the first scan, one of which is the frame's header; and the end of the image somewhere."""
    size, place = (0, 0), len(_JPEG_START)
    for _ in range(_MOST_PARTS):
        mark, kind = content[place], content[place + 1]
        if mark != 0xFF:
            break
        if kind == 0xFF:
            place += 1
            continue
        (length,) = struct.unpack_from(">H", content, place + 2)
        if kind in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", content, place + 5)
            size = (width, height)
        place += 2 + length
        if kind == _JPEG_SCAN:
            if content.rfind(_JPEG_END) < place:
                break
            return size
    raise PictureRefused(Fault.DAMAGED)


def _webp(content: bytes) -> tuple[int, int]:
    """The container says how long it is; its first chunk, how large the picture is."""
    (length,) = struct.unpack_from("<I", content, 4)
    kind = content[12:16]
    (first,) = struct.unpack_from("<I", content, 16)
    if length + 8 > len(content) or first + 20 > len(content):
        raise PictureRefused(Fault.DAMAGED)
    if kind == b"VP8X" and _holds_image(content, 20 + first + first % 2, length + 8):
        return _three_bytes(content, 24) + 1, _three_bytes(content, 27) + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and content[23:26] == _WEBP_START:
        width, height = struct.unpack_from("<HH", content, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise PictureRefused(Fault.DAMAGED)


def _holds_image(content: bytes, place: int, end: int) -> bool:
    """Whether one of the chunks of an extended file is an image, and all of them are there."""
    found = False
    for _ in range(_MOST_PARTS):
        if place >= end:
            break
        (length,) = struct.unpack_from("<I", content, place + 4)
        found = found or content[place : place + 4] in _WEBP_IMAGES
        place += 8 + length + length % 2
    return found and place == end


def _three_bytes(content: bytes, place: int) -> int:
    return int.from_bytes(content[place : place + 3], "little")
