"""The call model by itself."""

from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from simulator.switch import (
    Call,
    CallEvent,
    Event,
    EventName,
    Forwarding,
    Group,
    GroupKind,
    Party,
    Refused,
    State,
    Switch,
    TrunksBusy,
    conference,
    transfer,
    transfer_blind,
)

EXTENSIONS = ("201", "202", "203")
OUTSIDE = "+33199001234"


GROUPS = [Group(Party(number), kind, EXTENSIONS) for number, kind in zip(("500", "501", "502"), GroupKind, strict=True)]
"""One that rings, one that hunts, and a queue."""


def new_switch(trunks: int = 30, call_ids: int = 9999) -> tuple[Switch, list[Event]]:
    heard: list[Event] = []
    switch = Switch((Party(number) for number in EXTENSIONS), trunks=trunks, call_ids=call_ids, groups=GROUPS)
    switch.listeners.append(heard.append)
    return switch, heard


def names(events: list[Event]) -> list[str]:
    return [event.name.removesuffix("Event") for event in events]


def test_call_ids_are_used_again_and_never_twice_at_a_time() -> None:
    switch, _ = new_switch(call_ids=3)
    staying = switch.arrive(OUTSIDE, "201")
    ids = []
    for _ in range(4):
        call = switch.arrive(OUTSIDE, "202")
        ids.append(call.id)
        switch.clear(call, "202")
    assert ids == ["2", "3", "2", "3"]
    assert staying.id == "1"


def test_call_ids_may_begin_at_zero() -> None:
    switch = Switch([Party("201"), Party("202")], first_call_id=0, call_ids=2)
    assert [switch.arrive(OUTSIDE, number).id for number in ("201", "202")] == ["0", "1"]


def test_no_call_begins_when_every_id_or_trunk_is_in_use() -> None:
    switch, _ = new_switch(call_ids=1, trunks=2)
    switch.arrive(OUTSIDE, "201")
    with pytest.raises(Refused, match="resourceLimitExceeded"):
        switch.seize("202")
    switch, _ = new_switch(trunks=1)
    switch.arrive(OUTSIDE, "201")
    with pytest.raises(TrunksBusy):
        switch.arrive(OUTSIDE, "202")


def test_a_trunk_refused_for_want_of_a_call_id_stays_free() -> None:
    switch, _ = new_switch(call_ids=1, trunks=1)
    call = switch.seize("201")
    with pytest.raises(Refused):
        switch.arrive(OUTSIDE, "202")
    switch.clear(call, "201")
    assert switch.arrive(OUTSIDE, "202").legs["202"].state is State.ALERTING


@pytest.mark.parametrize(
    ("prepare", "cause"),
    [
        (lambda switch: switch.set_do_not_disturb("202", on=True), "doNotDisturb"),
        (lambda switch: switch.set_in_service("202", on=False), "destOutOfOrder"),
        (lambda switch: switch.arrive(OUTSIDE, "202"), "busy"),
    ],
)
def test_an_extension_that_cannot_ring_fails_with_its_cause(prepare: Callable[[Switch], object], cause: str) -> None:
    switch, heard = new_switch()
    prepare(switch)
    switch.dial(switch.seize("201"), "202")
    failed = heard[-1]
    assert isinstance(failed, CallEvent)
    assert (failed.name, failed.cause, failed.party.number) == (EventName.FAILED, cause, "202")


def test_an_extension_that_a_call_failed_to_reach_goes_on_undisturbed() -> None:
    switch, _ = new_switch()
    own = switch.arrive(OUTSIDE, "202")
    switch.dial(switch.seize("201"), "202")
    switch.answer(own, "202")
    switch.hold(own, "202")
    switch.retrieve(own, "202")
    assert own.legs["202"].state is State.CONNECTED


def test_an_unknown_short_number_and_a_lack_of_trunks_fail_at_the_caller() -> None:
    switch, heard = new_switch(trunks=0)
    for digits, cause in (("299", "numberUnallocated"), (OUTSIDE, "trunksBusy")):
        call = switch.seize("201")
        switch.dial(call, digits)
        failed = heard[-1]
        assert isinstance(failed, CallEvent)
        assert (failed.cause, failed.states) == (cause, {"201": State.FAIL})
        switch.clear(call, "201")


def test_a_call_follows_forwarding_and_says_who_sent_it_on() -> None:
    switch, heard = new_switch()
    switch.forward("201", "202")
    switch.arrive(OUTSIDE, "201")
    delivered = heard[-1]
    assert names(heard) == ["Forwarding", "Diverted", "Delivered"]
    assert isinstance(delivered, CallEvent)
    assert delivered.redirected_by == Party("201")
    assert (delivered.party.number, delivered.cause) == ("202", "callForwardImmediate")


