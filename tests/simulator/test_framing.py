"""Frames byte by byte: two zero octets, the total length, four digits, the document."""

import asyncio

import pytest

from simulator.csta.document import document, element
from simulator.csta.framing import LONGEST, BadFrame, Frame, encode, read_frame


def reader_of(octets: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    reader.feed_data(octets)
    reader.feed_eof()
    return reader


def test_the_length_counts_header_and_bytes_not_characters() -> None:
    assert encode(Frame(7, "é".encode())) == b"\x00\x00\x00\x0a0007\xc3\xa9"


def test_a_length_above_32767_is_unsigned() -> None:
    assert encode(Frame(9999, b"x" * 40_000))[:8] == b"\x00\x00\x9c\x489999"


def test_a_document_that_fits_no_frame_is_refused() -> None:
    assert len(encode(Frame(1, b"x" * (LONGEST - 8)))) == LONGEST
    with pytest.raises(ValueError, match="longer than 65535"):
        encode(Frame(1, b"x" * (LONGEST - 7)))


async def test_frames_are_read_one_after_the_other_until_the_end() -> None:
    reader = reader_of(b"\0\0\0\x090001a" + b"\0\0\0\x080002" + b"\0\0\0\x109998eightoct")
    assert [await read_frame(reader) for _ in range(4)] == [
        Frame(1, b"a"),
        Frame(2, b""),
        Frame(9998, b"eightoct"),
        None,
    ]


@pytest.mark.parametrize(
    "octets", [b"\0", b"\0\0\0\x090001", b"\0\0\0\x100001", b"\0\x01\0\x090001a", b"\0\0\0\x070001"]
)
async def test_what_is_no_frame_is_an_error_and_never_an_end(octets: bytes) -> None:
    with pytest.raises(BadFrame):
        await read_frame(reader_of(octets))


def test_device_ids_are_escaped() -> None:
    event = document("DoNotDisturbEvent", element("device", "N<201>A & B"))
    assert event.octets("urn:x") == (
        b'<?xml version="1.0" encoding="UTF-8"?><csta:DoNotDisturbEvent xmlns:csta="urn:x">'
        b"<csta:device>N&lt;201&gt;A &amp; B</csta:device></csta:DoNotDisturbEvent>"
    )
