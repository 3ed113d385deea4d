"""Bytes to lines, in whatever pieces they come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.smdr.lines import MAX_LENGTH, LineSplitter


def test_a_line_may_come_in_pieces_and_with_any_end() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b" 03/05 13") == []
    assert splitter.feed(b":14  \r") == [" 03/05 13:14"]
    assert splitter.feed(b"\n\n\x00second\nthird\r") == ["second", "third"]


def test_bytes_that_are_not_ascii_do_no_harm() -> None:
    assert LineSplitter().feed(b"caf\xc3\xa9\n") == ["caf\ufffd\ufffd"]


def test_a_line_without_end_is_left_out_and_counted_once() -> None:
    splitter = LineSplitter()
    for _ in range(100):
        assert splitter.feed(b"x" * 1000) == []
    assert splitter.feed(b"still it\ngood\n") == ["good"]
    assert splitter.too_long == 1


def test_a_line_that_is_too_long_at_once_is_left_out_too() -> None:
    splitter = LineSplitter()
    assert splitter.feed(b"x" * (MAX_LENGTH + 1) + b"\ngood\n") == ["good"]
    assert splitter.too_long == 1


@given(
    lines=st.lists(st.text("0123456789 :/TX*", min_size=1).filter(str.strip), max_size=8),
    cuts=st.lists(st.integers(0, 400), max_size=12),
)
def test_where_the_stream_is_cut_makes_no_difference(lines: list[str], cuts: list[int]) -> None:
    stream = b"".join(line.encode() + b"\r\n" for line in lines)
    splitter, told, last = LineSplitter(), [], 0
    for cut in [*sorted(cuts), len(stream)]:
        told += splitter.feed(stream[last:cut])
        last = max(last, cut)
    assert told == [line.rstrip() for line in lines]
