"""After a reconnection: what began, went on and ended unheard."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls.snapshots import calls_to_ask, reconcile, tell_parties
from gateway.csta.messages import CallSnapshot, EventKind, SnapshotEntry
from tests.gateway.stories import CALLER, COLLEAGUE, ME, START, Telephone, answered, connection, event, hung_up, rings


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
