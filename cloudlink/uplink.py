"""What a gateway and CloudLink say to each other, over one outbound WebSocket from the gateway.

Every frame is a JSON text frame with a ``type``. The gateway opens ``<CLOUDLINK_URL>/uplink``:

1. cloud → ``challenge``: a nonce that was never used.
2. gateway → ``proof``: its id, the address by which it reached CloudLink, and a signature of id, address and nonce by
   its private key (``gateway_key``). It holds for this connection alone: the nonce is the connection's own, and
   CloudLink refuses a proof for another address than its own, so that no other server can pass it on.
3. cloud → ``accepted``, or the end of the connection with close code 4401.
4. gateway → ``hello``: the id of its spool (new when the spool is new) and its version.
5. cloud → ``welcome``: the sequence number that it holds of that spool, and the extensions of the account to monitor.
6. gateway → ``publish``: the next facts of its spool after that number, each with its own number.
7. cloud → ``ack``: everything up to this number is committed; the gateway may forget it.
8. cloud → ``monitor``: the extensions changed.
9. gateway → ``report``: how it is, after ``welcome``, when that changes and at least each minute. It is in no spool.
10. cloud → ``offer``: somebody waits for a command to be done. gateway → ``take``: now. cloud → ``command``: what, for
    whom and within how many seconds; nothing when nobody waits any more. gateway → ``outcome``.

A gateway names the kinds of command that it knows in ``COMMANDS_HEADER`` of the request that opens the WebSocket, where
neither side can trip over it, however old the other is. It is sent no others, since it could not read their frame.

The gateway counts the seconds of a command from its own ``take``. So a command that the network has held back is too
old however the clocks on both sides are set, and a frame that comes twice, or unasked, does nothing.

**Numbers.** A spool numbers its facts upwards from 1, and never gives a number twice. It may leave numbers out, since a
line state that a newer one has overtaken is removed before it is sent. So that nothing is lost unseen, each
``publish`` names in ``after`` the last number that was sent before it: what CloudLink holds must reach that far, or the
connection ends. What CloudLink holds already is passed over.

**Pace.** The gateway sends on without waiting for acknowledgements. CloudLink writes all that has arrived meanwhile in
one transaction, and acknowledges it by one ``ack``. A ``publish`` carries facts of at most ``MAX_FACTS_BYTES``
together, or a single longer one.

A gateway that has no key yet makes one and posts ``{"code": ..., "publicKey": ...}`` to ``/uplink/pair``. It gets
``{"gatewayId": ...}``: 404 for a code that nobody waits for, 429 with ``Retry-After`` after too many tries.

Instead of ``hello``, a gateway may send ``rotate`` with a new public key, signed by the new private key with the nonce
of this connection, and is answered ``rotated``. From then on the new key alone is accepted, and every connection that
was opened by the former is ended.

A fact is written in the same transaction as the sequence number, so a fact that is sent twice counts once. A frame
that a side cannot read ends the connection with close code 1008 and a logged reason; nothing is lost, since
unacknowledged facts stay in the spool. A fact that CloudLink can read but never use (an extension that nobody has, or
that is not this gateway's to monitor) is acknowledged and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations at run time
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from cloudlink.commands import FIRST_KINDS, KINDS, Command, Outcome
from cloudlink.gateway_report import GatewayReport  # noqa: TC001 - and here
from cloudlink.model import Call, wire_name

if TYPE_CHECKING:
    from collections.abc import Sequence

PATH = "/uplink"
NOT_ACCEPTED = 4401
"""Close code: no gateway is known by this id and key."""
WRONG_ADDRESS = 4421
"""Close code: the gateway has to reach CloudLink by another address. Its key may be right, so a new one is no help."""
PAIR_PATH = "/uplink/pair"
COMMANDS_HEADER = "X-Uplink-Commands"
LONGEST_COMMAND_S = 60.0
# Room for the extensions of the largest PBX, and for the longest fact that a CSTA frame of 64 KiB can become.
MAX_FRAME_BYTES = 256 * 1024
_PROBLEMS_TOLD = 20
_LONGEST_PROBLEM = 500
MAX_FACTS_BYTES = 48 * 1024

CommandId = Annotated[str, Field(min_length=1, max_length=64)]


class UplinkError(ValueError):
    """A frame that is not of this protocol; the text says what is wrong with it, without quoting its values."""


@dataclass(frozen=True, slots=True)
class CallRecorded:
    """One monitored party's finished call. ``extension`` is the monitored party."""

    extension: str
    call: Call
    kind: Literal["callRecorded"] = "callRecorded"


@dataclass(frozen=True, slots=True)
class LineChanged:
    """What a monitored extension shows now: ``state`` as ``CallState``, ``at`` aware UTC; ``None`` means unchanged."""

    extension: str
    at: datetime
    state: str | None = None
    dnd: bool | None = None
    message_waiting: bool | None = None
    kind: Literal["lineChanged"] = "lineChanged"


@dataclass(frozen=True, slots=True)
class CallsLost:
    """So many call records found no room in the gateway, and are gone."""

    number: Annotated[int, Field(ge=1, lt=2**31)]
    kind: Literal["callsLost"] = "callsLost"


AboutExtension = CallRecorded | LineChanged
Fact = AboutExtension | CallsLost


@dataclass(frozen=True, slots=True)
class Challenge:
    """The first frame: ``nonce`` is random and of this connection alone."""

    nonce: str
    type: Literal["challenge"] = "challenge"


