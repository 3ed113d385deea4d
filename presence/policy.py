"""What the devices of a person mean for Teams.

The first row that holds decides. It is Graph's own order of sessions (DoNotDisturb, then Busy, Available, Away), so
that of several devices the busiest wins.

=========================================================  =============  ==============
the person's devices                                       availability   activity
=========================================================  =============  ==============
any is in do not disturb, or its user is (``dnd``)         DoNotDisturb   Presenting
any is ``connected`` or ``held``                           Busy           InACall
any is ``ringing``, where the account wants that shown     Busy           InACall
any says that its user is ``away``                         Away           Away
any is ``idle``, ``ringing`` or ``outOfService``           our session ends
all are ``unknown``, or there is none                      nothing changes
=========================================================  =============  ==============

- Graph takes no DoNotDisturb/DoNotDisturb and no Busy/Busy from an application (presence: setPresence), which is why
  do not disturb is shown as Presenting, and why a user who is ``busy`` without a call is not shown: In a call would be
  untrue. ``userAvailability`` is told by MiVoice Office 400 alone.
- Do not disturb stands above a call: while somebody telephones, Teams would otherwise disturb them again.
- Available is never written. Teams' own clients tell it, and an end of our session lets calendar and calls show again.
- ``unknown`` is what nobody has told, or told by a gateway that is away: nothing is written and nothing is renewed, so
  that a call whose end nobody hears ends in Teams by itself.
- What a person has chosen in Teams themself stands above every session (presence: precedence), so it is never
  overridden; nothing here writes a preferred presence.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import TYPE_CHECKING, Final

from cloudlink.model import CallState, UserAvailability

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cloudlink.model import Endpoint


class Shown(StrEnum):
    """What our session shows of a person."""

    IN_A_CALL = "inACall"
    PRESENTING = "presenting"
    AWAY = "away"

    @property
    def availability(self) -> str:
        """As Graph names it."""
        return _PAIRS[self][0]

    @property
    def activity(self) -> str:
        """As Graph names it."""
        return _PAIRS[self][1]


_PAIRS = {
    Shown.IN_A_CALL: ("Busy", "InACall"),
    Shown.PRESENTING: ("DoNotDisturb", "Presenting"),
    Shown.AWAY: ("Away", "Away"),
}


class Unchanged(Enum):
    """Nothing is known that Teams could be told."""

    UNCHANGED = "unchanged"


UNCHANGED: Final = Unchanged.UNCHANGED

Wanted = Shown | None | Unchanged
"""What Teams is to show; ``None``: nothing of ours, so that our session ends."""

_ON_CALL = frozenset({CallState.CONNECTED, CallState.HELD})
_KNOWN = frozenset({CallState.IDLE, CallState.RINGING, CallState.OUT_OF_SERVICE})


def wanted(devices: Iterable[Endpoint], *, ringing: bool = False) -> Wanted:
    """What Teams is to show of the person who has these devices; ``ringing`` says that ringing counts as a call."""
    told = list(devices)
    states = {device.state for device in told}
    availabilities = {device.user_availability for device in told}
    if UserAvailability.DND in availabilities or any(device.dnd for device in told):
        return Shown.PRESENTING
    if states & _ON_CALL or (ringing and CallState.RINGING in states):
        return Shown.IN_A_CALL
    if UserAvailability.AWAY in availabilities:
        return Shown.AWAY
    return None if states & _KNOWN else UNCHANGED
