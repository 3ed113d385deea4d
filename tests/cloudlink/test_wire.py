"""The JSON of the public API: what is written is read again, and what is odd is told or survived."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudlink import wire
from cloudlink.administration.accounts import AccountRecord, Contact, Location
from cloudlink.administration.users import UserRecord
from cloudlink.model import Account, Call, Endpoint, User

texts = st.none() | st.text(max_size=20)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
calls = st.builds(
    Call,
    call_id=st.text(min_size=1),
    direction=st.text(),
    created_on=moments,
    state=st.text(),
    cause=texts,
    end_time=st.none() | moments,
    ring_time=st.floats(0, 1e6),
    billing_time=st.floats(0, 1e6),
    extra_pbx_data=st.dictionaries(st.text(), st.integers() | st.text()),
    **{f"{side}{part}": texts for side in ("from", "to") for part in ("_name", "_principal_id")},
    from_=texts,
    to=texts,
    completed=st.booleans(),
    from_number_e164=st.booleans(),
    to_number_e164=st.booleans(),
    site_id=texts,
)


@given(calls)
def test_a_call_comes_back_as_it_went(call: Call) -> None:
    assert wire.call_from_wire(wire.call_to_wire(call)) == call


def test_users_accounts_and_devices_come_back_too() -> None:
    user = User("a", "p", "Front Desk", "desk@example.com", extension="201", time_zone="Europe/Paris")
    assert wire.user_from_wire(wire.user_to_wire(UserRecord(user))) == user
    account = Account("a", "Main Office", "fr-FR", "Europe/Paris", active=False)
    record = AccountRecord(account, location=Location(city="Lyon"), contacts=(Contact("1", "Help", "h@example.com"),))
    assert wire.account_from_wire(wire.account_to_wire(record)) == account
    endpoint = Endpoint("e", "", None, "201", state="ringing", dnd=True)
    assert wire.endpoint_from_wire(wire.endpoint_to_wire(endpoint)) == endpoint


def test_a_secret_is_nowhere_in_a_user() -> None:
    told = wire.user_to_wire(UserRecord(User("a", "p", "Front Desk", "desk@example.com")))
    assert not [name for name in told if "assword" in name]


def test_mitels_own_sample_of_a_notification_is_read() -> None:
    """Fields and spelling of the published sample, with an object where the schema has a string."""
    told = {
        "callId": "1",
        "state": "ringing",
        "direction": "inbound",
        "createdOn": "2020-05-06T12:12:38.940Z",
        "extraPbxData": {"eventType": "deliveredEvent", "callTrackingID": "7"},
        "isCtiEvent": True,
        "somethingNew": [1],
    }
    call = wire.call_from_wire(told)
    assert call.created_on == datetime(2020, 5, 6, 12, 12, 38, 940000, tzinfo=UTC)
    assert call.extra_pbx_data["callTrackingID"] == "7"


@pytest.mark.parametrize(
    ("told", "extra"),
    [
        ('{"a": 1}', {"a": 1}),
        ("not json", {"text": "not json"}),
        ("[1]", {"text": "[1]"}),
        ("", {}),
        (None, {}),
        (7, {}),
    ],
)
def test_extra_data_of_any_kind_is_survived(told: Any, extra: dict[str, Any]) -> None:
    assert wire.call_from_wire({"callId": "1", "extraPbxData": told}).extra_pbx_data == extra


@pytest.mark.parametrize(
    "told",
    [
        None,
        [],
        "call",
        {},
        {"callId": None},
        {"callId": ["1"]},
        {"callId": "1", "createdOn": "yesterday"},
        {"callId": "1", "completed": "yes"},
        {"callId": "1", "ringTime": "4"},
        {"callId": "1", "direction": 4},
    ],
)
def test_what_is_no_call_is_malformed(told: object) -> None:
    with pytest.raises(wire.Malformed):
        wire.call_from_wire(told)


@pytest.mark.parametrize("told", [None, [], {"_embedded": {}}, {"_embedded": {"items": [1]}}, {"_embedded": None}])
def test_what_is_no_collection_is_malformed(told: object) -> None:
    with pytest.raises(wire.Malformed):
        wire.items(told)


def test_an_empty_collection_may_lack_its_items() -> None:
    assert wire.items({"count": 0, "_links": {"self": "x"}}) == []


def test_a_token_without_a_principal_names_them_by_their_user() -> None:
    assert wire.claims_from_wire({"accountId": "a", "userId": "u"}) == wire.Claims("a", "u", "u")
    with pytest.raises(wire.Malformed):
        wire.claims_from_wire({"accountId": "a"})


def test_times_are_as_fine_as_they_were() -> None:
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert wire.time_to_wire(moment) == "2026-03-02T09:00:00.000Z"
    assert wire.time_to_wire(moment.replace(microsecond=1)) == "2026-03-02T09:00:00.000001Z"


def test_a_user_whom_nobody_calls_inactive_is_active() -> None:
    told = {"userId": "u", "accountId": "a"}
    user = wire.user_from_wire(told)
    assert (user.active, user.principal_id) == (True, "u")
    assert wire.user_from_wire({**told, "active": False}) == replace(user, active=False)
