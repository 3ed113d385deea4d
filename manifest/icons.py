"""The two icons, as far as Microsoft's documentation says what they must be.

Colour: 192 by 192 pixels, a square that is not rounded, on a background that is solid or fully transparent. Outline: 32
by 32 pixels, white alone, everything else fully transparent. Pictures of PNG (ISO 15948) are read here since nothing
else of the package needs a picture library.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

ICON_SIZES = {"color": (192, 192), "outline": (32, 32)}

Pixel: TypeAlias = tuple[int, int, int, int]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_GREY, _COLOUR, _PALETTE, _GREY_ALPHA = 0, 2, 3, 4


class BrokenImage(ValueError):
    """A picture that begins as a PNG and does not go on as one."""


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    height: int
    depth: int
    kind: int
    interlaced: bool

    @property
    def row(self) -> int:
        """Bytes of a row, without its filter."""
        return (self.width * self.depth * _CHANNELS[self.kind] + 7) // 8

    @property
    def pixel(self) -> int:
        """Bytes that the filters take for a pixel."""
        return max(1, self.depth * _CHANNELS[self.kind] // 8)


def icon_problem(kind: str, image: bytes) -> str | None:
    """What is wrong with the icon ``color`` or ``outline``."""
    width, height = ICON_SIZES[kind]
    header = _header(image)
    if header is None or (header.width, header.height) != (width, height):
        return f"the {kind} icon must be a PNG of {width} by {height} pixels. Draw it in that size"
    try:
        pixels = _pixels(image, header)
    except (BrokenImage, zlib.error, struct.error, IndexError):
        return f"the {kind} icon cannot be read. Save it as PNG anew"
    if pixels is None:
        return None
    return _outline_problem(pixels) if kind == "outline" else _color_problem(pixels, width)


def _outline_problem(pixels: list[Pixel]) -> str | None:
    if not any(alpha for *_, alpha in pixels) or all(alpha for *_, alpha in pixels):
        return "the outline icon must be white lines on a transparent background. Save it with transparency"
    if any(alpha and (red, green, blue) != (255, 255, 255) for red, green, blue, alpha in pixels):
        return "the outline icon must be white alone, on transparent. Draw its lines in #FFFFFF"
    return None


def _color_problem(pixels: list[Pixel], width: int) -> str | None:
    border = pixels[:width] + pixels[-width:] + pixels[::width] + pixels[width - 1 :: width]
    if {alpha for *_, alpha in border} in ({0}, {255}):
        return None
    return "the color icon must be a full square: Teams rounds it itself. Fill the background up to the edges"


def _header(image: bytes) -> _Header | None:
    """Of the first chunk (11.2.1); ``None`` for what is no PNG."""
    if len(image) < 33 or image[:8] != _SIGNATURE or image[12:16] != b"IHDR":
        return None
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", image[16:29])
    return _Header(width, height, depth, kind, bool(interlace)) if kind in _CHANNELS else None


def _pixels(image: bytes, header: _Header) -> list[Pixel] | None:
    """Red, green, blue and alpha of each, row by row; ``None`` for an interlaced picture, which is not looked into."""
    if header.interlaced:
        return None
    chunks = dict[bytes, bytes]()
    for kind, data in _chunks(image):
        chunks[kind] = chunks.get(kind, b"") + data
    size = (header.row + 1) * header.height
    raw = zlib.decompressobj().decompress(chunks.get(b"IDAT", b""), size)
    if len(raw) < size:
        raise BrokenImage("a picture that ends early")
    colours = _Colours(header, chunks.get(b"PLTE", b""), chunks.get(b"tRNS", b""))
    return [pixel for row in _unfiltered(raw, header) for pixel in colours.of(row)]


def _chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at + 12 <= len(image):
        (length,) = struct.unpack_from(">I", image, at)
        yield image[at + 4 : at + 8], image[at + 8 : at + 8 + length]
        at += 12 + length


def _unfiltered(raw: bytes, header: _Header) -> Iterator[bytearray]:
    """Rows as they were before filtering (9.2)."""
    before = bytearray(header.row)
    for start in range(0, len(raw), header.row + 1):
        row = bytearray(raw[start + 1 : start + 1 + header.row])
        _unfilter(raw[start], row, before, header.pixel)
        yield row
        before = row


def _unfilter(kind: int, row: bytearray, above: bytearray, step: int) -> None:
    if kind > 4:
        raise BrokenImage("a filter that does not exist")
    if kind == 0:
        return
    for at in range(len(row)):
        left = row[at - step] if at >= step else 0
        corner = above[at - step] if at >= step else 0
        row[at] = (row[at] + (0, left, above[at], (left + above[at]) // 2, _paeth(left, above[at], corner))[kind]) % 256


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda each: abs(guess - each))


@dataclass(frozen=True, slots=True)
class _Colours:
    """Samples of a row into pixels; samples of 16 bits by their upper half."""

    header: _Header
    palette: bytes
    transparent: bytes

    def of(self, row: bytearray) -> Iterator[Pixel]:
        samples, count = list(self._samples(row)), _CHANNELS[self.header.kind]
        for at in range(0, self.header.width * count, count):
            yield self._pixel(samples[at : at + count])

    def _samples(self, row: bytearray) -> Iterator[int]:
        depth = self.header.depth
        if depth >= 8:
            yield from row[:: depth // 8]
            return
        scale = 1 if self.header.kind == _PALETTE else 255 // (2**depth - 1)
        for byte in row:
            yield from ((byte >> shift) % 2**depth * scale for shift in range(8 - depth, -1, -depth))

    def _pixel(self, samples: list[int]) -> Pixel:
        kind = self.header.kind
        if kind == _PALETTE:
            (index,) = samples
            red, green, blue = self.palette[3 * index : 3 * index + 3] or (0, 0, 0)
            return red, green, blue, self.transparent[index] if index < len(self.transparent) else 255
        if kind in {_GREY, _GREY_ALPHA}:
            grey, *alpha = samples
            return grey, grey, grey, alpha[0] if alpha else self._alpha(samples)
        red, green, blue, *alpha = samples
        return red, green, blue, alpha[0] if alpha else self._alpha(samples)

    def _alpha(self, samples: list[int]) -> int:
        """Of a picture without alpha, one colour may be transparent (11.3.2.1); it is held in 16 bits a sample."""
        if len(self.transparent) < 2 * len(samples):
            return 255
        named = struct.unpack_from(f">{len(samples)}H", self.transparent)
        depth = self.header.depth
        scaled = [each >> 8 if depth == 16 else each * (255 // (2**depth - 1)) for each in named]
        return 0 if samples == scaled else 255
