"""From call records to the rows of a call log: calls in a row with the same party are one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.model import Direction
from cloudlink.repeats import name_of, repeats

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
    """Rows for calls, both newest first; ``repeats`` says which are one row.

    ``dial_urls`` maps ``call_id`` to the address of its dial page.
    """
    return [_row(group, dial_urls) for group in repeats(calls, most=len(calls) or 1)]


def _row(group: Sequence[Call], dial_urls: Mapping[str, str]) -> CallRow:
    newest = group[0]
    return CallRow(
        name=name_of(group),
        number=newest.peer,
        direction=Direction.INBOUND if newest.direction == Direction.INBOUND else Direction.OUTBOUND,
        missed=newest.missed,
        started=newest.created_on,
        duration_s=newest.billing_time if newest.completed else None,
        times=len(group),
        dial_url=dial_urls.get(newest.call_id),
    )
