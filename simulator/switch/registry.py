"""The calls in being, the ids and trunks they hold, and who is told what happens to them."""

from collections.abc import Callable, Iterable, Mapping

from simulator.switch.calls import Call, ConnectionId, Extension, Group, Leg, Party, Refused, State
from simulator.switch.events import CallEvent, Event, EventName, Joined


class TrunksBusy(Refused):
    """Every trunk carries a call already."""

    def __init__(self) -> None:
        super().__init__("subscribedResourceAvailability", "trunkLimitExceeded")


class Registry:
    """Opens and closes calls. ``listeners`` hear every event in the order in which it happens."""

    def __init__(
        self,
        extensions: Iterable[Party],
        *,
        trunks: int = 30,
        call_ids: int = 9999,
        first_call_id: int = 1,
        groups: Iterable[Group] = (),
    ) -> None:
        self.extensions = {party.number: Extension(party) for party in extensions}
        self.groups = {group.party.number: group for group in groups}
        self.calls: dict[str, Call] = {}
        self.listeners: list[Callable[[Event], None]] = []
        self._calls_of: dict[str, list[Call]] = {}
        self._free_trunks = [f"T{n}" for n in range(trunks, 0, -1)]
        self._call_ids = call_ids
        self._first_id = first_call_id
        self._begun = 0

    def extension(self, number: str) -> Extension:
        """Raises ``Refused`` when this PBX has no such extension."""
        try:
            return self.extensions[number]
        except KeyError:
            raise Refused("operation", "invalidDeviceID") from None

    def call(self, call_id: str) -> Call:
        """Raises ``Refused`` when no call has this id now."""
        try:
            return self.calls[call_id]
        except KeyError:
            raise Refused("operation", "invalidCallID") from None

    def calls_of(self, device: str) -> list[Call]:
        return list(self._calls_of.get(device, ()))

    def engaged(self, device: str) -> bool:
        """Whether it has any part in any call."""
        return device in self._calls_of

    def expect_call_id(self) -> None:
        """Raises ``Refused`` when every call id is in use."""
        if len(self.calls) >= self._call_ids:
            raise Refused("systemResourceAvailibility", "resourceLimitExceeded")

    def open(self, calling: Party, state: State) -> Call:
        """A new call with one leg. Raises ``Refused`` when every call id is in use."""
        self.expect_call_id()
        call = Call(self._next_id(), calling)
        self.calls[call.id] = call
        self.add(call, calling, state)
        return call

    def add(self, call: Call, party: Party, state: State) -> Leg:
        """The party takes part in the call."""
        leg = call.legs[party.device] = Leg(party, state)
        self._calls_of.setdefault(party.device, []).append(call)
        return leg

    def close(self, call: Call) -> None:
        """The call is no more; its id and trunks may be used again."""
        for leg in list(call.legs.values()):
            self.remove(call, leg)
        del self.calls[call.id]

    def remove(self, call: Call, leg: Leg) -> None:
        """The party leaves the call; an outsider's trunk is free again."""
        self._forget(call, leg.party.device)
        if leg.party.trunk:
            self._free_trunks.append(leg.party.trunk)

    def move(self, leg: Leg, old: Call, new: Call) -> None:
        """The party goes over to another call, and its trunk with it: the end of the old one must not free that."""
        self._forget(old, leg.party.device)
        self.add(new, leg.party, leg.state)

    def outsider(self, number: str, name: str = "", *, hidden: bool = False) -> Party:
        """Somebody in the public network, on a trunk taken for them. Raises ``TrunksBusy``."""
        if not self._free_trunks:
            raise TrunksBusy
        return Party(number, name, self._free_trunks.pop(), hidden)

    def tell(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)

    def happened(
        self,
        name: EventName,
        call: Call,
        party: Party,
        cause: str,
        *,
        also: Mapping[str, State] | None = None,
        other: Party | None = None,
        secondary: ConnectionId | None = None,
        joined: tuple[Joined, ...] = (),
    ) -> None:
        """Tell of an event at ``party``'s connection. ``also`` adds devices that have just left the call."""
        self.tell(
            CallEvent(
                name=name,
                connection=call.connection(party),
                party=party,
                calling=call.calling,
                called=call.called,
                redirected_by=call.redirected_by,
                states={**call.states(), **(also or {})},
                cause=cause,
                other=other,
                secondary=secondary,
                joined=joined,
            )
        )

    def _forget(self, call: Call, device: str) -> None:
        del call.legs[device]
        calls = self._calls_of[device]
        calls.remove(call)
        if not calls:
            del self._calls_of[device]

    def _next_id(self) -> str:
        while (call_id := str(self._first_id + self._begun % self._call_ids)) in self.calls:
            self._begun += 1
        self._begun += 1
        return call_id
