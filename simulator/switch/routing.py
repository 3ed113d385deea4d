"""Where a call goes: to an extension, to where that is forwarded, to a group, or to the public network."""

from simulator.switch.calls import Call, Extension, Forwarding, Group, GroupKind, Leg, Party, Refused, State
from simulator.switch.events import EventName
from simulator.switch.registry import Registry, TrunksBusy

_LONGEST_INTERNAL = 5
_MOST_CALLS = 2
"""At a telephone with call waiting."""


class Router(Registry):
    """Every way ends with an event. ``offers``: an OfferedEvent goes before each DeliveredEvent at an extension."""

    offers = False

    def known(self, digits: str) -> Party:
        """Whose number it is: an extension's, a group's, or somebody's outside."""
        if extension := self.extensions.get(digits):
            return extension.party
        return self.groups[digits].party if digits in self.groups else Party(digits)

    def reach(self, call: Call, digits: str, cause: str, tried: frozenset[str] = frozenset()) -> None:
        """Ring at that number, or fail there, or go on from there; ``tried`` are numbers that sent the call on."""
        extension = self.extensions.get(digits)
        if digits in call.legs or digits in tried:
            self._fail_caller(call, "busy")
        elif digits in self.groups:
            self._reach_group(call, self.groups[digits], cause)
        elif extension is None:
            self._reach_outside(call, digits, cause)
        elif (when := self._sent_on(extension)) is not None:
            leg = self.add(call, extension.party, State.ALERTING)
            to = extension.forwards[when]
            self.leave_by_diversion(call, leg, self.known(to), when.cause)
            self.reach(call, to, when.cause, tried | {digits})
        else:
            self._reach_extension(call, extension, cause)

    def hunt_on(self, call: Call) -> None:
        """It has rung at one member of a group that hunts for long enough; the next one's turn."""
        ringing = next((leg for leg in call.legs.values() if leg.state is State.ALERTING), None)
        if call.group is None or call.group.kind is not GroupKind.HUNT or ringing is None:
            raise Refused("stateIncompatibility", "invalidConnectionState")
        self._move_on(call, ringing, self._free_member(call, call.group, after=ringing.party.number))

    def distribute(self, call: Call) -> None:
        """The first in the queue is given to a member who is free. Raises ``Refused`` when nobody is."""
        waiting = next((leg for leg in call.legs.values() if leg.state is State.QUEUED), None)
        if call.group is None or waiting is None:
            raise Refused("stateIncompatibility", "invalidConnectionState")
        self._move_on(call, waiting, self._free_member(call, call.group), offered=True)

    def leave_by_diversion(self, call: Call, leg: Leg, to: Party, cause: str) -> None:
        """The call leaves a device for another one."""
        self.remove(call, leg)
        call.redirected_by = leg.party
        gone = {leg.party.device: State.NULL}
        self.happened(EventName.DIVERTED, call, leg.party, cause, also=gone, other=to)

    # -- an extension

    def _sent_on(self, extension: Extension) -> Forwarding | None:
        if Forwarding.ALWAYS in extension.forwards:
            return Forwarding.ALWAYS
        busy = Forwarding.BUSY in extension.forwards and self._obstacle(extension) == "busy"
        return Forwarding.BUSY if busy else None

    def _obstacle(self, extension: Extension) -> str:
        if not extension.in_service:
            return "destOutOfOrder"
        if extension.do_not_disturb:
            return "doNotDisturb"
        number = extension.party.number
        calls = sum(takes_part(call, number) for call in self.calls_of(number))
        return "busy" if calls >= (_MOST_CALLS if extension.call_waiting else 1) else ""

    def _reach_extension(self, call: Call, extension: Extension, cause: str) -> None:
        obstacle = self._obstacle(extension)
        if obstacle:
            self.add(call, extension.party, State.FAIL)
            self.happened(EventName.FAILED, call, extension.party, obstacle)
        else:
            self._ring(call, extension.party, cause, offered=self.offers)

    def _ring(self, call: Call, party: Party, cause: str, *, offered: bool = False) -> None:
        self.add(call, party, State.ALERTING)
        if offered:
            self.happened(EventName.OFFERED, call, party, cause)
        self.happened(EventName.DELIVERED, call, party, cause)

    # -- a group

    def _reach_group(self, call: Call, group: Group, cause: str) -> None:
        call.group = group
        free = self._free_members(call, group)
        if group.kind is GroupKind.QUEUE:
            self.add(call, group.party, State.QUEUED)
            self.happened(EventName.QUEUED, call, group.party, cause)
        elif not free:
            self._fail_caller(call, "busy")
        elif group.kind is GroupKind.HUNT:
            self._ring(call, free[0], cause, offered=self.offers)
        else:
            for member in free:
                self._ring(call, member, "multipleAlerting", offered=self.offers)

    def _free_members(self, call: Call, group: Group) -> list[Party]:
        members = [self.extension(number) for number in group.members if number not in call.legs]
        return [member.party for member in members if not self._obstacle(member)]

    def _free_member(self, call: Call, group: Group, after: str = "") -> Party:
        """The first, or the first ``after`` one, and round again."""
        free = self._free_members(call, group)
        if not free:
            raise Refused("systemResourceAvailibility", "resourceBusy")
        at = group.members.index(after) if after in group.members else -1
        return next((party for party in free if group.members.index(party.number) > at), free[0])

    def _move_on(self, call: Call, leg: Leg, member: Party, *, offered: bool = False) -> None:
        self.leave_by_diversion(call, leg, member, "redirected")
        self._ring(call, member, "redirected", offered=offered or self.offers)

    # -- the public network, or nowhere

    def _reach_outside(self, call: Call, digits: str, cause: str) -> None:
        if len(digits) <= _LONGEST_INTERNAL:
            self._fail_caller(call, "numberUnallocated")
            return
        try:
            party = self.outsider(digits)
        except TrunksBusy:
            self._fail_caller(call, "trunksBusy")
            return
        self.add(call, party, State.CONNECTED)
        self.happened(EventName.NETWORK_REACHED, call, party, cause)

    def _fail_caller(self, call: Call, cause: str) -> None:
        leg = call.legs.get(call.calling.device) or next(iter(call.legs.values()))
        leg.state = State.FAIL
        self.happened(EventName.FAILED, call, leg.party, cause)


def takes_part(call: Call, device: str) -> bool:
    """A telephone that a call failed to reach knows nothing of it; a caller who hears the busy tone is engaged."""
    return call.legs[device].state is not State.FAIL or call.calling.device == device
