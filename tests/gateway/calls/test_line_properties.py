"""Whatever order, loss and repetition: no crash, at most one record for each call, bounded memory."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.calls.line import MAX_CALLS
from gateway.csta.messages import CallEvent, ConnectionId, EventKind, JoinedConnection, Party
from tests.gateway.calls.stories import (
    CALLER,
    COLLEAGUE,
    ME,
    Telephone,
    answered,
    connection,
    event,
    hung_up,
    over,
    rings,
)

INCOMING = [
    rings(),
    answered(),
    event(EventKind.HELD, local="hold"),
    event(EventKind.RETRIEVED, local="connected"),
    hung_up(device="T1"),
    hung_up(),
    over(),
]
OUTGOING = [
    event(EventKind.SERVICE_INITIATED, local="initiated"),
    event(EventKind.ORIGINATED, calling=ME, called=COLLEAGUE, local="connected"),
    event(EventKind.DELIVERED, device="202", calling=ME, called=COLLEAGUE, local="connected"),
    event(EventKind.ESTABLISHED, device="202", calling=ME, called=COLLEAGUE, local="connected"),
    hung_up(),
    over(),
]
DIVERTED = [
    rings(),
    event(EventKind.DIVERTED, calling=CALLER, called=ME, other=COLLEAGUE, local="null", cause="callForwardNoAnswer"),
    event(EventKind.DELIVERED, device="202", calling=CALLER, called=ME, local="null"),
    over(),
]
TRANSFERRED = [
    rings("2", COLLEAGUE),
    answered("2", COLLEAGUE),
    event(
        EventKind.TRANSFERRED,
        "1",
        "202",
        secondary="2",
        local="connected",
        joined=(JoinedConnection(connection("1", "201"), connection("2", "201"), ME),),
    ),
    hung_up("1"),
    over("1"),
]
GAPS = st.floats(0, 0.02)


@pytest.mark.parametrize("story", [INCOMING, OUTGOING, TRANSFERRED])
@settings(deadline=None)
@given(data=st.data())
def test_a_call_has_one_record_at_most(story: list[CallEvent], data: st.DataObject) -> None:
    phone = Telephone()
    for heard in data.draw(st.lists(st.sampled_from(story), max_size=15)):
        phone.hears(heard, after=data.draw(GAPS))
    assert len(phone.records) <= 1


@settings(deadline=None)
@given(st.lists(st.sampled_from(DIVERTED), max_size=15), st.data())
def test_a_diverted_call_has_one_record_more_at_most_for_each_time_that_it_comes_back(
    heard: list[CallEvent], data: st.DataObject
) -> None:
    phone = Telephone()
    for one in heard:
        phone.hears(one, after=data.draw(GAPS))
    told = [one.kind for one in heard if one in DIVERTED[:2]]
    returns = sum(pair == (EventKind.DIVERTED, EventKind.DELIVERED) for pair in pairwise(told))
    assert len(phone.records) <= 1 + returns


@pytest.mark.parametrize("story", [INCOMING, OUTGOING, DIVERTED, TRANSFERRED])
@settings(deadline=None)
@given(data=st.data())
def test_a_call_heard_in_order_with_repetitions_has_exactly_one_record(
    story: list[CallEvent], data: st.DataObject
) -> None:
    phone = Telephone()
    for heard in story:
        for _ in range(data.draw(st.integers(1, 3))):
            phone.hears(heard, after=data.draw(GAPS))
    assert len(phone.records) == 1
    assert phone.line.legs == []


PARTIES = st.sampled_from([None, Party(), Party(restricted=True), ME, CALLER, COLLEAGUE])
CONNECTIONS = st.none() | st.builds(
    connection, st.sampled_from([None, "0", "1", "2"]), st.sampled_from([None, "201", "202", "T1"])
)
ANY_EVENT = st.builds(
    CallEvent,
    st.sampled_from(EventKind),
    monitor=st.just("0"),
    connection=CONNECTIONS,
    secondary=CONNECTIONS,
    device=PARTIES,
    calling=PARTIES,
    called=PARTIES,
    redirected_by=PARTIES,
    other=PARTIES,
    joined=st.lists(st.builds(JoinedConnection, CONNECTIONS, CONNECTIONS, PARTIES), max_size=3).map(tuple),
    local_state=st.sampled_from([None, "null", "initiated", "alerting", "connected", "hold", "queued", "fail", "x"]),
    cause=st.sampled_from([None, "busy", "transfer", "unheardOf"]),
)


@settings(deadline=None)
@given(st.lists(st.tuples(ANY_EVENT, st.floats(0, 5)), max_size=60))
def test_no_sequence_of_events_crashes_or_fills_memory(events: list[tuple[CallEvent, float]]) -> None:
    phone = Telephone()
    for heard, gap in events:
        phone.hears(heard, after=gap)
    assert len(phone.line.legs) <= MAX_CALLS
    ids = [call.call_id for call in phone.records]
    assert len(ids) == len(set(ids))
    for call in phone.records:
        assert call.end_time is not None
        assert call.created_on <= call.end_time
        assert call.ring_time >= 0
        assert call.billing_time >= 0


@settings(deadline=None)
@given(st.lists(st.sampled_from([ConnectionId(None, None), connection("1", "201")]), min_size=1, max_size=5))
def test_any_connection_that_clears_leaves_an_idle_line_idle(connections: list[ConnectionId]) -> None:
    phone = Telephone()
    for cleared in connections:
        phone.hears(CallEvent(EventKind.CONNECTION_CLEARED, connection=cleared, local_state="null"))
    assert (phone.records, phone.shown) == ([], ["idle"])
