"""What holds of all that comes in: typed errors, bounded memory, every bad frame counted, facts that can be sent."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from cloudlink import uplink
from gateway.calls.clock import SteadyClock
from gateway.calls.line import MAX_CALLS
from gateway.calls.lines import Lines
from gateway.csta.client import READ_OCTETS, CstaClient
from gateway.csta.errors import BadMessage, FramingError, LinkLost
from gateway.csta.framing import MAX_FRAME_OCTETS, FrameDecoder
from gateway.csta.messages import CallEvent, FeatureEvent
from gateway.csta.parser import parse
from gateway.smdr.lines import MAX_LENGTH, LineSplitter
from gateway.smdr.parser import BadLine, Parser
from gateway.transport import hang_up
from tests.fuzz.documents import ED5, bombs, documents

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloudlink.uplink import Fact
    from gateway.csta.client import Heard

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def _frame(document: bytes, *, shift: int = 0, version: bytes = b"\0\0", invoke_id: bytes = b"9999") -> bytes:
    return version + max(0, 8 + len(document) + shift).to_bytes(2) + invoke_id + document


_documents = documents.map(_frame)
_wrong = st.builds(
    _frame,
    documents,
    shift=st.integers(-12, 12),
    version=st.sampled_from([b"\0\0", b"\0\1"]),
    invoke_id=st.sampled_from([b"0001", b"12a4", b"-001"]),
)
_streams = st.lists(_documents | _documents | _wrong | st.binary(max_size=12), max_size=5).map(b"".join)


def _told(stream: bytes) -> tuple[list[bytes], bool]:
    """The documents of a stream and whether it ends badly, read by the frame layout alone."""
    found: list[bytes] = []
    while len(stream) >= 8:
        octets = int.from_bytes(stream[2:4])
        if stream[:2] != b"\0\0" or octets < 8 or not stream[4:8].isdigit():
            return found, True
        if len(stream) < octets:
            break
        found.append(stream[8:octets])
        stream = stream[octets:]
    return found, bool(stream)


def framing(stream: bytes, sizes: Sequence[int]) -> None:
    """Pieces of any size give the same frames, and never more is kept than one frame."""
    told, bad = _told(stream)
    decoder, seen, failed = FrameDecoder(), list[bytes](), False
    try:
        for size in [*sizes, len(stream)]:
            piece, stream = stream[:size], stream[size:]
            for frame in decoder.feed(piece):
                seen.append(frame.xml)
            assert len(decoder._waiting) <= MAX_FRAME_OCTETS
        decoder.close()
    except FramingError:
        failed = True
    assert (seen, failed) == (told, bad)


def xml(document: bytes) -> None:
    """A message or a typed error."""
    with suppress(BadMessage):
        parse(document)


def entities(document: bytes) -> None:
    """No document with a DOCTYPE is a message, however it is encoded."""
    with pytest.raises(BadMessage):
        parse(document)


def connection(stream: bytes) -> None:
    """It ends by a typed error; what could not be read is counted, and the rest makes facts that can be sent."""
    told, bad = _told(stream)
    unreadable = sum(map(_is_unreadable, told))
    counters, facts = asyncio.run(_converse(stream))
    assert (counters["frames"], counters["frames_bad"]) == (len(told), bad)
    assert counters["messages_unreadable"] == unreadable
    for fact in facts:
        octets = uplink.encode_fact(fact)
        assert uplink.decode_fact(octets) == fact
        assert len(octets) < uplink.MAX_FACTS_BYTES


def _is_unreadable(document: bytes) -> bool:
    try:
        parse(document)
    except BadMessage:
        return True
    return False


async def _converse(stream: bytes) -> tuple[Counter[str], list[Fact]]:
    facts: list[Fact] = []
    ids = count()
    moment = NOON
    lines = Lines(facts.extend, SteadyClock.on(lambda: moment), lambda: f"record-{next(ids)}")

    def heard(message: Heard) -> None:
        nonlocal moment
        moment += timedelta(milliseconds=700)
        if isinstance(message, CallEvent | FeatureEvent):
            lines.hear("201", message)
            assert len(lines._lines["201"].legs) <= MAX_CALLS

    counters: Counter[str] = Counter()
    pbx, ours = socket.socketpair()
    with pbx:
        pbx.sendall(stream)
        pbx.shutdown(socket.SHUT_WR)
        reader, writer = await asyncio.open_connection(sock=ours, limit=READ_OCTETS)
        client = CstaClient(reader, writer, namespace=ED5, heard=heard, counters=counters, in_flight=1, timeout=1.0)
        with suppress(LinkLost):
            await client.run()
        lines.lose()
        lines.retain(set())
        await hang_up(writer)
    return counters, facts


_smdr_parts = st.sampled_from(
    ["03/05 ", "09:41", "09:41:07p", "a ", "00:01:02 ", "0001:02:03 ", "201", "T12", "****", "X003", " " * 7, "A", "t",
     "0033199000142", "%", "-", "\r\n", "\0", "\n"]
)  # fmt: skip
_smdr = st.lists(_smdr_parts | st.text(max_size=8), max_size=25).map(lambda parts: "".join(parts).encode())


def smdr(stream: bytes, size: int) -> None:
    """A record or a typed error for each line, and never more is kept than one line."""
    splitter, parser = LineSplitter(), Parser()
    for start in range(0, len(stream), size):
        for line in splitter.feed(stream[start : start + size]):
            with suppress(BadLine):
                parser.read(line)
        assert len(splitter._rest) <= MAX_LENGTH


PROPERTIES: dict[str, tuple[Callable[..., None], dict[str, st.SearchStrategy[object]]]] = {
    "framing": (framing, {"stream": _streams, "sizes": st.lists(st.integers(1, 40), max_size=12)}),
    "XML": (xml, {"document": documents}),
    "entities": (entities, {"document": bombs}),
    "connection": (connection, {"stream": _streams}),
    "SMDR": (smdr, {"stream": _smdr, "size": st.integers(1, 300)}),
}
"""Each with what it is tried on."""
