"""CSTA events per second through the gateway, beside lxml parsing the same bytes and nothing else.

The bytes are ``data/csta``: 17 messages of four calls in schema order, with the services, media and private data that a
PBX adds, about 2.3 KB each. One process; the two take turns, and the medians of all turns are compared.
"""

from __future__ import annotations

import statistics
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from lxml import etree

from cloudlink.administration.gateways import CAPACITY
from cloudlink.uplink import CallRecorded
from gateway.calls.clock import SteadyClock
from gateway.calls.lines import Lines
from gateway.csta.framing import EVENT_INVOKE_ID, Frame, FrameDecoder, encode
from gateway.csta.messages import CallEvent
from gateway.csta.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloudlink.uplink import Fact

T = TypeVar("T")

DATA = Path(__file__).parent / "data" / "csta"
ROUNDS = 200
TURNS = 9
READ_OCTETS = 1 << 16
BOUND = 0.25
RECORDS_IN_A_ROUND = 4
BUSIEST = max(capacity.bhcc for capacity in CAPACITY.values()) * 20 / 3600
"""Events a second of the largest PBX in its busy hour, at 20 a call."""
TIMES_BUSIEST = 100


@dataclass(frozen=True, slots=True)
class Result:
    """Medians in events per second. ``ratio`` is held to be at least ``BOUND``."""

    octets: float
    gateway: float
    lxml: float

    @property
    def ratio(self) -> float:
        return self.gateway / self.lxml


class Clock:
    """Moves on a minute at each round, so that call ids may be used again, as a switch does."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


def run() -> Result:
    """Measures and prints."""
    documents = [path.read_bytes() for path in sorted(DATA.glob("*.xml"))]
    octets = b"".join(encode(Frame(EVENT_INVOKE_ID, document)) for document in documents)
    events = ROUNDS * len(documents)
    turns = [(_seconds(_gateway, octets), _seconds(_lxml, documents)) for _ in range(TURNS)]
    gateway, lxml = (statistics.median(seconds) for seconds in zip(*turns, strict=True))
    result = Result(statistics.mean(map(len, documents)), events / gateway, events / lxml)
    print(f"CSTA events per second, {len(documents)} messages of {result.octets:,.0f} octets, median of {TURNS}")
    print(f"  lxml alone                                      {result.lxml:>10,.0f}")
    print(f"  gateway (frame, parse, track, record)           {result.gateway:>10,.0f}")
    print(f"  ratio {result.ratio:.2f}, to be at least {BOUND}")
    print(f"  {result.gateway / BUSIEST:.0f} times the busiest PBX, to be at least {TIMES_BUSIEST}")
    return result


def _seconds(work: Callable[[T], None], given: T) -> float:
    began = time.perf_counter()
    work(given)
    return time.perf_counter() - began


def _gateway(octets: bytes) -> None:
    facts: list[Fact] = []
    clock = Clock()
    lines = Lines(facts.extend, SteadyClock.on(clock), lambda: uuid.uuid4().hex)
    decoder = FrameDecoder()
    for _ in range(ROUNDS):
        clock.moment += timedelta(minutes=1)
        for start in range(0, len(octets), READ_OCTETS):
            for frame in decoder.feed(octets[start : start + READ_OCTETS]):
                event = parse(frame.xml)
                assert isinstance(event, CallEvent)
                lines.hear(f"20{event.monitor}", event)
    assert sum(isinstance(fact, CallRecorded) for fact in facts) == ROUNDS * RECORDS_IN_A_ROUND


def _lxml(documents: Sequence[bytes]) -> None:
    for _ in range(ROUNDS):
        for document in documents:
            etree.fromstring(document)


if __name__ == "__main__":
    run()