@dataclass(frozen=True, slots=True)
class Proof:
    """``signature`` is by the gateway's private key over ``gateway_id``, ``audience`` and the nonce, in this order."""

    gateway_id: str
    audience: str
    signature: str
    type: Literal["proof"] = "proof"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The gateway is known."""

    type: Literal["accepted"] = "accepted"


@dataclass(frozen=True, slots=True)
class Rotate:
    """``signature`` is by the new private key over the gateway's id, ``public_key`` and the nonce, in this order."""

    public_key: str
    signature: str
    type: Literal["rotate"] = "rotate"


@dataclass(frozen=True, slots=True)
class Rotated:
    """The new key is the gateway's."""

    type: Literal["rotated"] = "rotated"


@dataclass(frozen=True, slots=True)
class Hello:
    """What a gateway says once it is accepted. ``spool_id`` is new whenever the spool on disk is new."""

    spool_id: Annotated[str, Field(min_length=1, max_length=36)]
    version: str
    type: Literal["hello"] = "hello"


@dataclass(frozen=True, slots=True)
class Welcome:
    """CloudLink's answer: ``received`` is the last sequence number it holds of that spool, 0 for none."""

    received: int
    extensions: tuple[str, ...]
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact and its number in the spool."""

    sequence: Annotated[int, Field(ge=0, lt=2**63)]
    fact: Annotated[Fact, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Publish:
    """The facts that follow ``after`` in the spool, by growing numbers; at least one."""

    after: Annotated[int, Field(ge=0, lt=2**63)]
    facts: Annotated[tuple[Entry, ...], Field(min_length=1)]
    type: Literal["publish"] = "publish"


@dataclass(frozen=True, slots=True)
class Ack:
    """Everything up to and including ``sequence`` is committed."""

    sequence: int
    type: Literal["ack"] = "ack"


@dataclass(frozen=True, slots=True)
class Monitor:
    """The extensions to monitor from now on, all of them."""

    extensions: tuple[str, ...]
    type: Literal["monitor"] = "monitor"


@dataclass(frozen=True, slots=True)
class Report:
    """What the gateway says of itself; it takes the place of the one before, and nobody acknowledges it."""

    report: GatewayReport
    type: Literal["report"] = "report"


@dataclass(frozen=True, slots=True)
class CommandOffered:
    """A command waits to be taken; its id was never used before."""

    command_id: CommandId
    type: Literal["offer"] = "offer"


@dataclass(frozen=True, slots=True)
class CommandTaken:
    """The gateway does it if it comes soon."""

    command_id: CommandId
    type: Literal["take"] = "take"


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """``within`` is how many seconds after its ``take`` the gateway may still begin."""

    command_id: CommandId
    within: Annotated[float, Field(gt=0, le=LONGEST_COMMAND_S)]
    command: Annotated[Command, Field(discriminator="kind")]
    type: Literal["command"] = "command"


@dataclass(frozen=True, slots=True)
class CommandEnded:
    """What became of it."""

    command_id: CommandId
    outcome: Outcome
    type: Literal["outcome"] = "outcome"


Frame = (
    Challenge
    | Proof
    | Accepted
    | Rotate
    | Rotated
    | Hello
    | Welcome
    | Publish
    | Ack
    | Monitor
    | Report
    | CommandOffered
    | CommandTaken
    | CommandGiven
    | CommandEnded
)

_CONFIG = ConfigDict(alias_generator=wire_name, validate_by_name=True, extra="forbid")
_FRAMES: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="type")], config=_CONFIG)
_FACTS: TypeAdapter[Fact] = TypeAdapter(Annotated[Fact, Field(discriminator="kind")], config=_CONFIG)


def tell_kinds() -> str:
    """``COMMANDS_HEADER`` of a gateway of this version."""
    return " ".join(sorted(KINDS))


def told_kinds(header: str | None) -> frozenset[str]:
    """The kinds of command that a gateway knows, by its ``COMMANDS_HEADER``; one that sends none is of the first."""
    return FIRST_KINDS if header is None else frozenset(header.split())


def encode(frame: Frame) -> str:
    """The frame as JSON text, in camelCase, without what is ``None``."""
    return _FRAMES.dump_json(frame, by_alias=True, exclude_none=True).decode()


def encode_fact(fact: Fact) -> bytes:
    """The fact as it stands in a ``publish``: in JSON, encoded once and kept so until it is sent."""
    return _FACTS.dump_json(fact, by_alias=True, exclude_none=True)


def decode_fact(fact: bytes) -> Fact:
    """What ``encode_fact`` has encoded."""
    return _FACTS.validate_json(fact)


def encode_publish(after: int, facts: Sequence[tuple[int, bytes]]) -> str:
    """The frame with facts that ``encode_fact`` has encoded, each behind its number."""
    entries = b",".join(b'{"sequence":%d,"fact":%b}' % entry for entry in facts)
    return (b'{"type":"publish","after":%d,"facts":[%b]}' % (after, entries)).decode()


def decode(text: str) -> Frame:
    """The frame in a JSON text. Raises ``UplinkError``."""
    try:
        frame = _FRAMES.validate_json(text)
    except ValidationError as error:
        if (number := error.error_count()) > _PROBLEMS_TOLD:
            raise UplinkError(f"{number} problems") from None
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise UplinkError(problems[:_LONGEST_PROBLEM]) from None
    if isinstance(frame, Publish):
        _check(frame)
    return frame


def _check(publish: Publish) -> None:
    before = publish.after
    for entry in publish.facts:
        if entry.sequence <= before:
            raise UplinkError(f"sequence {entry.sequence} does not follow {before}")
        before = entry.sequence
        if any(at is not None and at.tzinfo is None for at in _times(entry.fact)):
            raise UplinkError("a time without a time zone")


def _times(fact: Fact) -> tuple[datetime | None, ...]:
    match fact:
        case CallRecorded(call=call):
            return call.created_on, call.end_time
        case LineChanged(at=at):
            return (at,)
        case CallsLost():
            return ()
