"""From call records to the rows of a call log: calls in a row with the same party are one row."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from cloudlink.model import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.model import Call


@dataclass(frozen=True, slots=True)
class CallRow:
    """One line of the call log. ``started`` (aware) and ``duration_s`` are those of the newest of ``times`` calls.

    ``duration_s`` is the time talked in seconds, ``None`` when nobody answered. ``name`` and ``number`` are ``None``
    when withheld, ``dial_url`` is when there is nothing to dial.
    """

    name: str | None
    number: str | None
    direction: str
    missed: bool
    started: datetime
    duration_s: float | None
    times: int = 1
    dial_url: str | None = None


def group_repeats(calls: Sequence[Call], dial_urls: Mapping[str, str]) -> list[CallRow]:
    """Rows for calls, both newest first. ``dial_urls`` maps ``call_id`` to the address of its dial page.

    Calls are one row while number, direction and whether they were answered stay the same. Withheld numbers are never
    taken for the same caller.
    """
    return [_row(list(repeats), dial_urls) for _, repeats in groupby(calls, key=_who_and_how)]


def _who_and_how(call: Call) -> tuple[str, str, bool]:
    return (call.peer or f"withheld {call.call_id}", call.direction, call.completed)


def _row(repeats: Sequence[Call], dial_urls: Mapping[str, str]) -> CallRow:
    newest = repeats[0]
    return CallRow(
        name=next((call.peer_name for call in repeats if call.peer_name), None),
        number=newest.peer,
        direction=Direction.INBOUND if newest.direction == Direction.INBOUND else Direction.OUTBOUND,
        missed=newest.missed,
        started=newest.created_on,
        duration_s=newest.billing_time if newest.completed else None,
        times=len(repeats),
        dial_url=dial_urls.get(newest.call_id),
    )
