"""The table of ``presence.policy``, row by row and against every pair of devices."""

from __future__ import annotations

from itertools import product

import pytest

from cloudlink.model import CallState, Endpoint, UserAvailability
from presence.policy import UNCHANGED, Shown, wanted

STATES = tuple(state for state in CallState if state is not CallState.COMPLETED)
# As Graph orders sessions; what ends ours, and what changes nothing, come last.
ORDER = (Shown.PRESENTING, Shown.IN_A_CALL, Shown.AWAY, None, UNCHANGED)


def device(state: str, *, dnd: bool = False, availability: str = UserAvailability.AVAILABLE) -> Endpoint:
    return Endpoint("e", "a", "p", "201", state=state, dnd=dnd, user_availability=availability)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (CallState.CONNECTED, Shown.IN_A_CALL),
        (CallState.HELD, Shown.IN_A_CALL),
        (CallState.RINGING, None),
        (CallState.IDLE, None),
        (CallState.OUT_OF_SERVICE, None),
        (CallState.UNKNOWN, UNCHANGED),
        ("aStateOfTheFuture", UNCHANGED),
    ],
)
def test_one_device(state: str, shown: object) -> None:
    assert wanted([device(state)]) == shown


def test_nobody_without_a_device_is_shown() -> None:
    assert wanted([]) is UNCHANGED


@pytest.mark.parametrize("state", STATES)
def test_do_not_disturb_stands_above_every_call(state: str) -> None:
    assert wanted([device(state, dnd=True)]) is Shown.PRESENTING
    assert wanted([device(state, availability=UserAvailability.DND)]) is Shown.PRESENTING


def test_ringing_is_shown_where_that_is_wanted() -> None:
    assert wanted([device(CallState.RINGING)], ringing=True) is Shown.IN_A_CALL


def test_an_absent_user_is_away_and_a_busy_one_is_not_said_to_be_in_a_call() -> None:
    assert wanted([device(CallState.IDLE, availability=UserAvailability.AWAY)]) is Shown.AWAY
    assert wanted([device(CallState.CONNECTED, availability=UserAvailability.AWAY)]) is Shown.IN_A_CALL
    assert wanted([device(CallState.IDLE, availability=UserAvailability.BUSY)]) is None


@pytest.mark.parametrize("ringing", [False, True])
def test_of_several_devices_the_busiest_wins_in_whatever_order(ringing: bool) -> None:
    each = [
        device(state, dnd=dnd, availability=availability)
        for state, dnd, availability in product(STATES, (False, True), UserAvailability)
    ]
    for one, other in product(each, each):
        alone = [ORDER.index(wanted([this], ringing=ringing)) for this in (one, other)]
        assert ORDER.index(wanted([one, other], ringing=ringing)) == min(alone)


def test_every_pair_is_one_that_graph_takes() -> None:
    pairs = {(shown.availability, shown.activity) for shown in Shown}
    assert pairs == {("Busy", "InACall"), ("DoNotDisturb", "Presenting"), ("Away", "Away")}
