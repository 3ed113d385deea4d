"""Lines that are nearly records: whatever is wrong with them, no crash, and records that CloudLink can read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from cloudlink import uplink
from cloudlink.uplink import Entry, Publish
from gateway.smdr.calls import recorded
from gateway.smdr.lines import LineSplitter
from gateway.smdr.parser import BadLine, Parser
from gateway.smdr.times import start
from tests.gateway.smdr.writing import LAYOUTS, line

OURS = frozenset({"201", "202", "203"})
_ZONES = [None, UTC, *map(ZoneInfo, ("Europe/Paris", "Asia/Kathmandu", "America/St_Johns"))]


@st.composite
def mangled_lines(draw: st.DrawFn) -> str:
    """A line of any layout in which some characters are others, missing or too many."""
    calling, called = draw(st.sampled_from([("201", "202"), ("T1", "201"), ("201", "X12"), ("", "201"), ("201", "")]))
    text = line(
        draw(st.sampled_from([*LAYOUTS.values()])),
        date=draw(st.sampled_from(["03/05", "12/31", "02/29"])),
        start=draw(st.sampled_from(["13:14", "12:30p", "02:30"])),
        duration=draw(st.sampled_from(["00:01:12", "99:99:99", ""])),
        calling=calling,
        called=called,
        answer=draw(st.sampled_from(["", " 003", "****", "*009"])),
        digits=draw(st.sampled_from(["", "202", "0199001234           00000"])),
        completion=draw(st.sampled_from(" ABETI")),
        third=draw(st.sampled_from(["", "203"])),
    )
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(st.text(" 0159:/*TXap\x00é", max_size=2)) + text[at + draw(st.integers(0, 2)) :]
    return text


@given(
    text=mangled_lines(),
    zone=st.sampled_from(_ZONES),
    now=st.integers(0, 800 * 24).map(lambda hours: datetime(2025, 12, 30, tzinfo=UTC) + timedelta(hours=hours)),
)
def test_a_mangled_line_is_refused_or_makes_sound_records(text: str, zone: ZoneInfo | None, now: datetime) -> None:
    for received in LineSplitter().feed(text.encode() + b"\n"):
        try:
            record = Parser().read(received)
        except BadLine:
            continue
        began = start(record, zone, now)
        assert now - timedelta(days=9 * 366) < began <= now + timedelta(days=1)
        for number, fact in enumerate(recorded(record, OURS, began, lambda extension: f"id-{extension}"), 1):
            assert fact.call.ring_time >= 0
            assert fact.call.billing_time >= 0
            assert fact.call.end_time is not None
            assert fact.call.end_time >= fact.call.created_on
            frame = Publish(0, (Entry(number, fact),))
            assert uplink.decode(uplink.encode(frame)) == frame
