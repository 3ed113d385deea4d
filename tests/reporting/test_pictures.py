"""Only a whole picture of a bearable size is kept, whatever it calls itself."""

from __future__ import annotations

import struct
import zlib
from time import perf_counter

import pytest

from reporting.pictures import LARGEST, Fault, PictureRefused, check
from tests.pictures import JPEG, PNG, WEBP, WEBP_EXTENDED, WEBP_LOSSLESS, png, png_of

HEADER = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
DATA = zlib.compress(b"\0\0\0\0")


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (WEBP, "image/webp"),
        (WEBP_LOSSLESS, "image/webp"),
        (WEBP_EXTENDED, "image/webp"),
    ],
)
def test_a_picture_is_known_by_its_bytes(content: bytes, media_type: str) -> None:
    picture = check(content)
    assert (picture.media_type, picture.content) == (media_type, content)


@pytest.mark.parametrize("whole", [PNG, JPEG, WEBP, WEBP_LOSSLESS, WEBP_EXTENDED])
def test_no_part_of_a_picture_is_one(whole: bytes) -> None:
    for length in range(len(whole)):
        with pytest.raises(PictureRefused):
            check(whole[:length])


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", Fault.NO_PICTURE),
        (b"Just a text\n", Fault.NO_PICTURE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", Fault.NO_PICTURE),
        (b"<html><img src=x onerror=alert(1)>", Fault.NO_PICTURE),
        (b"GIF89a" + bytes(20), Fault.NO_PICTURE),
        (b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", Fault.DAMAGED),
        (PNG[:-1] + b"x", Fault.DAMAGED),
        (PNG + b"what was cut away", Fault.DAMAGED),
        (png_of((b"IHDR", HEADER)), Fault.DAMAGED),
        (png_of((b"IDAT", DATA), (b"IHDR", HEADER)), Fault.DAMAGED),
        (png_of((b"IHDR", HEADER), (b"IHDR", HEADER), (b"IDAT", DATA)), Fault.DAMAGED),
        (png_of((b"IHDR", struct.pack(">II", 0, 8) + HEADER[8:]), (b"IDAT", DATA)), Fault.DAMAGED),
        (png_of((b"IHDR", struct.pack(">II", 60_000, 60_000) + HEADER[8:]), (b"IDAT", DATA)), Fault.TOO_MANY_PIXELS),
        (JPEG.replace(b"\x00\x08\x00\x0c", b"\xea\x60\xea\x60"), Fault.TOO_MANY_PIXELS),
        (png(1, 1) + bytes(LARGEST), Fault.TOO_LARGE),
        (b"RIFF\x10\0\0\0WEBPVP8X\x00\0\0\0", Fault.DAMAGED),
    ],
)
def test_what_is_no_picture_or_an_absurd_one_is_refused(content: bytes, fault: Fault) -> None:
    with pytest.raises(PictureRefused) as refused:
        check(content)
    assert refused.value.fault is fault


@pytest.mark.parametrize(
    "content",
    [
        png_of((b"IHDR", HEADER), *[(b"IDAT", b"")] * 300_000),
        b"\xff\xd8" + b"\xff" * (LARGEST - 2),
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * (LARGEST // 4 - 1),
        b"RIFF" + struct.pack("<I", LARGEST - 8) + b"WEBPVP8X" + struct.pack("<I", 10) + bytes(LARGEST - 30),
    ],
    ids=["chunks", "fill", "segments", "RIFF"],
)
def test_no_file_keeps_everybody_else_waiting(content: bytes) -> None:
    begun = perf_counter()
    with pytest.raises(PictureRefused):
        check(content)
    assert perf_counter() - begun < 0.2
