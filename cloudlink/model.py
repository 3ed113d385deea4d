"""The nouns of CloudLink: accounts, users, endpoints, calls.

Names and enums of ``Call`` and ``Endpoint`` are those of Mitel's public Media API (Swagger 2.0, 2017-09-01), in
snake_case here and in camelCase on the wire (``wire_name``). The API describes its enums in prose, not in its schema,
so a reader must survive unknown values: fields are typed ``str`` and compared with the ``StrEnum`` members below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping  # noqa: TC003 - the uplink reads these annotations at run time
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003
from enum import StrEnum
from typing import Any


class Direction(StrEnum):
    """Seen from the monitored party."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class CallState(StrEnum):
    """State of a call; an endpoint has the same states except ``COMPLETED``."""

    UNKNOWN = "unknown"
    IDLE = "idle"
    RINGING = "ringing"
    CONNECTED = "connected"
    HELD = "held"
    OUT_OF_SERVICE = "outOfService"
    COMPLETED = "completed"


class UserAvailability(StrEnum):
    """What a user's device says of its user."""

    AVAILABLE = "available"
    BUSY = "busy"
    DND = "dnd"
    AWAY = "away"


class Cause(StrEnum):
    """Why a call is as it is, or why it ended."""

    BUSY = "busy"
    CALL_BACK = "callBack"
    CALL_CANCELLED = "callCancelled"
    CALL_FORWARD_ALWAYS = "callForwardAlways"
    CALL_FORWARD_BUSY = "callForwardBusy"
    CALL_FORWARD_NO_ANSWER = "callForwardNoAnswer"
    CALL_FORWARD = "callForward"
    CALL_NOT_ANSWER = "callNotAnswer"
    DEST_NOT_OBTAINABLE = "destNotObtainable"
    DO_NOT_DISTURB = "doNotDisturb"
    INCOMPATIBLE_DESTINATION = "incompatibleDestination"
    NETWORK_CONGESTION = "networkCongestion"
    NETWORK_NOT_OBTAINABLE = "networkNotObtainable"
    NEW_CALL = "newCall"
    REDIRECTED = "redirected"
    RESOURCES_NOT_AVAILABLE = "resourcesNotAvailable"
    TRANSFER = "transfer"


class LineState(StrEnum):
    """What colleagues are told of somebody's line: never with whom they speak."""

    IDLE = "idle"
    RINGING = "ringing"
    ON_CALL = "onCall"
    DO_NOT_DISTURB = "doNotDisturb"
    UNKNOWN = "unknown"


class NumberKind(StrEnum):
    """Which of a person's numbers it is."""

    EXTENSION = "extension"
    WORK = "work"
    MOBILE = "mobile"


class Role(StrEnum):
    """What a user may do in CloudLink. Mitel publishes only the two administrators' strings; the others are ours."""

    PARTNER_ADMIN = "PARTNER_ADMIN"
    ACCOUNT_ADMIN = "ACCOUNT_ADMIN"
    USER = "USER"
    GUEST = "GUEST"


@dataclass(frozen=True, slots=True)
class DialSettings:
    """How an account's numbers become links that a softphone understands. Fulfils ``dialing.DialPlan``.

    ``region`` is an ISO 3166 country code. ``ios_uri_template`` holds exactly one ``{number}``; empty means that the
    account has not configured iOS (Mitel does not publish the scheme). ``barred_prefixes`` are E.164 prefixes
    (``+33899``) or, for what is dialled unchanged, plain digits. ``micollab_version`` is that of the account's MiCollab
    (``9.7.10``), empty when nobody has told it.
    """

    region: str = "FR"
    max_extension_digits: int = 6
    ios_uri_template: str = ""
    barred_prefixes: tuple[str, ...] = ()
    micollab_version: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer of a partner: the wall between tenants."""

    account_id: str
    name: str
    language_code: str = "en-US"
    time_zone: str = "UTC"
    active: bool = True
    dialing: DialSettings = field(default_factory=DialSettings)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: one user in one account. Every question to CloudLink is asked by a principal."""

    account_id: str
    principal_id: str


