"""Who is in a call: what two messages about it say of the same party."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.model import Direction
from gateway.csta.messages import EventKind, Party

if TYPE_CHECKING:
    from gateway.csta.messages import CallEvent

NOBODY = Party()

_OUTGOING = frozenset({EventKind.SERVICE_INITIATED, EventKind.ORIGINATED, EventKind.NETWORK_REACHED})


def better(known: Party, told: Party | None) -> Party:
    """The first number stays (a redirected call keeps whom it was for); a name for that number may follow later."""
    if told is None or known.restricted:
        return known
    if known.number is None:
        return told
    return told if told.number == known.number and told.name and not known.name else known


def others(known: Party, told: Party | None, last: Party = NOBODY) -> bool:
    """Whether another number is told than that of a party, or than that which was last told instead of it."""
    if told is None or told.number is None or known.number is None or told.number == known.number:
        return False
    return told.number != last.number


def direction_of(event: CallEvent, extension: str, *, own: bool) -> Direction:
    """Seen from the extension: outbound when it is the calling device or acts as one."""
    if event.calling is not None and event.calling.number is not None:
        return Direction.OUTBOUND if event.calling.number == extension else Direction.INBOUND
    if event.kind in _OUTGOING:
        return Direction.OUTBOUND
    answered_by_another = event.kind is EventKind.ESTABLISHED and not own
    return Direction.OUTBOUND if answered_by_another else Direction.INBOUND


def is_e164(number: str | None) -> bool:
    """Whether it is an international number in full."""
    return number is not None and number.startswith("+") and number[1:].isdecimal() and number.isascii()
