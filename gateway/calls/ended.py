"""Calls of a line that are over, as long as news of them may still trail in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gateway.calls.parties import NOBODY, others
from gateway.calls.states import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gateway.calls.leg import Leg
    from gateway.csta.messages import CallEvent, Party

ECHO = timedelta(seconds=1)
"""How long events of a call that has ended may trail, unless they name other parties."""

KEPT = timedelta(minutes=2)
"""Longer than any snapshot takes to arrive."""

MAX_ENDED = 16

_UNTOLD = (NOBODY, NOBODY)


@dataclass(frozen=True, slots=True)
class Ended:
    """What is remembered of a call that is over: the parties as first and last told, and whether it may come back.

    ``early``: its end came before anything else of it.
    """

    calls: tuple[str, ...]
    calling: tuple[Party, Party]
    called: tuple[Party, Party]
    at: datetime
    returns: bool = False
    early: bool = False

    def is_of(self, call: str | None, event: CallEvent, at: datetime) -> bool:
        """Whether the event is late news of this call."""
        if not (call in self.calls or (call is None and not self.calls)) or at - self.at > ECHO:
            return False
        calling, called = self.calling, self.called
        return not (others(calling[0], event.calling, calling[1]) or others(called[0], event.called, called[1]))


class EndedCalls:
    """The last of them. Bounded in number and, while the line hears anything, in time."""

    __slots__ = ("_calls",)

    def __init__(self) -> None:
        self._calls: list[Ended] = []

    def __iter__(self) -> Iterator[Ended]:
        return iter(self._calls)

    def add(self, leg: Leg, at: datetime, *, seen: bool) -> None:
        """A call has ended. Only one that rang before it went on elsewhere can come back to ring again.

        When its end was not ``seen`` but concluded, what is heard of its id from then on is no late news of it.
        """
        goes_on = leg.passed_on or leg.taken_by.number is not None
        returns = not seen or (goes_on and (leg.rang or leg.answered_at is not None))
        calling, called = (leg.calling, leg.last_calling), (leg.called, leg.last_called)
        self._keep(Ended(leg.ids(at - ECHO), calling, called, at, returns), at)

    def add_early(self, call: str, at: datetime) -> None:
        """The end of a call that was not heard of; its other events may be on their way."""
        self._keep(Ended((call,), _UNTOLD, _UNTOLD, at, early=True), at)

    def had(self, call: str | None, old: str | None) -> None:
        """The last call, if it has that id, was known by another one too."""
        if old is not None and self._calls and call in self._calls[-1].calls:
            self._calls[-1] = replace(self._calls[-1], calls=(*self._calls[-1].calls, old))

    def early(self, call: str | None, at: datetime) -> bool:
        """Whether the end of this call came first. Once true, it is taken as told."""
        if not self._calls or call is None:
            return False
        ended = next((one for one in self._calls if one.early and call in one.calls and at - one.at <= ECHO), None)
        if ended is not None:
            self._calls.remove(ended)
        return ended is not None

    def echoes(self, call: str | None, event: CallEvent, state: State, at: datetime, *, own: bool) -> bool:
        """Whether the event is late news of one of these; one that was sent on from here may come back."""
        if not self._calls:
            return False
        again = own and state is not State.NULL
        return any(one.is_of(call, event, at) and not (again and one.returns) for one in self._calls if not one.early)

    def since(self, call: str | None, moment: datetime) -> bool:
        """Whether a call of that id ended at ``moment`` or later."""
        return any(one.at >= moment and call in one.calls for one in self._calls)

    def _keep(self, ended: Ended, at: datetime) -> None:
        fresh = [one for one in self._calls if at - one.at <= KEPT]
        self._calls = [*fresh, ended][-MAX_ENDED:]
