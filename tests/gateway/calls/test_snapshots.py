"""After a reconnection: what began, went on and ended unheard."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls.snapshots import calls_to_ask, reconcile, tell_parties
from gateway.csta.messages import CallSnapshot, EventKind, JoinedConnection, SnapshotEntry
from tests.gateway.calls.stories import (
    CALLER,
    COLLEAGUE,
    ME,
    START,
    Telephone,
    answered,
    connection,
    event,
    hung_up,
    rings,
)


@pytest.fixture
def phone() -> Telephone:
    return Telephone()


def entry(call: str | None, state: str | None, *, answered: bool = False) -> SnapshotEntry:
    return SnapshotEntry(connection(call, "201"), state, answered)


def later(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def compare(phone: Telephone, *entries: SnapshotEntry, asked: float = 60, at: float = 60) -> None:
    last_heard = later(10)
    phone.now = later(at)
    phone.facts += reconcile(phone.line, entries, asked_at=later(asked), at=later(at), last_heard=last_heard)


def told(phone: Telephone, call: str, parties: CallSnapshot) -> None:
    phone.facts += tell_parties(phone.line, call, parties, at=phone.now, last_heard=later(10))


def test_a_first_snapshot_shows_an_idle_line(phone: Telephone) -> None:
    compare(phone)
    assert phone.facts == [LineChanged("201", later(60), state="idle")]


def test_a_call_that_is_gone_ends_when_it_was_last_heard_of(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    compare(phone)
    assert (phone.record.end_time, phone.record.extra_pbx_data["endSeen"]) == (later(10), False)
    assert phone.shown[-1] == "idle"


def test_a_call_that_goes_on_goes_on(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    compare(phone, entry("5", "hold", answered=True))
    assert (phone.records, phone.shown[-1]) == ([], "held")
    phone.hears(hung_up(), after=40)
    assert phone.record.billing_time == 100.0


def test_a_call_answered_meanwhile_is_an_answered_one(phone: Telephone) -> None:
    phone.hears(rings())
    compare(phone, entry("5", "connected", answered=True))
    phone.hears(hung_up(), after=5)
    assert (phone.record.completed, phone.record.billing_time) == (True, 5.0)


def test_an_id_that_rings_again_is_another_call(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    compare(phone, entry("5", "alerting"))
    assert len(phone.records) == 1
    phone.hears(hung_up())
    assert len(phone.records) == 2


def test_an_event_behind_the_request_is_newer_than_the_snapshot(phone: Telephone) -> None:
    phone.hears(rings("6"), after=61)
    compare(phone, asked=60, at=62)
    assert phone.records == []
    phone.hears(hung_up("6"))
    compare(phone, entry("6", "alerting"), asked=60, at=63)
    assert len(phone.records) == 1
    assert phone.line.legs == []


def test_a_call_first_seen_in_a_snapshot_gets_its_parties_from_the_call(phone: Telephone) -> None:
    compare(phone, entry("7", "connected", answered=True))
    assert calls_to_ask(phone.line) == ["7"]
    told(phone, "7", CallSnapshot(ME, COLLEAGUE))
    told(phone, "8", CallSnapshot(CALLER, ME))
    assert calls_to_ask(phone.line) == []
    phone.hears(hung_up("7"), after=10)
    call = phone.record
    assert (call.direction, call.to, call.completed, call.billing_time) == ("outbound", "202", True, 10.0)


def test_a_snapshot_entry_for_no_call_changes_nothing(phone: Telephone) -> None:
    compare(phone, entry("7", "null"), entry("8", "null"))
    assert phone.line.legs == []


def test_entries_without_call_ids_or_states_do_not_crash(phone: Telephone) -> None:
    compare(phone, entry(None, None), entry(None, "alerting"), entry("1", "strange"))
    assert phone.shown == ["connected"]


def test_a_line_of_which_nothing_is_heard_is_unknown_until_the_next_snapshot(phone: Telephone) -> None:
    phone.hears(event(EventKind.ORIGINATED, calling=ME, called=COLLEAGUE, local="connected"))
    phone.facts += phone.line.lose(later(10))
    compare(phone, entry("5", "connected"))
    assert phone.shown == ["connected", "unknown", "connected"]
    assert not any(isinstance(fact, CallRecorded) for fact in phone.facts)


# -- whose call an id is now


OTHERS = CallSnapshot(COLLEAGUE, ME, (COLLEAGUE, ME))


def test_a_call_that_goes_on_is_worth_asking_for_once(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    compare(phone, entry("5", "connected", answered=True))
    assert calls_to_ask(phone.line) == ["5"]
    told(phone, "5", CallSnapshot(CALLER, ME, (CALLER, ME)))
    assert (calls_to_ask(phone.line), phone.records) == ([], [])
    phone.hears(hung_up(), after=40)
    assert phone.record.billing_time == 100.0


def test_an_id_that_is_of_other_parties_by_now_is_another_call(phone: Telephone) -> None:
    phone.hears(rings(), answered(), after=1)
    compare(phone, entry("5", "connected", answered=True))
    told(phone, "5", OTHERS)
    first = phone.record
    assert (first.from_, first.billing_time, first.extra_pbx_data["endSeen"]) == (CALLER.number, 8.0, False)
    phone.hears(hung_up(), after=5)
    second = phone.records[1]
    assert (second.from_, second.completed, second.billing_time) == ("202", True, 5.0)
    assert second.extra_pbx_data == {"callId": "5", "cause": "normalClearing", "beginSeen": False}
    assert phone.line.legs == []


def test_a_call_that_was_not_answered_before_it_was_lost_is_not_answered_by_the_next(phone: Telephone) -> None:
    phone.hears(rings())
    compare(phone, entry("5", "connected", answered=True))
    told(phone, "5", OTHERS)
    assert (phone.record.missed, phone.record.ring_time) == (True, 10.0)


def test_a_call_that_was_transferred_meanwhile_is_the_same(phone: Telephone) -> None:
    phone.hears(rings(calling=COLLEAGUE), answered(calling=COLLEAGUE))
    compare(phone, entry("5", "connected", answered=True))
    told(phone, "5", CallSnapshot(COLLEAGUE, ME, (CALLER, ME)))
    assert phone.records == []


def test_a_call_whose_far_end_is_still_in_it_is_the_same_whoever_is_told_to_call(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    compare(phone, entry("5", "connected", answered=True))
    told(phone, "5", CallSnapshot(COLLEAGUE, ME, (COLLEAGUE, CALLER, ME)))
    assert phone.records == []


def test_a_switch_that_names_nobody_leaves_the_call_as_it_is(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    compare(phone, entry("5", "connected", answered=True))
    told(phone, "5", CallSnapshot(None, None))
    assert phone.records == []


def test_an_outgoing_call_that_is_being_dialled_again_is_another(phone: Telephone) -> None:
    phone.hears(event(EventKind.ORIGINATED, calling=ME, called=COLLEAGUE, local="connected"))
    compare(phone, entry("5", "initiated"))
    assert phone.record.extra_pbx_data["endSeen"] is False
    assert len(phone.line.legs) == 1


def test_after_a_transfer_those_who_were_connected_then_are_the_parties(phone: Telephone) -> None:
    phone.hears(rings("2", COLLEAGUE), answered("2", COLLEAGUE))
    ends = JoinedConnection(connection("1", "201"), connection("2", "201"), ME), JoinedConnection(None, None, CALLER)
    phone.hears(event(EventKind.TRANSFERRED, "1", "202", secondary="2", joined=ends, other=ME, local="connected"))
    compare(phone, entry("1", "connected", answered=True))
    told(phone, "1", CallSnapshot(CALLER, COLLEAGUE, (CALLER, ME)))
    assert phone.records == []
    compare(phone, entry("1", "connected", answered=True), asked=90, at=90)
    told(phone, "1", OTHERS)
    assert (phone.record.from_, phone.record.extra_pbx_data["endSeen"]) == ("202", False)


def test_a_call_that_lost_its_id_in_a_join_is_the_one_that_no_other_has(phone: Telephone) -> None:
    phone.hears(rings("2", COLLEAGUE), answered("2", COLLEAGUE))
    phone.hears(event(EventKind.TRANSFERRED, "1", "202", secondary="2", local="connected"))
    compare(phone, entry("1", "connected", answered=True))
    phone.hears(hung_up("1"), after=5)
    assert (phone.record.from_, phone.record.billing_time) == ("202", 65.0)


def test_a_call_that_ends_before_anybody_asks_leaves_no_doubt_behind(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    compare(phone, entry("5", "connected", answered=True))
    phone.hears(hung_up(), after=1)
    told(phone, "5", OTHERS)
    assert (phone.record.from_, phone.line.doubts) == (CALLER.number, {})