@dataclass(frozen=True, slots=True)
class User:
    """A person with a telephone. ``principal_id`` is what calls name them by."""

    account_id: str
    principal_id: str
    name: str
    email: str
    role: str = Role.USER
    extension: str | None = None
    mobile: str | None = None
    language_code: str | None = None
    time_zone: str | None = None
    active: bool = True

    @property
    def principal(self) -> Principal:
        return Principal(self.account_id, self.principal_id)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A device on the PBX that a gateway monitors; ``name`` is its extension."""

    endpoint_id: str
    account_id: str
    principal_id: str | None
    name: str
    type: str = "deskphone"
    state: str = CallState.UNKNOWN
    user_availability: str = UserAvailability.AVAILABLE
    message_waiting: bool = False
    dnd: bool = False

    @property
    def line_state(self) -> LineState:
        """What the device alone says of its user's line."""
        if self.state in _ON_CALL:
            return LineState.ON_CALL
        if self.state == CallState.RINGING:
            return LineState.RINGING
        if self.dnd or self.user_availability == UserAvailability.DND:
            return LineState.DO_NOT_DISTURB
        return LineState.IDLE if self.state == CallState.IDLE else LineState.UNKNOWN


_ON_CALL = frozenset({CallState.CONNECTED, CallState.HELD})
_BUSIEST_LAST = (
    LineState.UNKNOWN,
    LineState.IDLE,
    LineState.DO_NOT_DISTURB,
    LineState.RINGING,
    LineState.ON_CALL,
)


def line_state(devices: Iterable[Endpoint]) -> LineState:
    """The state of a person with these devices: that of the busiest, ``UNKNOWN`` for none."""
    return max((device.line_state for device in devices), key=_BUSIEST_LAST.index, default=LineState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class PersonNumber:
    """``number`` is an extension, E.164 with ``+``, or what a directory holds, which may not be a number at all."""

    number: str
    kind: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the account's people can find: a user with an extension, a contact of Microsoft 365, or both.

    ``principal_id`` is a user's; ``numbers`` are in the order in which one would try them.
    """

    person_id: str
    name: str
    numbers: tuple[PersonNumber, ...] = ()
    email: str = ""
    principal_id: str | None = None
    state: str = LineState.UNKNOWN


@dataclass(frozen=True, slots=True)
class Call:
    """One party's record of one call.

    ``call_id`` is unique within the account and owner, never the PBX's own reused id. ``from_`` and ``to`` are device
    identifiers as the PBX shows them: an extension, or a number (E.164 with ``+`` when ``*_number_e164`` is true);
    ``None`` means withheld or unknown. ``ring_time`` and ``billing_time`` are seconds; ``created_on`` and ``end_time``
    are aware UTC datetimes. ``completed`` means that the call was answered.
    """

    call_id: str
    direction: str
    created_on: datetime
    state: str = CallState.COMPLETED
    from_: str | None = None
    from_number_e164: bool = False
    from_name: str | None = None
    from_principal_id: str | None = None
    to: str | None = None
    to_number_e164: bool = False
    to_name: str | None = None
    to_principal_id: str | None = None
    cause: str | None = None
    end_time: datetime | None = None
    completed: bool = False
    ring_time: float = 0.0
    billing_time: float = 0.0
    site_id: str | None = None
    extra_pbx_data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        """Inbound and not answered: the public API has no field for it."""
        return self.direction == Direction.INBOUND and not self.completed

    @property
    def peer(self) -> str | None:
        """The other side's number as the PBX shows it."""
        return self.from_ if self.direction == Direction.INBOUND else self.to

    @property
    def peer_name(self) -> str | None:
        """The other side's name as the PBX shows it."""
        return self.from_name if self.direction == Direction.INBOUND else self.to_name


def wire_name(field_name: str) -> str:
    """CamelCase of a field, as the public API spells it: ``from_number_e164`` is ``fromNumberE164``."""
    head, *tail = field_name.rstrip("_").split("_")
    return head + "".join(part.capitalize() for part in tail)
