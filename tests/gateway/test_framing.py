"""Octets to frames, with every fault that is known from other implementations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.csta.errors import BadInvokeId, BadLength, BadVersion, ClosedInFrame
from gateway.csta.framing import Frame, FrameDecoder, encode


def test_a_frame_is_eight_octets_and_the_document() -> None:
    assert encode(Frame(11, b"<a/>")) == b"\x00\x00\x00\x0c0011<a/>"


def test_the_length_counts_octets_and_not_characters() -> None:
    octets = encode(Frame(1, "<n>Müller</n>".encode()))
    assert octets[2:4] == bytes([0, 8 + len("<n>Müller</n>") + 1])
    assert list(FrameDecoder().feed(octets + octets)) == [Frame(1, "<n>Müller</n>".encode())] * 2


def test_the_length_is_unsigned() -> None:
    document = b"<a>" + b"x" * 40_000 + b"</a>"
    octets = b"\x00\x00" + (8 + len(document)).to_bytes(2) + b"9999" + document
    assert octets[2] >= 0x80
    assert list(FrameDecoder().feed(octets)) == [Frame(9999, document)]


def test_the_first_two_octets_are_no_part_of_the_length() -> None:
    with pytest.raises(BadVersion):
        list(FrameDecoder().feed(b"\x00\x01\x00\x0c0001<a/>"))


def test_a_document_that_no_length_can_tell_is_not_sent() -> None:
    with pytest.raises(BadLength):
        encode(Frame(1, b"x" * 65_528))
    assert len(encode(Frame(1, b"x" * 65_527))) == 65_535


def test_a_length_below_the_header_is_refused() -> None:
    with pytest.raises(BadLength):
        list(FrameDecoder().feed(b"\x00\x00\x00\x070001"))


@pytest.mark.parametrize("invoke_id", [b"12a4", b"-001", b" 001", "¹²³".encode()[:4]])
def test_an_invoke_id_is_four_ascii_digits(invoke_id: bytes) -> None:
    with pytest.raises(BadInvokeId):
        list(FrameDecoder().feed(b"\x00\x00\x00\x0c" + invoke_id + b"<a/>"))


def test_frames_before_a_bad_one_are_given() -> None:
    frames = FrameDecoder().feed(b"\x00\x00\x00\x0c0001<a/>" + b"HTTP/1.1 400 Bad Request")
    assert next(frames) == Frame(1, b"<a/>")
    with pytest.raises(BadVersion):
        next(frames)


def test_a_peer_that_closes_within_a_frame_is_noticed() -> None:
    decoder = FrameDecoder()
    assert list(decoder.feed(b"\x00\x00\x00\x0c0001<a")) == []
    with pytest.raises(ClosedInFrame):
        decoder.close()


def test_a_peer_that_closes_between_frames_is_no_fault() -> None:
    decoder = FrameDecoder()
    list(decoder.feed(b"\x00\x00\x00\x0c0001<a/>"))
    decoder.close()


@given(st.lists(st.binary(max_size=40), max_size=5), st.lists(st.integers(1, 9), max_size=50))
def test_pieces_of_any_size_give_the_same_frames(documents: list[bytes], sizes: list[int]) -> None:
    frames = [Frame(number, document) for number, document in enumerate(documents)]
    octets = b"".join(map(encode, frames))
    decoder = FrameDecoder()
    seen: list[Frame] = []
    for size in [*sizes, len(octets)]:
        piece, octets = octets[:size], octets[size:]
        seen += decoder.feed(piece)
    decoder.close()
    assert seen == frames


@given(st.binary(max_size=200))
def test_no_octets_do_worse_than_a_framing_error(octets: bytes) -> None:
    try:
        for frame in FrameDecoder().feed(octets):
            assert 0 <= frame.invoke_id <= 9999
    except (BadVersion, BadLength, BadInvokeId):
        pass
