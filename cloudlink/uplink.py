"""What a gateway and CloudLink say to each other, over one outbound WebSocket from the gateway.

Every frame is a JSON text frame with a ``type``. The gateway opens ``<CLOUDLINK_URL>/uplink`` with
``Authorization: Bearer <gateway id>.<gateway key>`` and speaks first:

1. gateway → ``hello``: the id of its spool (new when the spool is new) and its version.
2. cloud → ``welcome``: the sequence number that it holds of that spool, and the extensions of the account to monitor.
3. gateway → ``publish``: sequence number and one fact, for each entry of the spool after that number, in order.
4. cloud → ``ack``: everything up to this number is committed; the gateway may forget it.
5. cloud → ``monitor``: the extensions changed.
6. gateway → ``report``: how it is, after ``welcome``, when that changes and at least each minute. It is in no spool.

A gateway that has no key yet posts ``{"code": ...}`` to ``/uplink/pair`` and gets ``{"gatewayId": ..., "key": ...}``:
404 for a code that nobody waits for, 429 with ``Retry-After`` after too many tries.

A fact is written in the same transaction as the sequence number, so a fact that is sent twice counts once. A frame
that a side cannot read ends the connection with close code 1008 and a logged reason; nothing is lost, since
unacknowledged facts stay in the spool. A fact that CloudLink can read but never use (an extension that nobody has) is
acknowledged and counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - pydantic reads the annotations at run time
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from cloudlink.gateway_report import GatewayReport  # noqa: TC001 - and here
from cloudlink.model import Call, wire_name

PATH = "/uplink"
PAIR_PATH = "/uplink/pair"
MAX_FRAME_BYTES = 64 * 1024


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


Fact = CallRecorded | LineChanged


@dataclass(frozen=True, slots=True)
class Hello:
    """The gateway's first frame. ``spool_id`` is new whenever the spool on disk is new."""

    spool_id: str
    version: str
    type: Literal["hello"] = "hello"


@dataclass(frozen=True, slots=True)
class Welcome:
    """CloudLink's answer: ``received`` is the last sequence number it holds of that spool, 0 for none."""

    received: int
    extensions: tuple[str, ...]
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class Publish:
    """One fact; sequence numbers of a spool start at 1 and have no gaps."""

    sequence: int
    fact: Annotated[Fact, Field(discriminator="kind")]
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


Frame = Hello | Welcome | Publish | Ack | Monitor | Report

_FRAMES: TypeAdapter[Frame] = TypeAdapter(
    Annotated[Frame, Field(discriminator="type")],
    config=ConfigDict(alias_generator=wire_name, validate_by_name=True, extra="forbid"),
)


def encode(frame: Frame) -> str:
    """The frame as JSON text, in camelCase, without what is ``None``."""
    return _FRAMES.dump_json(frame, by_alias=True, exclude_none=True).decode()


def decode(text: str) -> Frame:
    """The frame in a JSON text. Raises ``UplinkError``."""
    try:
        frame = _FRAMES.validate_json(text)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise UplinkError(problems) from None
    if isinstance(frame, Publish) and any(at is not None and at.tzinfo is None for at in _times(frame.fact)):
        raise UplinkError("a time without a time zone")
    return frame


def _times(fact: Fact) -> tuple[datetime | None, ...]:
    return (fact.call.created_on, fact.call.end_time) if isinstance(fact, CallRecorded) else (fact.at,)
