"""The nouns of the call model: parties, legs, calls."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """State of a connection, spelt as in ``localConnectionInfo``."""

    NULL = "null"
    INITIATED = "initiated"
    ALERTING = "alerting"
    CONNECTED = "connected"
    HOLD = "hold"
    QUEUED = "queued"
    FAIL = "fail"


class Refused(Exception):
    """The switch does not do what was asked; ``category`` and ``value`` are those of a CSTAErrorCode."""

    def __init__(self, category: str, value: str) -> None:
        super().__init__(f"{category}: {value}")
        self.category = category
        self.value = value


@dataclass(frozen=True, slots=True)
class Party:
    """An end of a call: an extension of this PBX, or somebody in the public network, reached over a ``trunk``."""

    number: str
    name: str = ""
    trunk: str = ""
    hidden: bool = False
    """The caller withholds the number."""

    @property
    def device(self) -> str:
        """The device that holds the connection: for an outsider that is the trunk."""
        return self.trunk or self.number


@dataclass(frozen=True, slots=True)
class ConnectionId:
    """One device's part in one call. Call ids are reused, so neither half alone names a call for long."""

    call: str
    device: str


class GroupKind(StrEnum):
    """How a call for a group finds a member."""

    RING = "ring"
    """All that are free ring at once; who answers first has the call."""
    HUNT = "hunt"
    """One rings after the other."""
    QUEUE = "queue"
    """The caller waits in a queue until a member is given the call."""


@dataclass(frozen=True, slots=True)
class Group:
    """Several extensions behind one number: ``party`` has it, and is the called one of the group's calls."""

    party: Party
    kind: GroupKind
    members: tuple[str, ...]


@dataclass(slots=True)
class Leg:
    """A party's connection to a call."""

    party: Party
    state: State


@dataclass(slots=True, eq=False)
class Call:
    """A call in being. ``legs`` are keyed by device."""

    id: str
    calling: Party
    called: Party | None = None
    redirected_by: Party | None = None
    group: Group | None = None
    """For whom it was, while a member is sought."""
    legs: dict[str, Leg] = field(default_factory=dict)

    def leg(self, device: str) -> Leg:
        """Raises ``Refused`` when the device has no part in this call."""
        try:
            return self.legs[device]
        except KeyError:
            raise Refused("operation", "invalidConnectionID") from None

    def connection(self, party: Party) -> ConnectionId:
        return ConnectionId(self.id, party.device)

    def others(self, device: str) -> Iterator[Leg]:
        return (leg for held_by, leg in self.legs.items() if held_by != device)

    def states(self) -> dict[str, State]:
        return {device: leg.state for device, leg in self.legs.items()}


class Forwarding(StrEnum):
    """When calls are sent on, spelt as in ``forwardingType``; ``cause`` is that of the diversion."""

    ALWAYS = "forwardImmediate"
    BUSY = "forwardBusy"
    NO_ANSWER = "forwardNoAns"

    @property
    def cause(self) -> str:
        """As an event names it."""
        return _CAUSES[self]


_CAUSES = {
    Forwarding.ALWAYS: "callForwardImmediate",
    Forwarding.BUSY: "callForwardBusy",
    Forwarding.NO_ANSWER: "callForwardNoAnswer",
}


@dataclass(slots=True)
class Extension:
    """A telephone of this PBX and its features."""

    party: Party
    do_not_disturb: bool = False
    message_waiting: bool = False
    call_waiting: bool = False
    """A second call rings while the first goes on."""
    forwards: dict[Forwarding, str] = field(default_factory=dict)
    in_service: bool = True
