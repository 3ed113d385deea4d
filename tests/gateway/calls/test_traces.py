"""Whole calls as a switch tells them in the schema's elements, and the records that they leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.csta.messages import FeatureEvent
from tests.gateway.calls.stories import Telephone
from tests.gateway.calls.wire import wire

if TYPE_CHECKING:
    from gateway.csta.messages import CallEvent

OUTSIDE = "+33199000142"
ME, COLLEAGUE, THIRD = "201", "202", "203"


@pytest.fixture
def phone() -> Telephone:
    return Telephone()


def delivered(
    to: str, lci: str | None, calling: str = OUTSIDE, called: str | None = None, call: str = "5", **more: str
) -> CallEvent:
    return wire(
        "Delivered",
        connection=(call, to), alertingDevice=to, callingDevice=calling, calledDevice=called or to,
        localConnectionInfo=lci, cause=more.pop("cause", "newCall"), **more,
    )  # fmt: skip


def established(
    by: str, lci: str | None, calling: str = OUTSIDE, called: str | None = None, *, call: str = "5", cause: str = ""
) -> CallEvent:
    return wire(
        "Established",
        establishedConnection=(call, by), answeringDevice=by, callingDevice=calling, calledDevice=called or by,
        localConnectionInfo=lci, cause=cause or "newCall",
    )  # fmt: skip


def cleared(who: str, lci: str | None, call: str = "5", cause: str = "normalClearing") -> CallEvent:
    return wire(
        "ConnectionCleared", droppedConnection=(call, who), releasingDevice=who, localConnectionInfo=lci, cause=cause
    )


def diverted(
    to: str, lci: str | None = "null", cause: str = "callForwardNoAnswer", called: str = ME, call: str = "5"
) -> CallEvent:
    return wire(
        "Diverted",
        connection=(call, ME), divertingDevice=ME, newDestination=to, callingDevice=OUTSIDE, calledDevice=called,
        localConnectionInfo=lci, cause=cause,
    )  # fmt: skip


def dialled(to: str, call: str = "5", lci: str = "connected") -> list[CallEvent]:
    return [
        wire("ServiceInitiated", initiatedConnection=(call, ME), initiatingDevice=ME, localConnectionInfo="initiated"),
        wire("Originated", originatedConnection=(call, ME), callingDevice=ME, calledDevice=to, localConnectionInfo=lci),
    ]


# -- group ring and hunt


GROUP = "600"


@pytest.mark.parametrize("cause", ["normalClearing", "multipleAlerting", "callPickup", "callNotAnswered"])
def test_a_group_call_that_a_colleague_is_heard_to_answer_was_taken_by_them(phone: Telephone, cause: str) -> None:
    phone.hears(delivered(ME, "alerting", called=GROUP))
    phone.hears(delivered(COLLEAGUE, "alerting", called=GROUP), after=0.1)
    phone.hears(established(COLLEAGUE, "alerting", called=GROUP), after=6)
    phone.hears(cleared(ME, "null", cause=cause), after=0.1)
    call = phone.record
    assert (call.missed, call.cause, call.to) == (True, "redirected", GROUP)
    assert call.extra_pbx_data["answeredBy"] == COLLEAGUE
    assert call.ring_time == pytest.approx(6.2)
    assert phone.shown == ["ringing", "idle"]


def test_an_answer_elsewhere_that_tells_of_the_own_end_is_one_event_for_both(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting", called=GROUP), established(COLLEAGUE, "null", called=GROUP), after=3)
    assert (phone.record.cause, phone.record.extra_pbx_data["answeredBy"]) == ("redirected", COLLEAGUE)


def test_a_group_call_that_ends_for_this_telephone_because_others_ring_too_was_taken_by_somebody(
    phone: Telephone,
) -> None:
    phone.hears(delivered(ME, "alerting", called=GROUP), cleared(ME, "null", cause="multipleAlerting"), after=3)
    assert (phone.record.cause, phone.record.extra_pbx_data) == (
        "redirected",
        {"callId": "5", "cause": "multipleAlerting"},
    )


def test_a_group_call_that_the_caller_gives_up_is_missed_by_all(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting", called=GROUP), delivered(COLLEAGUE, "alerting", called=GROUP))
    phone.hears(cleared("T1", "alerting"), cleared(COLLEAGUE, "alerting"), cleared(ME, "null"), after=8)
    assert (phone.record.cause, phone.record.missed) == ("callNotAnswer", True)
    assert "answeredBy" not in phone.record.extra_pbx_data


def test_who_answers_a_group_call_has_it_and_others_leaving_changes_nothing(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting", called=GROUP), established(ME, "connected", called=GROUP), after=2)
    phone.hears(cleared(COLLEAGUE, "connected", cause="multipleAlerting"))
    phone.hears(cleared(ME, "null"), after=30)
    call = phone.record
    assert (call.completed, call.cause, call.ring_time, call.billing_time) == (True, None, 2.0, 30.0)
    assert phone.shown == ["ringing", "connected", "idle"]


def test_a_caller_of_a_group_is_told_nothing_by_members_who_leave(phone: Telephone) -> None:
    phone.hears(*dialled(GROUP))
    phone.hears(delivered(COLLEAGUE, "connected", ME, GROUP), delivered(THIRD, "connected", ME, GROUP))
    phone.hears(established(THIRD, "connected", ME, GROUP), cleared(COLLEAGUE, "connected", cause="multipleAlerting"))
    phone.hears(cleared(ME, "null"), after=20)
    assert (phone.record.completed, phone.record.cause, phone.record.to) == (True, None, GROUP)


def test_a_hunt_that_goes_on_after_no_answer_is_missed_here_and_says_where_it_went(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting", called=GROUP))
    phone.hears(diverted(COLLEAGUE, cause="callForwardNoAnswer", called=GROUP), after=15)
    phone.hears(delivered(COLLEAGUE, "null", called=GROUP), established(COLLEAGUE, "null", called=GROUP))
    call = phone.record
    assert (call.cause, call.ring_time, call.to) == ("callForwardNoAnswer", 15.0, GROUP)
    assert call.extra_pbx_data["newDestination"] == COLLEAGUE


def test_a_call_that_waits_in_a_queue_rings_here_when_its_turn_comes(phone: Telephone) -> None:
    queued = wire(
        "Queued", queuedConnection=("5", GROUP), queue=GROUP, callingDevice=OUTSIDE, calledDevice=GROUP,
        numberQueued="2", callsInFront="1", localConnectionInfo="null",
    )  # fmt: skip
    phone.hears(queued)
    phone.hears(delivered(ME, "alerting", called=GROUP), after=40)
    phone.hears(established(ME, "connected", called=GROUP), after=5)
    phone.hears(cleared(ME, "null"), after=10)
    assert (phone.record.ring_time, phone.record.billing_time) == (5.0, 10.0)


def test_a_caller_in_a_queue_is_engaged_and_not_answered(phone: Telephone) -> None:
    phone.hears(*dialled(GROUP))
    phone.hears(
        wire("Queued", queuedConnection=("5", GROUP), queue=GROUP, callingDevice=ME, calledDevice=GROUP,
             localConnectionInfo="connected")
    )  # fmt: skip
    phone.hears(cleared(ME, "null"), after=60)
    assert (phone.record.completed, phone.record.cause, phone.record.ring_time) == (False, "callCancelled", 0.0)
    assert phone.shown == ["connected", "idle"]


# -- pickup


def test_a_picked_up_call_says_at_the_first_telephone_who_took_it(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting"), diverted(COLLEAGUE, cause="callPickup"), after=4)
    phone.hears(established(COLLEAGUE, "null", called=ME, cause="callPickup"))
    call = phone.record
    assert (call.cause, call.ring_time) == ("redirected", 4.0)
    assert (call.extra_pbx_data["answeredBy"], call.extra_pbx_data["newDestination"]) == (COLLEAGUE, COLLEAGUE)


@pytest.mark.parametrize("cleared_first", [True, False])
def test_what_is_dialled_to_fetch_a_call_is_no_call(phone: Telephone, *, cleared_first: bool) -> None:
    fetched = established(ME, "connected", called=COLLEAGUE, cause="callPickup")
    over = cleared(ME, "null", call="9", cause="callPickup")
    phone.hears(*dialled("*6", call="9"))
    phone.hears(*((fetched,) if not cleared_first else ()))
    phone.hears(over)
    phone.hears(*((fetched,) if cleared_first else ()))
    phone.hears(cleared(ME, "null"), after=12)
    assert [(call.from_, call.completed, call.billing_time) for call in phone.records] == [(OUTSIDE, True, 12.0)]


# -- forward


@pytest.mark.parametrize(
    ("told", "cause"),
    [("callForwardImmediate", "callForwardAlways"), ("callForwardBusy", "callForwardBusy"),
     ("callForward", "callForward"), ("overflow", "redirected")],
)  # fmt: skip
def test_a_call_that_is_forwarded_without_ringing_is_one_record_with_the_reason(
    phone: Telephone, told: str, cause: str
) -> None:
    phone.hears(diverted(COLLEAGUE, cause=told), delivered(COLLEAGUE, "null", called=ME))
    call = phone.record
    assert (call.missed, call.cause, call.ring_time, call.extra_pbx_data["newDestination"]) == (True, cause, 0.0, "202")
    assert phone.shown == ["idle"]


def test_a_busy_telephone_that_fails_first_and_forwards_then_says_where_to(phone: Telephone) -> None:
    failed = wire(
        "Failed", failedConnection=("5", ME), failingDevice=ME, callingDevice=OUTSIDE, calledDevice=ME,
        localConnectionInfo="fail", cause="busy",
    )  # fmt: skip
    phone.hears(failed, diverted(COLLEAGUE, cause="callForwardBusy"))
    assert (phone.record.cause, phone.record.extra_pbx_data["cause"]) == ("callForwardBusy", "callForwardBusy")


def test_who_calls_a_forwarded_telephone_has_one_call(phone: Telephone) -> None:
    phone.hears(*dialled(COLLEAGUE))
    phone.hears(
        wire("Diverted", connection=("5", COLLEAGUE), divertingDevice=COLLEAGUE, newDestination=THIRD,
             callingDevice=ME, calledDevice=COLLEAGUE, localConnectionInfo="connected", cause="callForwardImmediate")
    )  # fmt: skip
    phone.hears(delivered(THIRD, "connected", ME, COLLEAGUE), established(THIRD, "connected", ME, COLLEAGUE), after=3)
    phone.hears(cleared(ME, "null"), after=9)
    call = phone.record
    assert (call.to, call.completed, call.ring_time, call.billing_time) == (COLLEAGUE, True, 3.0, 9.0)
    assert call.extra_pbx_data["newDestination"] == THIRD


# -- hold, consultation, transfer, conference, call waiting


def test_a_second_call_waits_while_the_first_goes_on(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting"), established(ME, "connected"), after=1)
    phone.hears(delivered(ME, "alerting", COLLEAGUE, ME, call="6"), after=5)
    phone.hears(cleared(ME, "null", call="6"), after=10)
    phone.hears(cleared(ME, "null"), after=10)
    assert [(call.from_, call.completed, call.ring_time, call.billing_time) for call in phone.records] == [
        (COLLEAGUE, False, 10.0, 0.0),
        (OUTSIDE, True, 1.0, 25.0),
    ]
    assert phone.shown == ["ringing", "connected", "idle"]


def test_a_waiting_call_is_answered_by_holding_the_first(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting"), established(ME, "connected"), after=1)
    phone.hears(delivered(ME, "alerting", COLLEAGUE, ME, call="6"))
    phone.hears(wire("Held", heldConnection=("5", ME), holdingDevice=ME, localConnectionInfo="hold"), after=3)
    phone.hears(established(ME, "connected", COLLEAGUE, ME, call="6"))
    phone.hears(cleared(ME, "null", call="6"), after=20)
    phone.hears(wire("Retrieved", retrievedConnection=("5", ME), retrievingDevice=ME, localConnectionInfo="connected"))
    phone.hears(cleared(ME, "null"), after=10)
    assert [(call.from_, call.billing_time) for call in phone.records] == [(COLLEAGUE, 20.0), (OUTSIDE, 33.0)]
    assert phone.shown == ["ringing", "connected", "held", "connected", "held", "connected", "idle"]


def test_a_held_call_that_rings_again_is_still_the_same(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting"), established(ME, "connected"), after=1)
    phone.hears(wire("Held", heldConnection=("5", ME), holdingDevice=ME, localConnectionInfo="hold"), after=10)
    phone.hears(delivered(ME, "alerting", cause="recall"), after=60)
    assert phone.shown[-1] == "ringing"
    phone.hears(established(ME, "connected"), after=5)
    phone.hears(cleared(ME, "null"), after=10)
    assert (phone.record.ring_time, phone.record.billing_time) == (1.0, 85.0)


def joined(name: str, state: str | None, others: list[tuple[str, str, str]]) -> CallEvent:
    transfer = name == "Transfered"
    acts = {"transferringDevice" if transfer else "conferencingDevice": ME}
    to = {"transferredToDevice" if transfer else "addedParty": COLLEAGUE}
    parts = {"transferredConnections" if transfer else "conferenceConnections": others}
    cause = "transfer" if transfer else "conference"
    told = {**acts, **to, **parts, "localConnectionInfo": state, "cause": cause}
    return wire(name, primaryOldCall=("5", ME), secondaryOldCall=("6", ME), **told)


def consulted(phone: Telephone, *, answered: bool) -> None:
    phone.hears(delivered(ME, "alerting"), established(ME, "connected"), after=1)
    phone.hears(wire("Held", heldConnection=("5", ME), holdingDevice=ME, localConnectionInfo="hold"), after=10)
    phone.hears(*dialled(COLLEAGUE, call="6"), delivered(COLLEAGUE, "connected", ME, COLLEAGUE, call="6"))
    if answered:
        phone.hears(established(COLLEAGUE, "connected", ME, COLLEAGUE, call="6"), after=4)


@pytest.mark.parametrize("answered", [True, False], ids=["supervised", "while it rings"])
@pytest.mark.parametrize("new", ["5", "6", "7"], ids=["first id stays", "second id stays", "new id"])
def test_a_transfer_ends_both_calls_of_who_makes_it(phone: Telephone, new: str, *, answered: bool) -> None:
    consulted(phone, answered=answered)
    phone.hears(joined("Transfered", "null", [(OUTSIDE, "5", new), (COLLEAGUE, "6", new)]), after=6)
    first, second = phone.records
    assert (first.from_, first.completed, first.cause) == (OUTSIDE, True, "transfer")
    assert (second.to, second.completed, second.cause) == (COLLEAGUE, answered, "transfer")
    assert (second.ring_time, second.billing_time) == ((4.0, 6.0) if answered else (6.0, 0.0))
    assert phone.shown[-1] == "idle"


@pytest.mark.parametrize("new", ["5", "6", "7"])
def test_a_conference_leaves_one_call_whatever_its_id(phone: Telephone, new: str) -> None:
    consulted(phone, answered=True)
    parties = [(ME, "5", new), (OUTSIDE, "5", new), (COLLEAGUE, "6", new)]
    phone.hears(joined("Conferenced", "connected", parties), after=5)
    assert [(call.to, call.billing_time) for call in phone.records] == [(COLLEAGUE, 5.0)]
    phone.hears(cleared(COLLEAGUE, "connected", call=new), cleared(ME, "null", call=new), after=20)
    assert [call.from_ for call in phone.records] == [ME, OUTSIDE]
    assert phone.records[1].billing_time == pytest.approx(10 + 4 + 5 + 40)


def test_a_blind_transfer_that_nobody_takes_comes_back_as_a_call(phone: Telephone) -> None:
    phone.hears(delivered(ME, "alerting"), established(ME, "connected"), after=1)
    phone.hears(
        wire("Transfered", primaryOldCall=("5", ME), transferringDevice=ME, transferredToDevice=COLLEAGUE,
             cause="singleStepTransfer"),
        after=10,
    )  # fmt: skip
    phone.hears(delivered(ME, "alerting", called=ME, cause="recall"), after=0.3)
    phone.hears(established(ME, "connected"), after=2)
    phone.hears(cleared(ME, "null"), after=7)
    assert [(call.cause, call.billing_time) for call in phone.records] == [("transfer", 10.0), (None, 7.0)]


# -- several terminals of one number


def test_one_call_rings_at_two_terminals_of_a_number_and_is_answered_at_one(phone: Telephone) -> None:
    desk, handset = "N<201!98>", "N<201!99>"
    phone.hears(delivered(desk, None, called=ME), delivered(handset, None, called=ME), after=0.1)
    phone.hears(established(desk, None, called=ME), after=5)
    phone.hears(cleared(handset, None, cause="multipleAlerting"), after=0.1)
    assert phone.shown == ["ringing", "connected"]
    phone.hears(cleared(desk, None), after=30)
    call = phone.record
    assert (call.completed, call.cause) == (True, None)
    assert call.billing_time == pytest.approx(30.1)
    assert phone.shown[-1] == "idle"


def test_one_terminal_that_stops_ringing_leaves_the_other_ringing(phone: Telephone) -> None:
    desk, handset = "N<201!98>", "N<201!99>"
    phone.hears(delivered(desk, "alerting", called=ME), delivered(handset, "alerting", called=ME))
    phone.hears(cleared(handset, "null"), after=5)
    assert phone.shown == ["ringing"]
    phone.hears(cleared(desk, "null"), after=5)
    assert (phone.record.missed, phone.record.ring_time) == (True, 10.0)


# -- out of order, late and reused


def test_ringing_that_is_told_after_the_answer_changes_nothing(phone: Telephone) -> None:
    phone.hears(established(ME, "connected"), delivered(ME, "alerting"))
    assert phone.shown == ["connected"]
    phone.hears(cleared(ME, "null"), after=10)
    assert (phone.record.completed, phone.record.billing_time) == (True, 10.0)


def test_an_end_that_is_told_before_the_beginning_still_ends_it(phone: Telephone) -> None:
    phone.hears(cleared(ME, "null"), delivered(ME, "alerting"))
    assert phone.record.missed
    assert phone.line.legs == []


def test_an_end_long_before_does_not_end_a_later_call(phone: Telephone) -> None:
    phone.hears(cleared(ME, "null"))
    phone.hears(delivered(ME, "alerting"), after=5)
    assert phone.records == []
    assert phone.shown == ["idle", "ringing"]


@pytest.mark.parametrize("starts", ["rings", "dials"])
def test_an_answered_call_that_begins_again_with_its_id_is_another(phone: Telephone, starts: str) -> None:
    phone.hears(delivered(ME, "alerting"), established(ME, "connected"))
    again = [delivered(ME, "alerting")] if starts == "rings" else dialled(COLLEAGUE)
    phone.hears(*again, after=600)
    assert phone.record.extra_pbx_data["endSeen"] is False
    assert len(phone.line.legs) == 1


def test_a_telephone_that_works_is_in_service(phone: Telephone) -> None:
    phone.facts += phone.line.hear_feature(FeatureEvent("0", in_service=False), phone.now)
    phone.hears(delivered(ME, "alerting"))
    assert phone.shown == ["outOfService", "ringing"]