def test_forwarding_in_a_circle_ends_in_a_failure() -> None:
    switch, heard = new_switch()
    switch.forward("201", "202")
    switch.forward("202", "201")
    switch.arrive(OUTSIDE, "201")
    assert names(heard)[-1] == "Failed"


def test_a_colleague_picks_up_what_rings() -> None:
    switch, heard = new_switch()
    call = switch.arrive(OUTSIDE, "201")
    switch.pick_up(call, "202")
    assert names(heard) == ["Delivered", "Diverted", "Established"]
    assert call.legs["202"].state is State.CONNECTED
    assert "201" not in call.legs


def test_a_transfer_joins_both_parties_under_the_held_call() -> None:
    switch, heard = new_switch()
    held = switch.arrive(OUTSIDE, "201")
    switch.answer(held, "201")
    switch.hold(held, "201")
    active = switch.seize("201")
    switch.dial(active, "202")
    transfer(switch, "201", held, active)
    event = heard[-1]
    assert isinstance(event, CallEvent)
    assert {(item.party.number, item.old.call, item.new.call) for item in event.joined} == {
        (OUTSIDE, held.id, held.id),
        ("202", active.id, held.id),
    }
    assert event.states == {"T1": State.CONNECTED, "202": State.ALERTING, "201": State.NULL}
    assert list(switch.calls) == [held.id]


def test_three_stay_in_a_conference_until_two_have_left() -> None:
    switch, _ = new_switch()
    held = switch.arrive(OUTSIDE, "201")
    switch.answer(held, "201")
    switch.hold(held, "201")
    active = switch.seize("201")
    switch.dial(active, "202")
    with pytest.raises(Refused):
        conference(switch, "201", held, active)
    switch.answer(active, "202")
    conference(switch, "201", held, active)
    switch.clear(held, "201")
    assert {leg.state for leg in held.legs.values()} == {State.CONNECTED}
    switch.clear(held, "202")
    assert not switch.calls


def told(events: list[Event], *, since: int = 0) -> list[tuple[str, str, str]]:
    """Name, device and cause of each."""
    calls = [event for event in events[since:] if isinstance(event, CallEvent)]
    return [(event.name.removesuffix("Event"), event.party.number, event.cause) for event in calls]


def test_a_ring_group_rings_at_all_that_are_free_and_stops_where_nobody_answered() -> None:
    switch, heard = new_switch()
    switch.arrive(OUTSIDE, "201")
    call = switch.arrive(OUTSIDE, "500")
    switch.answer(call, "203")
    assert told(heard, since=1) == [
        ("Delivered", "202", "multipleAlerting"),
        ("Delivered", "203", "multipleAlerting"),
        ("Established", "203", "normal"),
        ("ConnectionCleared", "202", "multipleAlerting"),
    ]
    assert call.called == Party("500")


def test_a_colleague_may_pick_up_what_rings_at_a_group() -> None:
    switch, _ = new_switch()
    switch.set_do_not_disturb("203", on=True)
    call = switch.arrive(OUTSIDE, "500")
    switch.pick_up(call, "203")
    assert call.states() == {"T1": State.CONNECTED, "203": State.CONNECTED}


def test_a_group_that_hunts_rings_one_after_the_other_and_round_again() -> None:
    switch, heard = new_switch()
    call = switch.arrive(OUTSIDE, "501")
    for _ in EXTENSIONS:
        switch.hunt_on(call)
    delivered = [party for name, party, _ in told(heard) if name == "Delivered"]
    assert delivered == ["201", "202", "203", "201"]
    assert ("Diverted", "201", "redirected") in told(heard)


def test_a_group_in_which_nobody_is_free_is_busy_and_a_hunt_stays_where_it_is() -> None:
    switch, heard = new_switch()
    for number in ("202", "203"):
        switch.arrive(OUTSIDE, number)
    hunting = switch.arrive(OUTSIDE, "501")
    with pytest.raises(Refused, match="resourceBusy"):
        switch.hunt_on(hunting)
    for number in ("500", "501"):
        switch.arrive(OUTSIDE, number)
        assert told(heard)[-1][0::2] == ("Failed", "busy")


