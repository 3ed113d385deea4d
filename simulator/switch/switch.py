"""What people and the network do with calls."""

from simulator.switch.calls import Call, Forwarding, GroupKind, Leg, Refused, State
from simulator.switch.events import EventName, FeatureEvent
from simulator.switch.routing import Router, takes_part

_AT_A_TELEPHONE = {State.CONNECTED, State.HOLD, State.INITIATED}


class Switch(Router):
    """A PBX without wires. Every act raises ``Refused`` when the call is not in a state for it, and changes nothing.

    ``device`` is an extension's number, or the trunk of an outsider.
    """

    # -- beginning a call

    def seize(self, device: str, cause: str = "normal") -> Call:
        """A receiver is lifted (or MakeCall asks for it) and the dial tone sounds."""
        extension = self.extension(device)
        if not extension.in_service:
            raise Refused("systemResourceAvailibility", "deviceOutOfService")
        self._free_to_talk(device)
        call = self.open(extension.party, State.INITIATED)
        self.happened(EventName.SERVICE_INITIATED, call, extension.party, cause)
        return call

    def dial(self, call: Call, digits: str, cause: str = "normal") -> None:
        """The caller has dialled. An extension rings or fails at once, an outsider's telephone by ``ring_out``."""
        leg = self._leg_in(call, call.calling.device, State.INITIATED)
        leg.state = State.CONNECTED
        call.called = self.known(digits)
        self.happened(EventName.ORIGINATED, call, leg.party, cause)
        self.reach(call, digits, "newCall")

    def arrive(self, number: str, digits: str, name: str = "", *, hidden: bool = False) -> Call:
        """A call from the public network. Raises ``TrunksBusy``."""
        self.expect_call_id()
        call = self.open(self.outsider(number, name, hidden=hidden), State.CONNECTED)
        call.called = self.known(digits)
        self.reach(call, digits, "newCall")
        return call

    def ring_out(self, call: Call) -> None:
        """The network says that the outsider's telephone rings."""
        leg = self._outsider_called(call)
        leg.state = State.ALERTING
        self.happened(EventName.DELIVERED, call, leg.party, "networkSignal")

    def fail_out(self, call: Call, cause: str) -> None:
        """The network says that the outsider cannot be reached: ``busy``, ``destNotObtainable`` and so on."""
        leg = self._outsider_called(call)
        leg.state = State.FAIL
        self.happened(EventName.FAILED, call, leg.party, cause)

    # -- in a call

    def answer(self, call: Call, device: str) -> None:
        leg = call.leg(device)
        if leg.state is not State.ALERTING:
            raise Refused("stateIncompatibility", "noCallToAnswer")
        self._free_to_talk(device)
        self._connect(call, leg, "normal")

    def pick_up(self, call: Call, device: str) -> None:
        """Answer at ``device`` what rings at another extension."""
        party = self.extension(device).party
        if device in call.legs:
            raise Refused("stateIncompatibility", "invalidConnectionState")
        ringing = next((leg for leg in call.legs.values() if leg.state is State.ALERTING and not leg.party.trunk), None)
        if ringing is None:
            raise Refused("stateIncompatibility", "noCallToAnswer")
        self._free_to_talk(device)
        self.leave_by_diversion(call, ringing, party, "callPickup")
        self._connect(call, self.add(call, party, State.ALERTING), "callPickup")

    def hold(self, call: Call, device: str) -> None:
        leg = self._leg_in(call, device, State.CONNECTED)
        leg.state = State.HOLD
        self.happened(EventName.HELD, call, leg.party, "normal")

    def retrieve(self, call: Call, device: str) -> None:
        leg = call.leg(device)
        if leg.state is not State.HOLD:
            raise Refused("stateIncompatibility", "noHeldCall")
        self._free_to_talk(device)
        leg.state = State.CONNECTED
        self.happened(EventName.RETRIEVED, call, leg.party, "normal")

    def divert(self, call: Call, device: str, digits: str, cause: str = "callForwardNoAnswer") -> None:
        """What rings at ``device`` goes to another number instead."""
        leg = self._leg_in(call, device, State.ALERTING)
        self.leave_by_diversion(call, leg, self.known(digits), cause)
        self.reach(call, digits, cause)

    def no_answer(self, call: Call, device: str) -> None:
        """It has rung at ``device`` for as long as the switch lets it: the call goes where that is forwarded."""
        to = self.extension(device).forwards.get(Forwarding.NO_ANSWER)
        if to is None:
            raise Refused("stateIncompatibility", "invalidObjectState")
        self.divert(call, device, to)

    def clear(self, call: Call, device: str, cause: str = "normalClearing") -> None:
        """Hang up. When nobody is left to talk to, the others are cleared too and the call ends."""
        self._drop(call, call.leg(device), cause)
        left = [leg for leg in call.legs.values() if leg.state in _AT_A_TELEPHONE]
        if len(call.legs) >= 2 and left:
            return
        for leg in list(call.legs.values()):
            self._drop(call, leg, cause)
        self.happened(EventName.CALL_CLEARED, call, call.calling, cause)
        self.close(call)

    # -- features

    def set_do_not_disturb(self, device: str, *, on: bool) -> None:
        self.extension(device).do_not_disturb = on
        self.tell(FeatureEvent(name=EventName.DO_NOT_DISTURB, device=device, on=on))

    def set_message_waiting(self, device: str, *, on: bool) -> None:
        self.extension(device).message_waiting = on
        self.tell(FeatureEvent(name=EventName.MESSAGE_WAITING, device=device, on=on))

    def set_call_waiting(self, device: str, *, on: bool) -> None:
        """Whether a second call rings while the telephone is in use. No event tells of it."""
        self.extension(device).call_waiting = on

    def forward(self, device: str, to: str, when: Forwarding = Forwarding.ALWAYS) -> None:
        """Send such calls for ``device`` to another number; an empty one ends that."""
        forwards = self.extension(device).forwards
        forwards.pop(when, None)
        if to:
            forwards[when] = to
        told = FeatureEvent(name=EventName.FORWARDING, device=device, on=bool(to), forward_to=to, forwarding=when)
        self.tell(told)

    def set_in_service(self, device: str, *, on: bool) -> None:
        """Plug a telephone in or out. Its calls, if any, are cleared first."""
        extension = self.extension(device)
        for call in [] if on else self.calls_of(device):
            self.clear(call, device, "destOutOfOrder")
        extension.in_service = on
        self.tell(FeatureEvent(name=EventName.BACK_IN_SERVICE if on else EventName.OUT_OF_SERVICE, device=device))

    # -- smaller steps

    def _free_to_talk(self, device: str) -> None:
        idle = {State.ALERTING, State.HOLD}
        calls = self.calls_of(device) if device in self.extensions else []
        if any(takes_part(call, device) and call.legs[device].state not in idle for call in calls):
            raise Refused("stateIncompatibility", "invalidObjectState")

    def _leg_in(self, call: Call, device: str, state: State) -> Leg:
        leg = call.leg(device)
        if leg.state is not state:
            raise Refused("stateIncompatibility", "invalidConnectionState")
        return leg

    def _outsider_called(self, call: Call) -> Leg:
        for leg in call.others(call.calling.device):
            if leg.party.trunk and leg.state is State.CONNECTED:
                return leg
        raise Refused("stateIncompatibility", "invalidConnectionState")

    def _connect(self, call: Call, leg: Leg, cause: str) -> None:
        leg.state = State.CONNECTED
        self.happened(EventName.ESTABLISHED, call, leg.party, cause)
        if call.group is not None and call.group.kind is GroupKind.RING:
            for other in [other for other in call.others(leg.party.device) if other.state is State.ALERTING]:
                self._drop(call, other, "multipleAlerting")

    def _drop(self, call: Call, leg: Leg, cause: str) -> None:
        self.remove(call, leg)
        gone = {leg.party.device: State.NULL}
        self.happened(EventName.CONNECTION_CLEARED, call, leg.party, cause, also=gone)
