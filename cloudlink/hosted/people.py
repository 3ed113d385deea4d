"""Finding people by the public API, together with the Microsoft 365 contacts that our own store holds.

The API documents no search that knows accents, numbers or beginnings of words, so a company's users are read and looked
through here: what is read serves for a minute, since people type letter by letter. A company of more users than are
read at once is also asked for the longest word that was typed, as the API compares it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from cloudlink.model import NumberKind, Person, PersonNumber
from cloudlink.port import PeoplePage
from store.directory import fold
from store.people import search, words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime

    from cloudlink.model import Principal, User
    from store.clock import Clock
    from store.database import Database

    Users = Callable[[Principal, str], Awaitable["Listing"]]

_FRESH = timedelta(minutes=1)
_MOST_LISTINGS = 200


@dataclass(frozen=True, slots=True)
class Listing:
    """Users of the account; ``whole`` unless there were too many to read."""

    users: Sequence[User]
    whole: bool


class HostedPeople:
    """Answers ``CloudLink.find_people``. ``users`` reads those whose name contains a text, all for the empty one."""

    def __init__(self, database: Database, users: Users, now: Clock) -> None:
        self._database = database
        self._users = users
        self._now = now
        # By who asked: nobody sees what only another may.
        self._read: dict[Principal, tuple[datetime, Listing]] = {}

    async def find(self, who: Principal, text: str, limit: int, cursor: str | None) -> PeoplePage:
        asked = words.asked(text)
        if not asked:
            return PeoplePage([], None)
        users = await self._found(who, asked)
        place = await self._place(who, users, cursor)
        contacts = await search.find(
            self._database, who.account_id, text, now=self._now(), limit=limit + 1, place=place
        )
        known = {person.email and fold(person.email) for person in users.values()} - {""}
        others = [person for person in contacts if fold(person.email) not in known]
        ordered = sorted((*users.values(), *others), key=_order)
        page = [person for person in ordered if place is None or _order(person) > place][: limit + 1]
        return PeoplePage(page[:limit], page[limit - 1].person_id if len(page) > limit else None)

    async def _place(self, who: Principal, users: dict[str, Person], cursor: str | None) -> tuple[str, str] | None:
        if cursor is None:
            return None
        if cursor in users:
            return _order(users[cursor])
        return await search.place_of(self._database, who.account_id, cursor)

    async def _found(self, who: Principal, asked: Sequence[str]) -> dict[str, Person]:
        listing = await self._listing(who)
        users = {user.principal_id: user for user in listing.users}
        if not listing.whole and asked != [""]:
            users |= {user.principal_id: user for user in (await self._users(who, asked[0])).users}
        return {user.principal_id: _person(user) for user in users.values() if _is_found(user, asked)}

    async def _listing(self, who: Principal) -> Listing:
        now = self._now()
        read = self._read.pop(who, None)
        if read is None or now - read[0] >= _FRESH:
            read = (now, await self._users(who, ""))
        self._read[who] = read
        while len(self._read) > _MOST_LISTINGS:
            del self._read[next(iter(self._read))]
        return read[1]


def _is_found(user: User, asked: Iterable[str]) -> bool:
    own = words.words_of(user.name, filter(None, (user.extension, user.mobile)))
    return all(any(word.startswith(beginning) for word in own) for beginning in asked)


def _person(user: User) -> Person:
    numbers = ((user.extension, NumberKind.EXTENSION), (user.mobile, NumberKind.MOBILE))
    told = tuple(PersonNumber(number, kind) for number, kind in numbers if number)
    return Person(user.principal_id, user.name, told, user.email, user.principal_id)


def _order(person: Person) -> tuple[str, str]:
    return words.sort_key(person.name), person.person_id