def test_a_queue_gives_the_call_to_a_member_as_soon_as_one_is_free() -> None:
    switch, heard = new_switch()
    busy = [switch.arrive(OUTSIDE, number) for number in EXTENSIONS]
    call = switch.arrive(OUTSIDE, "502")
    assert call.legs["502"].state is State.QUEUED
    with pytest.raises(Refused, match="resourceBusy"):
        switch.distribute(call)
    switch.clear(busy[1], "202")
    since = len(heard)
    switch.distribute(call)
    assert told(heard, since=since) == [
        ("Diverted", "502", "redirected"),
        ("Offered", "202", "redirected"),
        ("Delivered", "202", "redirected"),
    ]


def test_a_caller_may_leave_the_queue() -> None:
    switch, heard = new_switch()
    switch.clear(switch.arrive(OUTSIDE, "502"), "T1")
    assert names(heard) == ["Queued", "ConnectionCleared", "ConnectionCleared", "CallCleared"]
    assert not switch.calls


def test_a_switch_may_offer_each_call_before_it_rings() -> None:
    switch, heard = new_switch()
    switch.offers = True
    switch.arrive(OUTSIDE, "201")
    assert names(heard) == ["Offered", "Delivered"]


@pytest.mark.parametrize(
    ("when", "engaged", "expected"),
    [
        (Forwarding.ALWAYS, False, "callForwardImmediate"),
        (Forwarding.BUSY, True, "callForwardBusy"),
        (Forwarding.BUSY, False, ""),
        (Forwarding.NO_ANSWER, True, "busy"),
    ],
)
def test_a_call_is_forwarded_only_when_it_is_to_be(when: Forwarding, engaged: bool, expected: str) -> None:
    switch, heard = new_switch()
    switch.forward("201", "202", when)
    if engaged:
        switch.arrive(OUTSIDE, "201")
    call = switch.arrive(OUTSIDE, "201")
    assert told(heard)[-1][2] == (expected or "newCall")
    assert ("202" in call.legs) == expected.startswith("callForward")


def test_a_call_that_is_not_answered_goes_where_it_is_forwarded() -> None:
    switch, heard = new_switch()
    call = switch.arrive(OUTSIDE, "201")
    with pytest.raises(Refused):
        switch.no_answer(call, "201")
    switch.forward("201", "202", Forwarding.NO_ANSWER)
    switch.no_answer(call, "201")
    assert told(heard)[-2:] == [
        ("Diverted", "201", "callForwardNoAnswer"),
        ("Delivered", "202", "callForwardNoAnswer"),
    ]


def test_with_call_waiting_a_second_call_rings_and_a_third_does_not() -> None:
    switch, heard = new_switch()
    switch.set_call_waiting("201", on=True)
    first, second, _ = (switch.arrive(OUTSIDE, "201") for _ in range(3))
    assert names(heard) == ["Delivered", "Delivered", "Failed"]
    switch.answer(first, "201")
    with pytest.raises(Refused):
        switch.answer(second, "201")
    switch.hold(first, "201")
    switch.answer(second, "201")


def test_a_blind_transfer_sends_the_other_party_on_in_one_step() -> None:
    switch, heard = new_switch()
    call = switch.arrive(OUTSIDE, "201")
    with pytest.raises(Refused):
        transfer_blind(switch, "201", call, "202")
    switch.answer(call, "201")
    with pytest.raises(Refused):
        transfer_blind(switch, "201", call, "201")
    transfer_blind(switch, "201", call, "202")
    transferred = heard[-2]
    assert isinstance(transferred, CallEvent)
    assert (transferred.cause, transferred.secondary, transferred.states["201"]) == (
        "singleStepTransfer",
        None,
        State.NULL,
    )
    assert [(item.party.number, item.old == item.new) for item in transferred.joined] == [(OUTSIDE, True)]
    assert told(heard)[-1] == ("Delivered", "202", "singleStepTransfer")


def test_who_was_called_by_the_one_that_transfers_is_the_caller_from_then_on() -> None:
    switch, heard = new_switch()
    call = switch.seize("201")
    switch.dial(call, "202")
    switch.answer(call, "202")
    transfer_blind(switch, "201", call, "203")
    delivered = heard[-1]
    assert isinstance(delivered, CallEvent)
    assert (delivered.calling, delivered.called) == (Party("202"), Party("203"))


numbers = st.sampled_from((*EXTENSIONS, OUTSIDE, "299", "500", "501", "502"))
extensions = st.sampled_from(EXTENSIONS)


