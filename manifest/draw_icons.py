"""Draws the two icons: a handset in a speech bubble. Run ``python -m manifest.draw_icons`` to write them anew.

Teams asks for a colour icon of 192 by 192 pixels on a full background, whose drawing fits into the middle 120, and for
an outline icon of 32 by 32 that is white on transparent. Shapes are signed distances in a square of side 1, negative
inside, so an edge is smooth at any size.
"""

from __future__ import annotations

import math
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable

    Shape: TypeAlias = Callable[[float, float], float]

Colour: TypeAlias = tuple[int, int, int]

_BRAND: Colour = (0x5B, 0x5F, 0xC7)
_WHITE: Colour = (0xFF, 0xFF, 0xFF)
_HANDSET_CENTRE = (0.5, 0.24)
_HANDSET_RADIUS = 0.28
_HALF_SPAN = math.radians(52)


def _capsule(ax: float, ay: float, bx: float, by: float, radius: float) -> Shape:
    """A line from a to b with round ends."""
    dx, dy = bx - ax, by - ay

    def distance(x: float, y: float) -> float:
        along = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
        return math.hypot(x - ax - along * dx, y - ay - along * dy) - radius

    return distance


def _bubble(x: float, y: float) -> float:
    """A rounded rectangle and its tail."""
    corner = 0.16
    qx, qy = abs(x - 0.5) - 0.42 + corner, abs(y - 0.43) - 0.33 + corner
    box = math.hypot(max(qx, 0), max(qy, 0)) + min(max(qx, qy), 0) - corner
    tail = max(0.30 - x, 0.70 - y, (x - 0.30) * 0.67 + (y - 0.94) * 0.74)
    return min(box, tail)


def _handset(x: float, y: float) -> float:
    """An arc, and at each end of it a thicker piece that stands upright."""
    cx, cy = _HANDSET_CENTRE
    angle = max(-_HALF_SPAN, min(_HALF_SPAN, math.atan2(x - cx, y - cy)))
    nearest = (cx + _HANDSET_RADIUS * math.sin(angle), cy + _HANDSET_RADIUS * math.cos(angle))
    return min(math.dist((x, y), nearest) - 0.055, *(end(x, y) for end in _ENDS))


def _end(side: int) -> Shape:
    x = _HANDSET_CENTRE[0] + side * _HANDSET_RADIUS * math.sin(_HALF_SPAN)
    y = _HANDSET_CENTRE[1] + _HANDSET_RADIUS * math.cos(_HALF_SPAN)
    return _capsule(x, y - 0.075, x, y + 0.03, 0.075)


_ENDS = (_end(-1), _end(1))


def _cover(distance: float, pixel: float) -> float:
    """How much of a pixel a shape covers, 0 to 1."""
    return max(0.0, min(1.0, 0.5 - distance / pixel))


def color_icon(size: int = 192) -> bytes:
    """White bubble on the brand's colour, the handset cut out of it."""
    scale = 192 / 116

    def pixel(x: float, y: float) -> bytes:
        u, v = (x - 0.5) * scale + 0.5, (y - 0.5) * scale + 0.5
        width = scale / size
        white = _cover(_bubble(u, v), width) * (1 - _cover(_handset(u, v), width))
        return bytes((*(round(b + (w - b) * white) for b, w in zip(_BRAND, _WHITE, strict=True)), 255))

    return _png(size, pixel)


def outline_icon(size: int = 32) -> bytes:
    """White lines on transparent."""

    def pixel(x: float, y: float) -> bytes:
        line = max(_cover(abs(_bubble(x, y) + 0.035) - 0.035, 1 / size), _cover(_handset(x, y), 1 / size))
        return bytes((*_WHITE, round(255 * line)))

    return _png(size, pixel)


def _png(size: int, pixel: Callable[[float, float], bytes]) -> bytes:
    """A PNG (ISO 15948) of 8-bit RGBA; ``pixel`` is asked for the middle of each."""
    rows = (b"\0" + b"".join(pixel((x + 0.5) / size, (y + 0.5) / size) for x in range(size)) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    """Writes both beside this file."""
    folder = Path(__file__).parent
    (folder / "color.png").write_bytes(color_icon())
    (folder / "outline.png").write_bytes(outline_icon())


if __name__ == "__main__":
    main()
