"""What CloudLink may tell a gateway to do at once, and what becomes of it; ``uplink`` says how it is sent.

A command acts for one person on that person's own telephone. It is worth nothing later, so it is never kept for a
gateway that is away.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal, get_args

from pydantic import Field

from cloudlink.model import Call  # noqa: TC001 - the uplink reads the annotations at run time


class Result(StrEnum):
    """How a command ended."""

    DONE = "done"
    REFUSED = "refused"
    """The PBX said no; the outcome's ``reason`` is its own word for it."""
    NOT_MONITORED = "notMonitored"
    """The gateway does not serve this extension."""
    NOT_CONNECTED = "notConnected"
    """Nothing was tried: the gateway, or the PBX behind it, is away."""
    NOT_OFFERED = "notOffered"
    """Neither this PBX nor this gateway can do that."""
    UNKNOWN_CALL = "unknownCall"
    """The extension has no such call now."""
    UNANSWERED = "unanswered"
    """Nobody knows: the PBX was told, or may have been, and did not say in time what it did."""


@dataclass(frozen=True, slots=True)
class MakeCall:
    """Ring the extension and, once it is lifted, call ``number``: an extension, or E.164 with ``+``."""

    extension: str
    number: str
    kind: Literal["makeCall"] = "makeCall"


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Have the extension answer its call ``call_id``: the id that the call's record will have."""

    extension: str
    call_id: str
    kind: Literal["answerCall"] = "answerCall"


@dataclass(frozen=True, slots=True)
class EndCall:
    """Take the extension out of its call ``call_id``."""

    extension: str
    call_id: str
    kind: Literal["endCall"] = "endCall"


@dataclass(frozen=True, slots=True)
class ListCalls:
    """Tell which calls the extension has now. The PBX is not asked."""

    extension: str
    kind: Literal["listCalls"] = "listCalls"


@dataclass(frozen=True, slots=True)
class SetDoNotDisturb:
    """Switch do not disturb of the extension; its person can switch it back at the telephone."""

    extension: str
    on: bool
    kind: Literal["setDoNotDisturb"] = "setDoNotDisturb"


Command = MakeCall | AnswerCall | EndCall | ListCalls | SetDoNotDisturb

KINDS = frozenset(kind.__dataclass_fields__["kind"].default for kind in get_args(Command))
"""Of commands, as this version knows them."""
FIRST_KINDS = frozenset({"makeCall", "answerCall", "endCall", "listCalls"})
"""Those that every gateway knows, however old."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """``result`` is a ``Result``. A reader survives one that it does not know, and takes it for ``UNANSWERED``.

    ``call_id`` is the id that a placed call's record will have, where the PBX tells enough to know it. ``calls``
    answers ``ListCalls``: as records, but for what only their end can tell.
    """

    result: Annotated[str, Field(max_length=64)]
    reason: Annotated[str, Field(max_length=200)] | None = None
    call_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    calls: tuple[Call, ...] | None = None
