"""Calls in a row with the same party, which every call log shows as one; for the tab and for the bot."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.model import Call


def repeats(calls: Sequence[Call], most: int) -> list[Sequence[Call]]:
    """Groups of at most so many calls, none of them empty, in the order of ``calls``.

    Calls are one group while number, direction and whether they were answered stay the same. Withheld numbers are never
    taken for the same caller.
    """
    groups = [list(group) for _, group in groupby(calls, key=_who_and_how)]
    return [group[start : start + most] for group in groups for start in range(0, len(group), most)]


def name_of(group: Sequence[Call]) -> str | None:
    """The party's name: the newest that the PBX has told."""
    return next((call.peer_name for call in group if call.peer_name), None)


def _who_and_how(call: Call) -> tuple[str, str, bool]:
    return (call.peer or f"withheld {call.call_id}", call.direction, call.completed)
