"""What the switch tells its listener."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from simulator.switch.calls import ConnectionId, Forwarding, Party, State


class EventName(StrEnum):
    """Root elements of ECMA-323, in the schema's own spelling (one r in Transfered)."""

    SERVICE_INITIATED = "ServiceInitiatedEvent"
    ORIGINATED = "OriginatedEvent"
    NETWORK_REACHED = "NetworkReachedEvent"
    OFFERED = "OfferedEvent"
    QUEUED = "QueuedEvent"
    DELIVERED = "DeliveredEvent"
    ESTABLISHED = "EstablishedEvent"
    HELD = "HeldEvent"
    RETRIEVED = "RetrievedEvent"
    DIVERTED = "DivertedEvent"
    FAILED = "FailedEvent"
    TRANSFERED = "TransferedEvent"
    CONFERENCED = "ConferencedEvent"
    CONNECTION_CLEARED = "ConnectionClearedEvent"
    CALL_CLEARED = "CallClearedEvent"
    DO_NOT_DISTURB = "DoNotDisturbEvent"
    FORWARDING = "ForwardingEvent"
    MESSAGE_WAITING = "MessageWaitingEvent"
    BACK_IN_SERVICE = "BackInServiceEvent"
    OUT_OF_SERVICE = "OutOfServiceEvent"


@dataclass(frozen=True, slots=True)
class Joined:
    """A party's connection before and after two calls became one."""

    party: Party
    old: ConnectionId
    new: ConnectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """Something happened to a connection, which is ``party``'s.

    ``states`` is what each device of the call is in afterwards: a monitor on any of them hears of the event, with that
    device's own state.
    """

    name: EventName
    connection: ConnectionId
    party: Party
    calling: Party
    called: Party | None
    redirected_by: Party | None
    states: Mapping[str, State]
    cause: str
    other: Party | None = None
    """New destination, transferred-to device or added party, where the event has one."""
    secondary: ConnectionId | None = None
    """The second of two calls that became one; ``connection`` is then the first."""
    joined: tuple[Joined, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureEvent:
    """A telephone's feature was switched, or the telephone came or went."""

    name: EventName
    device: str
    on: bool = False
    forward_to: str = ""
    forwarding: Forwarding = Forwarding.ALWAYS


Event = CallEvent | FeatureEvent
