"""What a line means for each extension that took part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gateway.smdr.calls import recorded
from gateway.smdr.parser import Parser
from tests.gateway.smdr.writing import EXTENDED_ANI, line

if TYPE_CHECKING:
    from cloudlink.model import Call

BEGAN = datetime(2026, 3, 5, 12, 14, tzinfo=UTC)
OUTSIDER = "0199001234"
OURS = frozenset({"201", "202", "203"})


def records(outside_prefix: str = "", **texts: str) -> dict[str, Call]:
    """By extension."""
    record = Parser().read(line(EXTENDED_ANI, **texts))
    facts = recorded(record, OURS, BEGAN, lambda extension: f"id-{extension}", outside_prefix)
    return {fact.extension: fact.call for fact in facts}


def gist(call: Call) -> tuple[Any, ...]:
    return call.direction, call.from_, call.to, call.completed, call.ring_time, call.billing_time, call.cause


def test_an_answered_call_from_outside() -> None:
    told = records(calling="T102", answer=" 008", digits="201", called="201", ani=OUTSIDER, duration="00:02:22")
    (call,) = told.values()
    assert gist(call) == ("inbound", OUTSIDER, "201", True, 8, 142, None)
    assert (call.created_on, call.end_time) == (BEGAN, BEGAN + timedelta(seconds=150))
    assert (call.call_id, call.state, call.missed) == ("id-201", "completed", False)
    assert call.extra_pbx_data == {"source": "smdr", "trunk": "T102"}


def test_a_missed_call_rang_as_long_as_the_record_lasts() -> None:
    told = records(calling="T102", answer="****", called="201", ani=OUTSIDER, duration="00:00:06")
    assert gist(told["201"]) == ("inbound", OUTSIDER, "201", False, 6, 0, "callNotAnswer")
    assert told["201"].missed


def test_a_call_from_outside_without_a_trunk_and_without_a_number() -> None:
    told = records(answer="0003", called="201", duration="00:00:21")
    assert gist(told["201"]) == ("inbound", None, "201", True, 3, 21, None)


def test_a_caller_who_reached_nobody_is_missed_by_whom_they_dialled() -> None:
    told = records(calling="T3", answer="****", digits="201", completion="B", ani=OUTSIDER, duration="00:00:00")
    assert gist(told["201"]) == ("inbound", OUTSIDER, "201", False, 0, 0, "busy")
    assert records(calling="T3", answer="****", digits="777", dnis="202", ani=OUTSIDER)["202"].missed
    assert records(calling="T3", answer="****", digits="777", completion="E", ani=OUTSIDER) == {}


@pytest.mark.parametrize(
    ("completion", "duration", "completed", "cause"),
    [
        ("A", "00:00:07", True, None),
        ("A", "00:00:00", True, None),
        ("", "00:00:07", True, None),  # a trunk without answer supervision
        ("", "", False, "callCancelled"),
        ("T", "00:00:02", False, "destNotObtainable"),
        ("B", "00:00:02", False, "busy"),
    ],
)
def test_a_call_to_outside(completion: str, duration: str, completed: bool, cause: str | None) -> None:
    told = records(calling="201", digits=OUTSIDER, completion=completion, called="T54", duration=duration)
    talking = 7 if completed and duration.endswith("7") else 0
    assert gist(told["201"]) == ("outbound", "201", OUTSIDER, completed, 0, talking, cause)


def test_the_digits_for_an_outside_line_can_be_taken_off() -> None:
    assert records("9", calling="201", digits="9" + OUTSIDER, called="T54")["201"].to == OUTSIDER
    assert records("9", calling="T54", called="201", ani="919900123")["201"].from_ == "919900123"
    assert records("9", calling="201", digits="9", called="T54")["201"].to is None


def test_a_call_between_two_of_ours_is_one_record_for_each() -> None:
    told = records(calling="201", answer=" 003", digits="202", completion="I", called="202", duration="00:00:30")
    assert gist(told["201"]) == ("outbound", "201", "202", True, 3, 30, None)
    assert gist(told["202"]) == ("inbound", "201", "202", True, 3, 30, None)
    assert told["201"].call_id != told["202"].call_id


def test_a_call_between_two_of_ours_that_nobody_took() -> None:
    told = records(calling="201", answer="****", digits="202", completion="I", called="202", duration="00:00:09")
    assert gist(told["201"]) == ("outbound", "201", "202", False, 9, 0, "callCancelled")
    assert gist(told["202"]) == ("inbound", "201", "202", False, 9, 0, "callNotAnswer")


@pytest.mark.parametrize(
    ("letter", "cause"),
    [("B", "busy"), ("O", "busy"), ("D", "doNotDisturb"), ("S", "destNotObtainable"), ("E", "destNotObtainable")],
)
def test_a_call_that_failed_says_why_to_both(letter: str, cause: str) -> None:
    told = records(calling="201", digits="202", completion=letter, called="202", duration="00:00:02")
    assert {(call.completed, call.cause) for call in told.values()} == {(False, cause)}


def test_a_call_to_a_busy_colleague_is_missed_by_them_even_where_the_pbx_names_nobody_called() -> None:
    told = records(calling="201", digits="202", completion="B", duration="")
    assert gist(told["201"]) == ("outbound", "201", "202", False, 0, 0, "busy")
    assert gist(told["202"]) == ("inbound", "201", "202", False, 0, 0, "busy")


def test_a_forwarded_and_a_picked_up_call_say_so() -> None:
    assert (
        records(calling="T1", answer=" 004", digits="209", forwarding="F", called="201")["201"].cause == "callForward"
    )
    assert records(calling="T1", answer=" 004", digits="209", completion="T", called="201")["201"].cause == "redirected"


@pytest.mark.parametrize("letter", ["T", "X"])
def test_a_transferred_call_is_one_record_for_each_station_that_had_it(letter: str) -> None:
    told = records(calling="T1", answer=" 004", called="201", joining=letter, third="202", ani=OUTSIDER)
    assert gist(told["201"]) == ("inbound", OUTSIDER, "201", True, 4, 72, None)
    assert gist(told["202"]) == ("inbound", OUTSIDER, "202", True, 4, 72, "transfer")
    assert told["202"].extra_pbx_data["durationOf"] == "call"


def test_after_an_outgoing_call_was_transferred_the_third_party_speaks_with_the_outsider() -> None:
    told = records(calling="201", digits=OUTSIDER, completion="A", called="T5", joining="T", third="202")
    assert gist(told["202"]) == ("inbound", OUTSIDER, "202", True, 0, 72, "transfer")


def test_after_an_internal_call_was_transferred_the_third_party_speaks_with_the_caller() -> None:
    told = records(calling="201", digits="202", completion="I", called="202", joining="X", third="203")
    assert {name: call.from_ for name, call in told.items()} == {"201": "201", "202": "201", "203": "201"}


def test_whoever_joins_a_conference_has_a_record_without_a_cause() -> None:
    told = records(calling="T1", answer=" 004", called="201", joining="C", third="202", ani=OUTSIDER)
    assert (told["202"].cause, told["202"].extra_pbx_data["joining"]) == (None, "C")


def test_the_attendant_calls_a_station_and_answers_for_one() -> None:
    assert gist(records(calling="ATT1", called="201", answer="0002")["201"])[:3] == ("inbound", None, "201")
    assert records(calling="T1", answer="*009", digits="0", called="ATT1", ani=OUTSIDER) == {}
    call = records(calling="T1", answer="*009", digits="0", called="201", ani=OUTSIDER)["201"]
    assert call.extra_pbx_data == {"source": "smdr", "trunk": "T1", "attendant": True}


def test_parties_that_are_not_ours_have_no_records() -> None:
    assert records(calling="301", digits="302", completion="I", called="302") == {}
    assert records(calling="T1", digits="55", called="T2", ani=OUTSIDER) == {}


def test_a_number_with_a_plus_is_known_to_be_international() -> None:
    call = records(calling="T1", answer=" 004", called="201", ani="+331990012")["201"]
    assert (call.from_, call.from_number_e164, call.to_number_e164) == ("+331990012", True, False)
