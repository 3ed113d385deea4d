"""Do not disturb from Teams to one person's telephone, without an echo.

What Teams shows counts as the person's own choice like this (presence: availability and activity):

===============================  ===========================================  ====================================
availability                     activity                                     their choice is do not disturb
===============================  ===========================================  ====================================
DoNotDisturb                     DoNotDisturb                                 yes: no session can have this pair
DoNotDisturb                     any other (Presenting, Focusing,             not told: an application, maybe we,
                                 UrgentInterruptionsOnly, ...)                or a meeting shows it; as it was
PresenceUnknown                  any                                          not told; as it was
any other                        any                                          no
===============================  ===========================================  ====================================

Their choice stands above every session, so what we show of the telephone never changes the first and last row. A plan
of Viva Insights may read as DoNotDisturb/DoNotDisturb; it is one that the person made. Somebody who is Offline has a
choice that Teams does not show, and it counts as left: a telephone must not stay silent since somebody has gone home.

What happens then; "ours" is that the telephone is in do not disturb because Teams was:

=========================================================  =======================================================
news                                                       what follows
=========================================================  =======================================================
they choose it in Teams, the telephone is not in it        ours from now on; it is switched on
they choose it in Teams, the telephone is in it            nothing: that is theirs
they leave it in Teams, and it is ours                     it is switched off, and is ours no more
they leave it in Teams, and it is not ours                 nothing
they switch it off at the telephone while it is ours       ours no more; on again when they next choose it in Teams
they switch it on at the telephone                         nothing, and theirs from now on
what we have switched is told by the PBX                   nothing
a command failed                                           again after a wait that grows, if it is wanted still
=========================================================  =======================================================

Only a change in Teams, and no state, moves the telephone; and while it is ours it is not shown in Teams (``hidden``).
So neither side ever sees what it did itself, and every change of a person costs a command at most.

An act at the telephone is told from our own by its time: with a command under way, or done and not told by the PBX yet,
or whose end nobody knows (nor whether it was given, after we were killed), what the PBX tells is taken for ours. An act
in that moment may so be taken for ours; any other act at the telephone is never undone. Switching on is given up after
some failures; switching off is not, since a telephone that we have silenced must not stay so.

``memory`` outlives us and is to be kept before a command is given: ours and not chosen means that a command is not
known to be done. Which one it was does not matter, since the next reading of Teams says what is wanted.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

TRIES = 12
"""After which switching on is given up: in about 25 minutes."""
LONGEST_WAIT_S = 300.0
ECHO_WITHIN_S = 600.0
"""How long after a command the PBX may tell of it; its gateway may have been away meanwhile."""
ECHO_AFTER_START_S = 60.0
"""How long after our start it may tell of one from before."""

_DND = "donotdisturb"
_UNKNOWN = "presenceunknown"


def chosen(availability: str, activity: str) -> bool | None:
    """Whether somebody has chosen do not disturb in Teams, in Graph's words; ``None`` where that is not told."""
    base = availability.casefold()
    if base == _DND:
        return True if activity.casefold() == _DND else None
    return None if base == _UNKNOWN else False


class Ended(Enum):
    """How a command ended."""

    DONE = "done"
    NOT_DONE = "notDone"
    UNSURE = "unsure"
    """It may have been done, or may be yet."""
    NEVER = "never"
    """Neither now nor later."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What is kept of somebody: a row of ``presence_mirrors``; without one it is this."""

    by_teams: bool = False
    teams_dnd: bool = False


NOTHING = Memory()


