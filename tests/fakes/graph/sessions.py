"""Who shows what in Teams: sessions of applications and of Teams' clients, and what a person has chosen themself.

By "Manage presence state using the Microsoft Graph API" and ``presence: setUserPreferredPresence``:

- a session of an application ends when its duration is over; one that is Available fades before, in two stages
- among sessions DoNotDisturb stands above Busy, Busy above Available, Available above Away
- a preferred presence stands above every session, and shows nothing as long as there is none
- whoever has no session is Offline

Of two sessions that are equal the later one is taken, which is documented nowhere.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.entra import Person, Tenant

Pair = tuple[str, str]
"""Availability and activity, in Graph's words."""

OFFLINE: Pair = ("Offline", "Offline")
_FADES_SECONDS = 300.0
_RANKS = {"DoNotDisturb": 0, "Busy": 1, "Available": 2, "Away": 3}
_DAY = 86400.0
# Pairs that a person may prefer, and how long they last unless told.
_PREFERRED: dict[Pair, float] = {
    ("Available", "Available"): 7 * _DAY,
    ("Busy", "Busy"): _DAY,
    ("DoNotDisturb", "DoNotDisturb"): _DAY,
    ("BeRightBack", "BeRightBack"): 7 * _DAY,
    ("Away", "Away"): 7 * _DAY,
    ("Offline", "OffWork"): 7 * _DAY,
}


@dataclass(frozen=True, slots=True)
class Write:
    """One ``setPresence`` or ``clearPresence`` that Graph has carried out, by its own clock in seconds.

    A clear has neither pair nor minutes; its ``status`` is 404 when there was no session.
    """

    at: float
    tenant_id: str
    application_id: str
    object_id: str
    pair: Pair | None = None
    minutes: float | None = None
    status: int = 200

    @property
    def kind(self) -> str:
        """``set`` or ``clear``."""
        return "clear" if self.pair is None else "set"


@dataclass(frozen=True, slots=True)
class _Session:
    pair: Pair
    since: float
    ends: float | None = None
    """``None`` for a client of Teams, which keeps itself alive and does not fade."""

    def at(self, now: float) -> Pair | None:
        """What it shows then, ``None`` when it is over."""
        if self.ends is None:
            return self.pair
        if now >= self.ends:
            return None
        if self.pair[0] != "Available" or now < self.since + _FADES_SECONDS:
            return self.pair
        return ("Available", "AvailableInactive") if now < self.since + 2 * _FADES_SECONDS else ("Away", "Away")


class Presences:
    """Everybody's, by object id. ``writes`` are those of applications, in their order; ``clock`` is in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.writes: list[Write] = []
        self.written = asyncio.Condition()
        self._clock = clock
        self._sessions: dict[str, dict[str, _Session]] = {}
        self._preferred: dict[str, tuple[Pair, float]] = {}

    def client(self, person: Person, availability: str, activity: str, name: str = "desktop") -> None:
        """Teams on the device ``name`` says so of itself, until it says something else."""
        if availability not in _RANKS:
            raise ValueError("no state of a session")
        self._of(person.object_id)[f"teams {name}"] = _Session((availability, activity), self._clock())

    def sign_out(self, person: Person, name: str = "desktop") -> None:
        """That client ends its session. Raises ``KeyError`` when it has none."""
        del self._of(person.object_id)[f"teams {name}"]

    def prefer(self, person: Person, availability: str, activity: str, seconds: float | None = None) -> None:
        """The person's own choice, for a day or seven unless told. Raises ``KeyError`` for what nobody can choose."""
        lasts = _PREFERRED[availability, activity]
        self._preferred[person.object_id] = (
            (availability, activity),
            self._clock() + (lasts if seconds is None else seconds),
        )

    def reset(self, person: Person) -> None:
        """The person takes their choice back ("reset status")."""
        self._preferred.pop(person.object_id, None)

    def shown(self, tenant: Tenant, person: Person) -> Pair:
        """What colleagues see of a person of ``tenant``."""
        if person not in tenant.people:
            raise LookupError("not a person of this tenant")
        return self.of(person.object_id)

    def session(self, person: Person, application_id: str) -> Pair | None:
        """What an application's session shows by now, ``None`` without one."""
        session = self._of(person.object_id).get(application_id)
        return session.at(self._clock()) if session else None

    def of(self, object_id: str) -> Pair:
        """All of a person's sessions and their choice, as one."""
        now = self._clock()
        alive = [
            (_RANKS[pair[0]], pair[1] == "AvailableInactive", -session.since, pair)
            for session in self._sessions.get(object_id, {}).values()
            if (pair := session.at(now))
        ]
        if not alive:
            return OFFLINE
        preferred, ends = self._preferred.get(object_id, (OFFLINE, now))
        return preferred if now < ends else min(alive)[-1]

    def begin(self, tenant_id: str, application_id: str, object_id: str, pair: Pair, minutes: float) -> None:
        """An application's session, opened, changed or renewed."""
        now = self._clock()
        self._of(object_id)[application_id] = _Session(pair, now, now + 60 * minutes)
        self.writes.append(Write(now, tenant_id, application_id, object_id, pair, minutes))

    def end(self, tenant_id: str, application_id: str, object_id: str) -> bool:
        """Ends it; false when there was none."""
        now = self._clock()
        session = self._of(object_id).pop(application_id, None)
        found = session is not None and session.at(now) is not None
        status = 200 if found else 404
        self.writes.append(Write(now, tenant_id, application_id, object_id, status=status))
        return found

    async def wait_for_writes(self, count: int) -> None:
        """Returns when so many have been carried out."""
        await self.wait_until(lambda: len(self.writes) >= count)

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Returns when ``holds`` does; it is asked after every request. Raises ``TimeoutError`` after ten seconds."""
        async with self.written:
            await asyncio.wait_for(self.written.wait_for(holds), 10)

    async def tell(self) -> None:
        """Something may have been written."""
        async with self.written:
            self.written.notify_all()

    def _of(self, object_id: str) -> dict[str, _Session]:
        return self._sessions.setdefault(object_id, {})
