"""What happens on one extension becomes one record for each call, and what the line shows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cloudlink.uplink import LineChanged
from gateway.calls.ended import ECHO
from gateway.calls.line import MAX_CALLS
from gateway.csta.messages import CallEvent, EventKind, FeatureEvent, JoinedConnection, Party
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
    over,
    rings,
)


@pytest.fixture
def phone() -> Telephone:
    return Telephone()


def joined(old: str, new: str, party: Party) -> JoinedConnection:
    return JoinedConnection(connection(new, party.number), connection(old, party.number), party)


# -- the ordinary calls


def test_an_answered_call_is_recorded_once_with_its_times(phone: Telephone) -> None:
    phone.hears(rings())
    phone.hears(answered(), after=4)
    phone.hears(hung_up(), over(), after=30)
    call = phone.record
    assert (call.direction, call.completed, call.cause) == ("inbound", True, None)
    assert (call.from_, call.from_number_e164, call.from_name) == ("+33199000142", True, "Warehouse")
    assert (call.to, call.to_number_e164) == ("201", False)
    assert (call.ring_time, call.billing_time) == (4.0, 30.0)
    assert (call.created_on, call.end_time) == (START, START + timedelta(seconds=34))
    assert call.extra_pbx_data == {"callId": "5", "cause": "normalClearing"}
    assert phone.shown == ["ringing", "connected", "idle"]


def test_a_call_that_nobody_answers_is_missed(phone: Telephone) -> None:
    phone.hears(rings())
    phone.hears(hung_up(), over(), after=20)
    assert phone.record.missed
    assert (phone.record.cause, phone.record.ring_time, phone.record.billing_time) == ("callNotAnswer", 20.0, 0.0)


def test_an_outgoing_call_rings_until_the_other_side_answers(phone: Telephone) -> None:
    phone.hears(event(EventKind.SERVICE_INITIATED, local="initiated"))
    phone.hears(event(EventKind.ORIGINATED, calling=ME, called=Party("0199000142"), local="connected"), after=3)
    phone.hears(
        event(EventKind.DELIVERED, device="T1", calling=ME, called=Party("0199000142"), local="connected"), after=1
    )
    phone.hears(event(EventKind.ESTABLISHED, device="T1", calling=ME, local="connected"), after=6)
    phone.hears(hung_up(), after=60)
    call = phone.record
    assert (call.direction, call.completed) == ("outbound", True)
    assert (call.from_, call.to) == ("201", "0199000142")
    assert (call.ring_time, call.billing_time) == (6.0, 60.0)
    assert phone.shown == ["connected", "idle"]


def test_a_receiver_that_is_only_lifted_makes_no_record(phone: Telephone) -> None:
    phone.hears(event(EventKind.SERVICE_INITIATED, local="initiated"), hung_up(), after=2)
    assert phone.records == []
    assert phone.shown == ["connected", "idle"]


@pytest.mark.parametrize(
    ("csta", "cause"),
    [("busy", "busy"), ("destNotObtainable", "destNotObtainable"), ("numberUnallocated", "destNotObtainable"),
     ("trunksBusy", "resourcesNotAvailable")],
)  # fmt: skip
def test_an_outgoing_call_that_fails_says_why(phone: Telephone, csta: str, cause: str) -> None:
    phone.hears(event(EventKind.ORIGINATED, calling=ME, called=COLLEAGUE, local="connected"))
    phone.hears(event(EventKind.FAILED, device="202", calling=ME, called=COLLEAGUE, local="connected", cause=csta))
    phone.hears(hung_up(), after=2)
    assert (phone.record.completed, phone.record.cause) == (False, cause)
    assert phone.record.extra_pbx_data["cause"] == csta


def test_a_call_to_a_telephone_on_do_not_disturb_is_missed_and_shows_nothing(phone: Telephone) -> None:
    phone.hears(event(EventKind.FAILED, calling=CALLER, called=ME, local="fail", cause="doNotDisturb"))
    phone.hears(hung_up())
    assert (phone.record.missed, phone.record.cause) == (True, "doNotDisturb")
    assert phone.shown == ["idle"]


def test_a_withheld_number_stays_withheld(phone: Telephone) -> None:
    phone.hears(rings(calling=Party(restricted=True)), answered(calling=CALLER), hung_up())
    assert (phone.record.from_, phone.record.from_name) == (None, None)


def test_a_name_that_comes_later_is_taken(phone: Telephone) -> None:
    phone.hears(rings(calling=Party("+33199000142")), answered(), hung_up())
    assert phone.record.from_name == "Warehouse"


# -- hold


def test_time_on_hold_counts_and_the_line_shows_it(phone: Telephone) -> None:
    phone.hears(rings(), answered(), after=1)
    phone.hears(event(EventKind.HELD, local="hold"), event(EventKind.RETRIEVED, local="connected"), hung_up(), after=10)
    assert phone.record.billing_time == 30.0
    assert phone.shown == ["ringing", "connected", "held", "connected", "idle"]


def test_a_hold_tells_of_an_answer_that_was_not_heard(phone: Telephone) -> None:
    phone.hears(rings(), event(EventKind.HELD, local="hold"), hung_up(), after=5)
    assert (phone.record.completed, phone.record.ring_time, phone.record.billing_time) == (True, 5.0, 5.0)


def test_two_calls_at_once_are_told_apart(phone: Telephone) -> None:
    phone.hears(rings("1"), answered("1"), event(EventKind.HELD, "1", local="hold"))
    phone.hears(
        rings("2", COLLEAGUE),
        answered("2", COLLEAGUE),
        hung_up("2"),
        event(EventKind.RETRIEVED, "1", local="connected"),
    )
    phone.hears(hung_up("1"))
    assert [call.from_ for call in phone.records] == ["202", "+33199000142"]


# -- diversion


@pytest.mark.parametrize(
    ("csta", "cause"),
    [("callForwardNoAnswer", "callForwardNoAnswer"), ("callForwardBusy", "callForwardBusy"),
     ("callForwardImmediate", "callForwardAlways"), ("callPickup", "redirected")],
)  # fmt: skip
def test_a_diverted_call_is_missed_here_with_the_reason(phone: Telephone, csta: str, cause: str) -> None:
    phone.hears(rings())
    phone.hears(
        event(EventKind.DIVERTED, calling=CALLER, called=ME, other=COLLEAGUE, local="null", cause=csta), after=15
    )
    assert (phone.record.missed, phone.record.cause, phone.record.ring_time) == (True, cause, 15.0)


def test_a_call_that_is_forwarded_before_it_rings_is_recorded_too(phone: Telephone) -> None:
    phone.hears(event(EventKind.DIVERTED, calling=CALLER, called=ME, other=COLLEAGUE, cause="callForwardImmediate"))
    phone.hears(event(EventKind.DELIVERED, device="202", calling=CALLER, called=ME, local="null"))
    assert (phone.record.missed, phone.record.cause) == (True, "callForwardAlways")


def test_a_call_forwarded_to_this_telephone_keeps_whom_it_was_for(phone: Telephone) -> None:
    forwarded = event(EventKind.DELIVERED, calling=CALLER, called=COLLEAGUE, local="alerting", cause="callForwardBusy")
    forwarded.redirected_by = COLLEAGUE
    phone.hears(forwarded, event(EventKind.ESTABLISHED, calling=CALLER, called=COLLEAGUE, local="connected"), hung_up())
    assert (phone.record.direction, phone.record.to, phone.record.cause) == ("inbound", "202", None)
    assert phone.record.extra_pbx_data["lastRedirectionDevice"] == "202"


def test_a_picked_up_call_is_an_answered_one(phone: Telephone) -> None:
    picked = event(EventKind.ESTABLISHED, calling=CALLER, called=COLLEAGUE, local="connected", cause="callPickup")
    phone.hears(picked, hung_up())
    assert (phone.record.direction, phone.record.completed) == ("inbound", True)


DIVERTED = event(
    EventKind.DIVERTED, calling=CALLER, called=ME, other=COLLEAGUE, local="null", cause="callForwardNoAnswer"
)


@pytest.mark.parametrize("kind", [EventKind.DELIVERED, EventKind.OFFERED])
def test_a_call_that_comes_back_at_once_after_it_was_diverted_is_recorded_again(
    phone: Telephone, kind: EventKind
) -> None:
    phone.hears(rings())
    phone.hears(DIVERTED, after=5)
    phone.hears(event(kind, calling=CALLER, called=ME, local="alerting"), after=0.4)
    phone.hears(answered(), after=0.5)
    phone.hears(hung_up(), over(), after=60)
    assert [(call.completed, call.billing_time) for call in phone.records] == [(False, 0.0), (True, 60.0)]


def test_a_diverted_call_that_comes_back_to_a_busy_telephone_is_missed_twice(phone: Telephone) -> None:
    phone.hears(rings(), DIVERTED, after=0.4)
    phone.hears(event(EventKind.FAILED, calling=CALLER, called=ME, local="fail", cause="busy"), hung_up(), after=0.4)
    assert [call.cause for call in phone.records] == ["callForwardNoAnswer", "busy"]


def test_a_diverted_call_that_rings_elsewhere_has_not_come_back(phone: Telephone) -> None:
    phone.hears(rings(), DIVERTED, DIVERTED)
    phone.hears(event(EventKind.DELIVERED, device="202", calling=CALLER, called=ME, local="null"))
    assert phone.record.missed
    assert phone.line.legs == []


# -- transfer and conference


def consultation() -> list[CallEvent]:
    """A call from outside is on hold, and a colleague was called and has answered."""
    return [
        rings("1"),
        answered("1"),
        event(EventKind.HELD, "1", local="hold"),
        event(EventKind.ORIGINATED, "2", calling=ME, called=COLLEAGUE, local="connected"),
        event(EventKind.ESTABLISHED, "2", "202", calling=ME, called=COLLEAGUE, local="connected"),
    ]


def test_who_transfers_leaves_both_calls(phone: Telephone) -> None:
    phone.hears(*consultation(), after=1)
    phone.hears(
        event(EventKind.TRANSFERRED, "1", "201", secondary="2", other=COLLEAGUE, local="null", cause="transfer")
    )
    phone.hears(over("2"), over("1"))
    assert [(call.direction, call.completed, call.cause) for call in phone.records] == [
        ("inbound", True, "transfer"),
        ("outbound", True, "transfer"),
    ]
    assert phone.shown[-1] == "idle"


def test_who_is_transferred_goes_on_in_one_record_under_the_new_id(phone: Telephone) -> None:
    phone.hears(rings("2", COLLEAGUE), answered("2", COLLEAGUE), after=1)
    phone.hears(
        event(EventKind.TRANSFERRED, "1", "202", secondary="2", local="connected", joined=(joined("2", "1", ME),)),
        over("2"),
    )
    assert phone.records == []
    phone.hears(hung_up("1"), over("1"), after=50)
    assert (phone.record.from_, phone.record.billing_time) == ("202", 50.0 + 0.0)


def test_a_transfer_without_a_list_of_connections_does_not_double_the_call(phone: Telephone) -> None:
    phone.hears(rings("2", COLLEAGUE), answered("2", COLLEAGUE))
    phone.hears(event(EventKind.TRANSFERRED, "1", "202", secondary="2", local="connected"))
    phone.hears(event(EventKind.HELD, "1", local="hold"), hung_up("1"), over("1"), after=5)
    assert phone.record.completed


def test_a_call_transferred_while_it_rings_shows_who_really_calls(phone: Telephone) -> None:
    phone.hears(rings("2", COLLEAGUE))
    moved = (joined("1", "1", CALLER), joined("2", "1", ME))
    phone.hears(event(EventKind.TRANSFERRED, "1", "202", secondary="2", local="alerting", joined=moved))
    phone.hears(hung_up("1"), after=10)
    assert (phone.record.missed, phone.record.from_) == (True, "+33199000142")


def test_a_single_step_transfer_ends_the_call_of_who_makes_it(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    phone.hears(event(EventKind.TRANSFERRED, "5", "201", other=COLLEAGUE, cause="singleStepTransfer"))
    phone.hears(event(EventKind.DELIVERED, "5", "202", calling=CALLER, called=COLLEAGUE, local="null"))
    assert (phone.record.completed, phone.record.cause) == (True, "transfer")


def test_a_conference_goes_on_in_the_older_call(phone: Telephone) -> None:
    phone.hears(*consultation(), after=1)
    moved = (joined("1", "1", ME), joined("1", "1", CALLER), joined("2", "1", COLLEAGUE))
    phone.hears(
        event(EventKind.CONFERENCED, "1", "201", secondary="2", local="connected", joined=moved, cause="conference")
    )
    assert [call.to for call in phone.records] == ["202"]
    phone.hears(hung_up("1", "202"), hung_up("1"), after=60)
    assert len(phone.records) == 2
    assert phone.records[1].billing_time == 123.0


def test_a_join_of_calls_never_heard_of_begins_a_record(phone: Telephone) -> None:
    phone.hears(
        event(EventKind.CONFERENCED, "1", "202", secondary="2", local="connected", joined=(joined("2", "1", ME),))
    )
    phone.hears(hung_up("1"))
    assert phone.record.completed


# -- ids


def test_an_id_that_is_used_again_at_once_is_another_call(phone: Telephone) -> None:
    phone.hears(rings(), answered(), hung_up(), over())
    phone.hears(rings(calling=COLLEAGUE), hung_up(), over())
    assert [call.from_ for call in phone.records] == ["+33199000142", "202"]
    assert len({call.call_id for call in phone.records}) == 2


def test_an_id_that_the_same_caller_gets_again_later_is_another_call(phone: Telephone) -> None:
    phone.hears(rings(), hung_up(), over())
    phone.hears(rings(), after=ECHO.total_seconds() + 0.1)
    phone.hears(hung_up(), over())
    assert len(phone.records) == 2


def test_an_id_that_rings_for_others_ends_the_call_whose_end_was_lost(phone: Telephone) -> None:
    phone.hears(rings(), answered())
    phone.hears(rings(calling=COLLEAGUE), hung_up(), after=100)
    first, second = phone.records
    assert (first.from_, first.extra_pbx_data["endSeen"]) == ("+33199000142", False)
    assert second.from_ == "202"


def test_connections_without_call_ids_are_told_by_time_and_parties(phone: Telephone) -> None:
    phone.hears(rings(None), answered(None), after=1)
    phone.hears(rings(None, COLLEAGUE), hung_up(None), after=1)
    phone.hears(hung_up(None), after=1)
    assert sorted((call.from_ or "", call.completed) for call in phone.records) == [
        ("+33199000142", True),
        ("202", False),
    ]


def test_a_call_id_that_comes_late_is_adopted(phone: Telephone) -> None:
    phone.hears(rings(None), answered("5"), hung_up("5"))
    assert phone.record.completed


def test_events_without_a_local_state_are_understood_by_their_device(phone: Telephone) -> None:
    phone.hears(
        event(EventKind.DELIVERED, calling=CALLER, called=ME),
        event(EventKind.ESTABLISHED, calling=CALLER, called=ME),
        event(EventKind.HELD, device="202"),
        event(EventKind.CONNECTION_CLEARED, device="202"),
        event(EventKind.CONNECTION_CLEARED),
    )
    assert phone.record.completed
    assert phone.shown == ["ringing", "connected", "idle"]


def test_calls_whose_ends_are_lost_do_not_pile_up(phone: Telephone) -> None:
    for number in range(3 * MAX_CALLS):
        phone.hears(rings(str(number), Party(f"3{number:03}")))
    assert len(phone.line.legs) == MAX_CALLS
    assert len(phone.records) == 2 * MAX_CALLS


# -- features


def test_features_are_passed_on(phone: Telephone) -> None:
    assert phone.line.hear_feature(FeatureEvent("0", do_not_disturb=True), START) == [
        LineChanged("201", START, dnd=True)
    ]
    assert phone.line.hear_feature(FeatureEvent("0", message_waiting=False), START) == [
        LineChanged("201", START, message_waiting=False)
    ]


def test_a_telephone_out_of_service_shows_so_until_it_is_back(phone: Telephone) -> None:
    gone = phone.line.hear_feature(FeatureEvent("0", in_service=False), START)
    back = phone.line.hear_feature(FeatureEvent("0", in_service=True), START)
    assert gone + back == [
        LineChanged("201", START, state="outOfService"),
        LineChanged("201", START, state="idle"),
    ]
