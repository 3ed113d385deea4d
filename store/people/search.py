"""Pages of people: one statement each, which takes the people from the index of words and then looks at those alone."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, select, tuple_

from cloudlink.model import NumberKind, Person, PersonNumber, line_state
from store.devices import DEVICE_COLUMNS, tellers_of
from store.people.words import MOST_ASKED, asked
from store.schema import contacts, endpoints, people_words, users

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select

    from cloudlink.model import LineState
    from store.database import Database
    from store.devices import Tellers

Place = tuple[str, str]
"""Sort key and person id, which order every list."""

_w, _c, _u = people_words.c, contacts.c, users.c
# Sorts after every letter and digit.
_END = "\U0010ffff"
_OF_USER = (_u.name, _u.email, _u.extension, _u.phone, _u.mobile)
_OF_CONTACT = (_c.name, _c.email, _c.numbers)
_DEVICE = 1 + len(_OF_USER) + len(_OF_CONTACT)
_NUMBERS = _DEVICE - 1


def _begins(word: ColumnElement[str], place: int) -> ColumnElement[bool]:
    return (word >= bindparam(f"word_{place}")) & (word < bindparam(f"end_{place}"))


def _also(place: int) -> ColumnElement[bool]:
    """Both words' people side by side: looking up each person's words one after another takes twice as long."""
    other = people_words.alias()
    found = select(other.c.person_id).where(other.c.account_id == bindparam("account_id"), _begins(other.c.word, place))
    return _w.person_id.in_(found)


def _page(words: int, *, later: bool) -> Select[Any]:
    """Without words it lists everybody, which is one range of the index."""
    first = _begins(_w.word, 0) if words else _w.word == ""
    found = select(_w.sort_key, _w.person_id).where(_w.account_id == bindparam("account_id"), first)
    found = found.where(*(_also(place) for place in range(1, words)))
    if later:
        after = tuple_(bindparam("after_key", type_=_w.sort_key.type), bindparam("after_person"))
        found = found.where(tuple_(_w.sort_key, _w.person_id) > after)
    order = (_w.sort_key, _w.person_id)
    page = found.group_by(*order).order_by(*order).limit(bindparam("limit")).subquery("page")
    return _described(page).order_by(page.c.sort_key, page.c.person_id, _c.contact_id, endpoints.c.name)


def _described(page: Any) -> Select[Any]:
    """A row for each contact and each device of a person."""
    account: ColumnElement[str] = bindparam("account_id")
    user = and_(
        _u.account_id == account,
        _u.principal_id == page.c.person_id,
        _u.active.is_(True),
        _u.extension.is_not(None),
    )
    contact = and_(_c.account_id == account, _c.person_id == page.c.person_id)
    device = and_(endpoints.c.account_id == account, endpoints.c.principal_id == page.c.person_id)
    joined = page.outerjoin(users, user).outerjoin(contacts, contact).outerjoin(endpoints, device)
    return select(page.c.person_id, *_OF_USER, *_OF_CONTACT, *DEVICE_COLUMNS).select_from(joined)


_PAGES = {(words, later): _page(words, later=later) for words in range(MOST_ASKED + 1) for later in (False, True)}
_PLACE = select(_w.sort_key).where(
    _w.account_id == bindparam("account_id"), _w.person_id == bindparam("person_id"), _w.word == ""
)
_STATES = (
    select(*DEVICE_COLUMNS)
    .where(
        endpoints.c.account_id == bindparam("account_id"),
        endpoints.c.principal_id.in_(bindparam("people", expanding=True)),
    )
    .order_by(endpoints.c.principal_id)
)


async def find(
    database: Database, account_id: str, text: str, *, now: datetime, limit: int, place: Place | None = None
) -> Sequence[Person]:
    """At most ``limit`` people whom the text finds, by name, after a place; their lines as they are ``now``."""
    words = asked(text)
    if not words:
        return []
    parameters: dict[str, object] = {"account_id": account_id, "limit": limit}
    if place is not None:
        parameters |= {"after_key": place[0], "after_person": place[1]}
    tellers = await tellers_of(database, account_id, now)
    if words == [""]:
        return list(_people(await database.read(_PAGES[0, place is not None], parameters), tellers))
    for number, word in enumerate(words):
        parameters |= {f"word_{number}": word, f"end_{number}": word + _END}
    # A letter that half of the people have somewhere takes milliseconds.
    return list(_people(await database.scan(_PAGES[len(words), place is not None], parameters), tellers))


async def place_of(database: Database, account_id: str, person_id: str) -> Place:
    """Where somebody stands in every list. Raises ``ValueError`` when there is no such person (any more)."""
    rows = await database.read(_PLACE, {"account_id": account_id, "person_id": person_id})
    if not rows:
        raise ValueError("not a cursor of this list")
    return str(rows[0][0]), person_id


async def states(
    database: Database, account_id: str, principal_ids: Sequence[str], now: datetime
) -> Mapping[str, LineState]:
    """The line states of those who have a device in the account."""
    tellers = await tellers_of(database, account_id, now)
    rows = await database.scan(_STATES, {"account_id": account_id, "people": list(principal_ids)})
    devices = map(tellers.device, rows)
    return {str(owner): line_state(own) for owner, own in groupby(devices, key=lambda device: device.principal_id)}


def _people(rows: Iterable[Sequence[Any]], tellers: Tellers) -> Iterator[Person]:
    for person_id, group in groupby(rows, key=itemgetter(0)):
        person = _person(person_id, list(group), tellers)
        if person is not None:
            yield person


def _person(person_id: str, rows: Sequence[Sequence[Any]], tellers: Tellers) -> Person | None:
    """From all rows of somebody; nobody when neither the user nor a contact is there."""
    name, email, extension, phone, mobile, contact_name, contact_email, *_ = rows[0][1:]
    is_user = name is not None
    if not is_user and contact_name is None:
        return None
    own = [(NumberKind.EXTENSION, extension), (NumberKind.WORK, phone), (NumberKind.MOBILE, mobile)]
    numbers: dict[str, str] = {}
    for kind, number in (*own, *(known for row in rows for known in row[_NUMBERS] or ())):
        if number:
            numbers.setdefault(number, kind)
    return Person(
        person_id,
        name if is_user else contact_name,
        tuple(PersonNumber(number, kind) for number, kind in numbers.items()),
        email if is_user else contact_email,
        person_id if is_user else None,
        line_state(tellers.device(row[_DEVICE:]) for row in rows if row[_DEVICE] is not None),
    )
