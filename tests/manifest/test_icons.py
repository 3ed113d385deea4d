"""Icons are looked into, in whichever form of PNG a drawing program saves them."""

from __future__ import annotations

import struct
import zlib

import pytest

from manifest.draw_icons import color_icon, outline_icon
from manifest.icons import icon_problem

WHITE, BLACK, CLEAR = (255, 255, 255, 255), (0, 0, 0, 255), (255, 255, 255, 0)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    rows: list[bytes], *, width: int, depth: int = 8, kind: int = 6, extra: tuple[bytes, ...] = (), interlaced: int = 0
) -> bytes:
    """``rows`` with their filter bytes."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), depth, kind, 0, 0, interlaced))
    data = chunk(b"IDAT", zlib.compress(b"".join(rows)))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + data + chunk(b"IEND", b"")


def square(size: int, drawn: tuple[int, ...], ground: tuple[int, ...]) -> bytes:
    """A square of half the size in the middle of a ground, in red, green, blue and alpha."""
    middle = range(size // 4, 3 * size // 4)
    rows = [
        b"\0" + b"".join(bytes(drawn if x in middle and y in middle else ground) for x in range(size))
        for y in range(size)
    ]
    return png(rows, width=size)


def test_our_own_icons_have_no_fault() -> None:
    assert icon_problem("color", color_icon()) is None
    assert icon_problem("outline", outline_icon()) is None


@pytest.mark.parametrize(
    ("kind", "image", "told"),
    [
        ("color", b"GIF89a", "the color icon must be a PNG of 192 by 192 pixels"),
        ("color", outline_icon(), "the color icon must be a PNG of 192 by 192 pixels"),
        ("outline", color_icon(), "the outline icon must be a PNG of 32 by 32 pixels"),
        ("outline", outline_icon()[:120], "the outline icon cannot be read"),
        ("outline", square(32, WHITE, BLACK), "the outline icon must be white lines on a transparent background"),
        ("outline", square(32, CLEAR, CLEAR), "the outline icon must be white lines on a transparent background"),
        ("outline", square(32, BLACK, CLEAR), "the outline icon must be white alone"),
        ("outline", square(32, WHITE, CLEAR), None),
        ("outline", square(32, CLEAR, WHITE), None),
        ("color", square(192, BLACK, WHITE), None),
        ("color", square(192, BLACK, CLEAR), None),
        ("color", square(192, BLACK, (0, 0, 255, 128)), "the color icon must be a full square"),
    ],
)
def test_an_icon_is_judged_by_its_pixels(kind: str, image: bytes, told: str | None) -> None:
    found = icon_problem(kind, image)
    assert (found is None) if told is None else (found or "").startswith(told)


def test_rounded_corners_are_told() -> None:
    row = bytes(WHITE) * 192
    cut = bytes(CLEAR) + bytes(WHITE) * 190 + bytes(CLEAR)
    image = png([b"\0" + cut, *(b"\0" + row for _ in range(190)), b"\0" + cut], width=192)
    assert (icon_problem("color", image) or "").startswith("the color icon must be a full square")


PALETTE = (chunk(b"PLTE", b"\xff\xff\xff\x00\x00\x00"), chunk(b"tRNS", b"\xff\x00"))
BROWN = (chunk(b"PLTE", b"\x80\x40\x00\x00\x00\x00"), chunk(b"tRNS", b"\xff\x00"))


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (png([b"\0" + b"\x0f" * 4] * 32, width=32, depth=1, kind=3, extra=PALETTE), None),
        (
            png([b"\0" + b"\x0f" * 4] * 32, width=32, depth=1, kind=3, extra=BROWN),
            "the outline icon must be white alone",
        ),
        (png([b"\0" + b"\xff\xff\xff\x00" * 16] * 32, width=32, kind=4), None),
        (png([b"\0" + b"\x80\xff\xff\x00" * 16] * 32, width=32, kind=4), "the outline icon must be white alone"),
        (png([b"\0" + b"\x0f" * 4] * 32, width=32, depth=1, kind=0, extra=(chunk(b"tRNS", b"\0\0"),)), None),
        (png([b"\0" + b"\x0f" * 4] * 32, width=32, depth=1, kind=0), "the outline icon must be white lines"),
        (png([b"\0" + (b"\xff" * 8 + bytes(8)) * 16] * 32, width=32, depth=16), None),
        (png([b"\0" + b"\xff\xff\xff\0\0\0" * 16] * 32, width=32, kind=2, extra=(chunk(b"tRNS", bytes(6)),)), None),
    ],
)
def test_each_form_of_colours_is_read(image: bytes, told: str | None) -> None:
    found = icon_problem("outline", image)
    assert (found is None) if told is None else (found or "").startswith(told)


@pytest.mark.parametrize("filter_kind", [1, 2, 3, 4])
def test_filtered_rows_are_read(filter_kind: int) -> None:
    """A first row of white and clear pixels, then rows that repeat what a filter predicts of them."""
    first = b"\0" + (bytes(WHITE) + bytes(CLEAR)) * 16
    rows = [first, *(_filtered(filter_kind, first[1:]) for _ in range(31))]
    assert icon_problem("outline", png(rows, width=32)) is None


def _filtered(kind: int, row: bytes) -> bytes:
    """A row that is the same as the one above it (PNG, 9.2), so that the row's own bytes say what is above."""
    left = bytes(4) + row[:-4]
    corner = left
    predicted = {
        1: left,
        2: row,
        3: bytes((a + b) // 2 for a, b in zip(left, row, strict=True)),
        4: bytes(_nearest(a, b, c) for a, b, c in zip(left, row, corner, strict=True)),
    }[kind]
    return bytes([kind]) + bytes((here - guess) % 256 for here, guess in zip(row, predicted, strict=True))


def _nearest(left: int, above: int, corner: int) -> int:
    distances = [abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)]
    return (left, above, corner)[distances.index(min(distances))]


def test_an_interlaced_icon_is_let_pass() -> None:
    assert icon_problem("outline", png([b"\0" + bytes(BLACK) * 32] * 32, width=32, interlaced=1)) is None


def test_a_filter_that_does_not_exist_is_told() -> None:
    image = png([b"\x07" + bytes(WHITE) * 32] * 32, width=32)
    assert (icon_problem("outline", image) or "").startswith("the outline icon cannot be read")