class Mirror:
    """One person. ``on`` is how their telephone is at the beginning; times are monotonic, in seconds."""

    __slots__ = (
        "_begun",
        "_due",
        "_expected",
        "_expected_until",
        "_heard",
        "_maybe_on",
        "_settled",
        "_teams",
        "_told",
        "_tries",
        "_unsure_off",
        "by_teams",
    )

    def __init__(self, memory: Memory = NOTHING, *, on: bool = False, now: float = 0.0) -> None:
        self.by_teams = memory.by_teams
        self._settled = memory.teams_dnd or not memory.by_teams
        self._teams = memory.teams_dnd if self._settled else None
        self._heard = on
        self._due = now
        self._tries = 0
        self._begun: bool | None = None
        self._told = False
        self._unsure_off = False
        # What the PBX has yet to tell of our commands, in their order.
        self._expected: tuple[bool, ...] = ()
        self._expected_until = now + ECHO_AFTER_START_S
        if memory.by_teams and self._settled and not on:
            self._expected = (True,)
        self._maybe_on = memory.by_teams

    @property
    def memory(self) -> Memory:
        """To be kept before the next command is given."""
        return Memory(self.by_teams, bool(self._teams) and (self._settled or not self.by_teams))

    @property
    def hidden(self) -> bool:
        """Whether what the PBX tells of do not disturb is by Teams, and so nothing to show there."""
        return self.by_teams or self._expected[-1:] == (False,)

    @property
    def idle(self) -> bool:
        """Whether a new mirror would be the same."""
        return self.memory == NOTHING and not (self._heard or self._expected) and self._begun is None

    # -- news

    def read(self, choice: bool | None, now: float) -> None:
        """Teams was read; ``choice`` as by ``chosen``."""
        if choice is None or choice is self._teams:
            return
        self._teams = choice
        if choice and not self.by_teams:
            self._own(not self._on)
        elif self.by_teams and not choice and not self._maybe_on and self._begun is None:
            self._own(False)
        if self.by_teams:
            self._want(now)

    def hear(self, on: bool, now: float) -> None:
        """The PBX has told how the telephone is; it may be told again and again."""
        by_us = self._is_told(on, now)
        if by_us is None or on is self._heard:
            return
        self._heard = on
        if self.by_teams and on:
            self._hear_on(by_us=by_us)
        elif self.by_teams:
            self._hear_off(now)

    def _is_told(self, on: bool, now: float) -> bool | None:
        """Whether this is the PBX's word of a command of ours; ``None`` where it is from before one."""
        if self._expected and now < self._expected_until:
            if on is not self._expected[0]:
                return None
            self._expected = self._expected[1:]
            return True
        self._expected = ()
        if self._begun is on:
            self._told = True
        return self._begun is on

    def _hear_on(self, *, by_us: bool) -> None:
        if not (by_us or (self._maybe_on and not self._settled)):
            self._own(False)
        elif self._teams:
            self._settled = True

    def _hear_off(self, now: float) -> None:
        if self._teams and (self._begun is False or self._unsure_off):
            self._unsure_off = False
            self._want(now)
        else:
            # Before Teams was read again it is taken to be as it was, so that no reading undoes what a person does now.
            self._teams = self._teams is not False
            self._own(False)

    # -- commands

    def due(self) -> float | None:
        """When the telephone is to be switched; ``None``: not for now."""
        ready = self.by_teams and not self._settled and self._teams is not None and self._begun is None
        return self._due if ready else None

    def begin(self) -> bool:
        """The command that is due is given: whether to switch on."""
        self._begun = bool(self._teams)
        self._told = False
        return self._begun

    def end(self, how: Ended, now: float) -> bool:
        """The command has ended. Answers whether it was given up."""
        on, self._begun = bool(self._begun), None
        if how is Ended.DONE or (how is Ended.UNSURE and self._told):
            self._done(on, now)
            return False
        self._tries += 1
        self._due = now + min(2.0 ** min(self._tries - 1, 10), LONGEST_WAIT_S)
        if how is Ended.UNSURE:
            self._maybe_on |= on
            self._unsure_off |= not on
        return self.by_teams and on is self._teams and self._give_up(how, on=on)

    def _done(self, on: bool, now: float) -> None:
        if not self._told and self._on is not on:
            self._expected = (*self._expected, on)
            self._expected_until = now + ECHO_WITHIN_S
        self._maybe_on, self._unsure_off = on and self.by_teams, False
        if not self.by_teams:
            return
        if on is not self._teams:
            self._want(now)
        elif on:
            self._settled = True
        else:
            self._own(False)

    def _give_up(self, how: Ended, *, on: bool) -> bool:
        if on and (how is Ended.NEVER or self._tries >= TRIES):
            # It may be on all the same; then it is switched off when they leave it.
            self._own(self._maybe_on)
            self._settled = True
            return True
        if not on and how is Ended.NEVER:
            self._own(False)
            return True
        return False

    # -- what is known

    @property
    def _on(self) -> bool:
        return self._expected[-1] if self._expected else self._heard

    def _want(self, now: float) -> None:
        self._settled = False
        self._tries = 0
        self._due = now

    def _own(self, ours: bool) -> None:
        self.by_teams = ours
        self._settled = True
        if not ours:
            self._maybe_on = self._unsure_off = False
