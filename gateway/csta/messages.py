"""CSTA messages that the gateway understands. Fields that a PBX left out are ``None`` or empty."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gateway.csta.devices import DeviceId


class EventKind(Enum):
    """Call-control events by root element; ``Transfered`` has one r in the schema, and two in some PBXs."""

    SERVICE_INITIATED = "ServiceInitiatedEvent"
    ORIGINATED = "OriginatedEvent"
    OFFERED = "OfferedEvent"
    DELIVERED = "DeliveredEvent"
    ESTABLISHED = "EstablishedEvent"
    QUEUED = "QueuedEvent"
    HELD = "HeldEvent"
    RETRIEVED = "RetrievedEvent"
    DIVERTED = "DivertedEvent"
    FAILED = "FailedEvent"
    TRANSFERRED = "TransferedEvent"
    CONFERENCED = "ConferencedEvent"
    CONNECTION_CLEARED = "ConnectionClearedEvent"
    CALL_CLEARED = "CallClearedEvent"
    NETWORK_REACHED = "NetworkReachedEvent"

    # Each is one of its kind; Enum's own hash is that of its name, and in Python, several times for each event.
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class ConnectionId:
    """One device's part in one call. ``call`` is the switch's own id, soon reused; either half may be missing."""

    call: str | None
    device: DeviceId | None


@dataclass(frozen=True, slots=True)
class Party:
    """Whom a device reference names. ``number`` is ``None`` when not known, or withheld (``restricted``)."""

    number: str | None = None
    name: str | None = None
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class JoinedConnection:
    """A connection before (``old``) and after (``new``) two calls became one, and who is at its end."""

    new: ConnectionId | None
    old: ConnectionId | None
    endpoint: Party | None


@dataclass(slots=True)
class CallEvent:
    """Something happened to a call, as the monitor ``monitor`` hears of it. Never changed after parsing.

    ``connection`` is the connection that the event is about (for a transfer or conference the primary old call),
    ``device`` the device that acts (alerting, answering, releasing ...), ``other`` the new destination, transferred-to
    device or added party. ``local_state`` is the monitored device's own connection state after the event.
    """

    # Not frozen: a frozen class with this many fields takes three times as long to make, and one is made an event.
    kind: EventKind
    monitor: str = ""
    connection: ConnectionId | None = None
    secondary: ConnectionId | None = None
    device: Party | None = None
    calling: Party | None = None
    called: Party | None = None
    redirected_by: Party | None = None
    other: Party | None = None
    joined: tuple[JoinedConnection, ...] = ()
    local_state: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class FeatureEvent:
    """A monitored telephone's feature or service changed; ``None`` is unchanged."""

    monitor: str
    do_not_disturb: bool | None = None
    message_waiting: bool | None = None
    in_service: bool | None = None


@dataclass(frozen=True, slots=True)
class UnknownEvent:
    """An event that the gateway has no use for."""

    name: str


@dataclass(frozen=True, slots=True)
class MonitorStarted:
    """Answer to MonitorStart. ``monitor`` is text; ``"0"`` is as good as any."""

    monitor: str


@dataclass(frozen=True, slots=True)
class SnapshotEntry:
    """A device's part in a call: ``state`` is its own connection state, ``None`` when not told.

    ``answered`` means that both sides are connected, on hold or not.
    """

    connection: ConnectionId
    state: str | None
    answered: bool = False


@dataclass(frozen=True, slots=True)
class DeviceSnapshot:
    """Answer to SnapshotDevice: entries, or the reference under which ``SnapshotSegment`` will bring them."""

    entries: tuple[SnapshotEntry, ...]
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class SnapshotSegment:
    """A part of a snapshot that the PBX sends by itself (SnapshotDeviceData)."""

    reference: str
    entries: tuple[SnapshotEntry, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class CallSnapshot:
    """Answer to SnapshotCall: the two sides as the switch names them, and ``parties``, who is in the call now.

    With a ``reference``, ``CallSegment`` will bring the parties.
    """

    calling: Party | None
    called: Party | None
    parties: tuple[Party, ...] = ()
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class CallSegment:
    """A part of a call's snapshot that the PBX sends by itself (SnapshotCallData)."""

    reference: str
    parties: tuple[Party, ...]
    last: bool


@dataclass(frozen=True, slots=True)
class CallPlaced:
    """Answer to MakeCall: the caller's connection, ``None`` from a PBX that leaves it out."""

    connection: ConnectionId | None


@dataclass(frozen=True, slots=True)
class DoNotDisturbTold:
    """Answer to GetDoNotDisturb."""

    on: bool


@dataclass(frozen=True, slots=True)
class MessageWaitingTold:
    """Answer to GetMessageWaitingIndicator."""

    on: bool


@dataclass(frozen=True, slots=True)
class Registered:
    """Answer to SystemRegister; ``register`` is the PBX's id for it, ``None`` when it gives none."""

    register: str | None


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """The PBX tells how it is. ``messagesLost`` means that events are missing."""

    status: str


@dataclass(frozen=True, slots=True)
class MonitorEnded:
    """The PBX ends a monitor by itself (MonitorStop, which goes in both directions)."""

    monitor: str


@dataclass(frozen=True, slots=True)
class SystemStatusRequested:
    """The PBX asks how we are."""


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """The application session is open; ``duration`` is in seconds, ``None`` when it does not end by itself.

    ``protocol`` is the namespace of the edition that the PBX has chosen.
    """

    session: str
    duration: int | None
    protocol: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRenewed:
    """The session's timer was reset; to ``duration`` seconds, where the PBX tells."""

    duration: int | None = None


@dataclass(frozen=True, slots=True)
class SessionDenied:
    """A negative answer of the session services; ``reason`` is the PBX's code."""

    reason: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The PBX ended the session by itself; ``session`` is ``None`` when it does not say which."""

    reason: str
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """``CSTAErrorCode``: the category is its child element, the value that element's text."""

    category: str
    value: str


@dataclass(frozen=True, slots=True)
class Done:
    """A positive answer that says nothing else; ``name`` is its root element."""

    name: str


@dataclass(frozen=True, slots=True)
class UnknownRequest:
    """The PBX asks for something that the gateway does not offer."""

    name: str


Event = CallEvent | FeatureEvent | UnknownEvent
Answer = (
    MonitorStarted
    | DeviceSnapshot
    | CallSnapshot
    | CallPlaced
    | DoNotDisturbTold
    | MessageWaitingTold
    | Registered
    | SessionStarted
    | SessionRenewed
    | SessionDenied
    | Refusal
    | Done
)
Request = (
    SystemStatus | MonitorEnded | SystemStatusRequested | SnapshotSegment | CallSegment | SessionEnded | UnknownRequest
)
Message = Event | Answer | Request
