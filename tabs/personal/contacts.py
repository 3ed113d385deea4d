"""``/tabs/contacts``: colleagues and the company's Microsoft 365 contacts by name, with their lines and call buttons.

``/tabs/contacts/lines`` answers how lines of people on the page are now, for a page that was not connected meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from cloudlink.line_sentences import lines
from cloudlink.model import LineState, NumberKind
from cloudlink.port import MAX_PAGE
from dialing import NumberError, normalise
from tabs.personal.call_links import CallLink, call_link, needs_dial_pages
from tabs.personal.navigation import CONTACTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.model import Account, Person, PersonNumber
    from cloudlink.port import CloudLink
    from store.dial_links import DialLinks
    from tabs.personal.frame import PersonalVisit

PAGE = 50
_LONGEST_TEXT = 100
_LONGEST_CURSOR = 200
_LONGEST_IDS = 40 * MAX_PAGE
# As long as a page may stay open.
_LINK_LIFETIME = timedelta(hours=12)

Links = dict[tuple[str, str], str]
"""Ids of links to dial pages, by number and name."""


@dataclass(frozen=True, slots=True)
class Number:
    """``kind`` in words, ``shown`` as people read numbers, ``link`` without a way to dial for what is no number."""

    kind: str
    shown: str
    label: str
    link: CallLink


@dataclass(frozen=True, slots=True)
class Row:
    """Somebody. ``state`` is empty for who is no user of the telephone system."""

    person_id: str
    name: str
    email: str
    state: str
    numbers: Sequence[Number]


class ContactPages:
    """Handlers."""

    def __init__(self, cloudlink: CloudLink, dial_links: DialLinks) -> None:
        self._cloudlink = cloudlink
        self._dial_links = dial_links

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """A page of people: ``q`` is what is searched for, ``cursor`` where it begins. 404 for no such place."""
        query = visit.request.query
        text, cursor = query.get("q", "").strip(), query.get("cursor")
        if len(text) > _LONGEST_TEXT or len(cursor or "") > _LONGEST_CURSOR:
            raise web.HTTPNotFound
        try:
            found = await self._cloudlink.find_people(visit.who, text, limit=PAGE, cursor=cursor)
        except ValueError:
            raise web.HTTPNotFound from None
        account = await self._cloudlink.account(visit.who)
        links = await self._links(visit, found.items)
        return visit.page(
            "contacts.html",
            rows=[_row(person, visit, account, links) for person in found.items],
            lines=lines(visit.say),
            text=text,
            more=_address({"q": text, "cursor": found.next_cursor}) if found.next_cursor else "",
            first=cursor is None,
        )

    async def lines(self, visit: PersonalVisit) -> web.StreamResponse:
        """``{principal id: line state}`` of those whose ids ``of`` names, divided by dots; 400 for too many."""
        told = visit.request.query.get("of", "")
        ids = told.split(".")
        if len(told) > _LONGEST_IDS or len(ids) > MAX_PAGE:
            raise web.HTTPBadRequest
        states = await self._cloudlink.line_states(visit.who, ids)
        return web.json_response(states, headers={"Cache-Control": "no-store"})

    async def _links(self, visit: PersonalVisit, people: Sequence[Person]) -> Links:
        """Made only for devices that may need them."""
        if not needs_dial_pages(visit):
            return {}
        parties = [(number.number, person.name) for person in people for number in person.numbers]
        ids = await self._dial_links.for_numbers(visit.who, parties, _LINK_LIFETIME)
        return dict(zip(parties, ids, strict=True))


def _row(person: Person, visit: PersonalVisit, account: Account, links: Links) -> Row:
    known = lines(visit.say)
    return Row(
        person.person_id,
        person.name,
        person.email,
        (person.state if person.state in known else LineState.UNKNOWN) if person.principal_id else "",
        [_number(person, number, visit, account, links) for number in person.numbers],
    )


def _number(person: Person, number: PersonNumber, visit: PersonalVisit, account: Account, links: Links) -> Number:
    say = visit.say
    kinds = {
        NumberKind.EXTENSION: (say("Extension"), say("Call {who}", who=person.name)),
        NumberKind.WORK: (say("Work"), say("Call {who} at work", who=person.name)),
        NumberKind.MOBILE: (say("Mobile"), say("Call {who} on their mobile", who=person.name)),
    }
    kind, label = kinds.get(NumberKind(number.kind), kinds[NumberKind.WORK])
    link = call_link(visit, account, number.number, links.get((number.number, person.name)))
    return Number(kind, _shown(number.number, account), label, link)


def _shown(number: str, account: Account) -> str:
    try:
        return normalise(number, account.dialing).shown
    except NumberError:
        return number


def _address(query: Mapping[str, str]) -> str:
    return f"{CONTACTS.path}?{urlencode({name: value for name, value in query.items() if value})}"
