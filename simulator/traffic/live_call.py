"""A call in the words of the person at one extension."""

from simulator.switch import Call, Refused, State, Switch, conference, transfer, transfer_blind


class LiveCall:
    """Acts upon one call. Each raises ``Refused`` when the call is not in a state for it.

    ``extension`` is whose call this is; the far end is whoever else is in it.
    """

    def __init__(self, switch: Switch, call: Call, extension: str) -> None:
        self._switch = switch
        self.call = call
        self.extension = extension

    @classmethod
    def incoming(
        cls, switch: Switch, caller: str, extension: str, name: str = "", *, hidden: bool = False
    ) -> "LiveCall":
        """An outsider calls; the extension rings unless its state or a feature prevents it."""
        return cls(switch, switch.arrive(caller, extension, name, hidden=hidden), extension)

    @classmethod
    def outgoing(cls, switch: Switch, extension: str, number: str) -> "LiveCall":
        """The extension lifts up and dials."""
        call = switch.seize(extension)
        switch.dial(call, number)
        return cls(switch, call, extension)

    @property
    def id(self) -> str:
        return self.call.id

    @property
    def is_up(self) -> bool:
        """Whether the call still is; its id may by now be that of another."""
        return self._switch.calls.get(self.call.id) is self.call

    @property
    def rings(self) -> bool:
        """Whether somebody's telephone rings."""
        return any(leg.state is State.ALERTING for leg in self.call.legs.values())

    def ring_out(self) -> None:
        """An outsider who was called hears the telephone; an extension rings without this."""
        if self._outsider_reached():
            self._switch.ring_out(self.call)

    def answer(self, extension: str = "") -> None:
        """Whoever is being called answers, of a group the first one unless another is named."""
        device = extension or self._first(State.ALERTING)
        self._switch.answer(self.call, device)
        if self.extension not in self.call.legs:
            self.extension = device

    def hold(self) -> None:
        self._switch.hold(self.call, self.extension)

    def retrieve(self) -> None:
        self._switch.retrieve(self.call, self.extension)

    def hang_up(self) -> None:
        self._switch.clear(self.call, self.extension)

    def far_end_hangs_up(self) -> None:
        far = next(self.call.others(self.extension), None)
        if far is None:
            raise Refused("stateIncompatibility", "noConnectionToClear")
        self._switch.clear(self.call, far.party.device)

    def divert(self, number: str, cause: str = "callForwardNoAnswer") -> None:
        """What rings goes to another number; this is the other number's call from now on."""
        self._switch.divert(self.call, self._first(State.ALERTING), number, cause)
        self.extension = number

    def no_answer(self) -> None:
        """It has rung long enough: the call goes where the extension is forwarded in that case."""
        self._switch.no_answer(self.call, self._first(State.ALERTING))
        self.extension = next(reversed(self.call.legs))

    def hunt_on(self) -> None:
        """It has rung long enough at one member of the group: the next one's turn."""
        self._switch.hunt_on(self.call)

    def distribute(self) -> None:
        """The queue gives the call to a member."""
        self._switch.distribute(self.call)

    def pick_up(self, extension: str) -> None:
        """A colleague takes the call while it rings."""
        self._switch.pick_up(self.call, extension)
        self.extension = extension

    def fail(self, cause: str) -> None:
        """The network cannot reach the outsider who was called."""
        self._switch.fail_out(self.call, cause)

    def consult(self, number: str) -> "LiveCall":
        """Hold this call and ring somebody else."""
        self.hold()
        return LiveCall.outgoing(self._switch, self.extension, number)

    def transfer(self, consulted: "LiveCall") -> None:
        """Connect the held party with the consulted one, and leave."""
        taking_over = [leg.party.device for leg in consulted.call.others(self.extension)]
        transfer(self._switch, self.extension, self.call, consulted.call)
        self.extension = taking_over[0]

    def transfer_blind(self, number: str) -> None:
        """Send the other party on to a number, and leave at once; this is the number's call from now on."""
        transfer_blind(self._switch, self.extension, self.call, number)
        self.extension = number

    def second(self, caller: str, *, waiting: bool) -> "LiveCall":
        """Somebody else calls while this call goes on; with call ``waiting`` the telephone rings all the same."""
        self._switch.set_call_waiting(self.extension, on=waiting)
        try:
            if caller in self._switch.extensions:
                return LiveCall.outgoing(self._switch, caller, self.extension)
            return LiveCall.incoming(self._switch, caller, self.extension)
        finally:
            self._switch.set_call_waiting(self.extension, on=False)

    def conference(self, consulted: "LiveCall") -> None:
        conference(self._switch, self.extension, self.call, consulted.call)

    def end(self) -> None:
        """Clear everyone who is left."""
        while self.is_up:
            self._switch.clear(self.call, next(iter(self.call.legs)))

    def _first(self, state: State) -> str:
        for leg in self.call.legs.values():
            if leg.state is state:
                return leg.party.device
        raise Refused("stateIncompatibility", "noCallToAnswer")

    def _outsider_reached(self) -> bool:
        return (
            any(
                leg.party.trunk and leg.state is State.CONNECTED and leg.party != self.call.calling
                for leg in self.call.legs.values()
            )
            and not self.rings
        )