class AnyTelephoning(RuleBasedStateMachine):
    """Anybody does anything at any time; what the switch refuses must change nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.switch, self.heard = new_switch(trunks=3, call_ids=6)
        self.told: dict[tuple[str, str], State] = {}

    def act(self, attempt: Callable[[], object]) -> None:
        before = self.picture()
        try:
            attempt()
        except Refused:
            assert self.picture() == before
            assert not self.heard
        for event in self.heard:
            self.learn(event)
        self.heard.clear()

    def picture(self) -> dict[str, dict[str, State]]:
        return {call.id: call.states() for call in self.switch.calls.values()}

    def learn(self, event: Event) -> None:
        """Keep a client's picture of all connections, from events alone."""
        if not isinstance(event, CallEvent):
            return
        for item in event.joined:
            self.told.pop((item.old.call, item.old.device), None)
        if event.secondary:
            self.told.pop((event.secondary.call, event.secondary.device), None)
        for device, state in event.states.items():
            self.told[event.connection.call, device] = state
            if state is State.NULL:
                del self.told[event.connection.call, device]

    def any_call(self, data: st.DataObject) -> Call | None:
        calls = list(self.switch.calls.values())
        return data.draw(st.sampled_from(calls)) if calls else None

    @rule(number=numbers)
    def somebody_calls_in(self, number: str) -> None:
        self.act(lambda: self.switch.arrive(OUTSIDE, number))

    @rule(caller=extensions, number=numbers)
    def an_extension_dials(self, caller: str, number: str) -> None:
        self.act(lambda: self.switch.dial(self.switch.seize(caller), number))

    @rule(data=st.data(), device=extensions, number=numbers)
    def something_is_done_with_a_call(self, data: st.DataObject, device: str, number: str) -> None:
        call = self.any_call(data)
        if call is None:
            return
        switch, party = self.switch, data.draw(st.sampled_from(sorted(call.legs)))
        acts: list[Callable[[], object]] = [
            lambda: switch.answer(call, party),
            lambda: switch.clear(call, party),
            lambda: switch.hold(call, party),
            lambda: switch.retrieve(call, party),
            lambda: switch.divert(call, party, number),
            lambda: switch.pick_up(call, device),
            lambda: switch.ring_out(call),
            lambda: switch.fail_out(call, "busy"),
            lambda: switch.hunt_on(call),
            lambda: switch.distribute(call),
            lambda: switch.no_answer(call, party),
            lambda: transfer_blind(switch, party, call, number),
        ]
        self.act(data.draw(st.sampled_from(acts)))

    @rule(data=st.data(), device=extensions, join=st.sampled_from((transfer, conference)))
    def two_calls_are_joined(
        self, data: st.DataObject, device: str, join: Callable[[Switch, str, Call, Call], None]
    ) -> None:
        held, active = self.any_call(data), self.any_call(data)
        if held and active:
            self.act(lambda: join(self.switch, device, held, active))

    @rule(
        device=extensions,
        to=st.sampled_from((*EXTENSIONS, OUTSIDE, "500", "")),
        when=st.sampled_from(Forwarding),
        on=st.booleans(),
    )
    def a_feature_is_set(self, device: str, to: str, when: Forwarding, on: bool) -> None:
        self.act(lambda: self.switch.forward(device, to, when))
        self.act(lambda: self.switch.set_call_waiting(device, on=on))
        self.act(lambda: self.switch.set_do_not_disturb(device, on=on))

    @invariant()
    def the_events_tell_the_whole_truth(self) -> None:
        assert self.told == {
            (call_id, device): state for call_id, states in self.picture().items() for device, state in states.items()
        }

    @invariant()
    def nobody_speaks_twice_and_no_trunk_is_shared(self) -> None:
        for extension in EXTENSIONS:
            states = [call.legs[extension].state for call in self.switch.calls_of(extension)]
            assert states.count(State.CONNECTED) <= 1
        trunks = [device for call in self.switch.calls.values() for device in call.legs if device.startswith("T")]
        assert len(trunks) == len(set(trunks))

    def teardown(self) -> None:
        """However calls went, when everybody has hung up nothing is left, and every trunk is free again."""
        while self.switch.calls:
            call = next(iter(self.switch.calls.values()))
            self.act(lambda call=call: self.switch.clear(call, next(iter(call.legs))))  # type: ignore[misc]
        assert not self.told
        assert all(self.switch.outsider(OUTSIDE).trunk for _ in range(3))
        with pytest.raises(TrunksBusy):
            self.switch.outsider(OUTSIDE)


AnyTelephoning.TestCase.settings = settings(max_examples=70, stateful_step_count=40, deadline=None)
TestAnyTelephoning = AnyTelephoning.TestCase
