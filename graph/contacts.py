"""Whom a tenant's people can call: its users with telephone numbers, and its organisational contacts.

Personal contacts of Outlook are left out: an application could read them only together with everybody else's mailbox
contacts (``Contacts.Read``), or by a token of each person.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from graph.errors import GraphError
from graph.messages import Method, Request
from graph.paths import path
from graph.permissions import READ_CONTACTS, READ_USERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.client import TenantGraph

# "The default and maximum page sizes are 100 and 999" objects.
_PAGE = 999
# No database takes these. A name that some program has cut in the midst of an emoji ends with half of one.
_UNSTORABLE = re.compile("[\\x00-\\x1f\\x7f\\ud800-\\udfff]")


class Source(StrEnum):
    """The two lists of a tenant."""

    USERS = "users"
    CONTACTS = "contacts"


@dataclass(frozen=True, slots=True)
class Contact:
    """``login`` is a user principal name, empty for who is no user. Numbers are as somebody has typed them."""

    object_id: str
    name: str
    mail: str
    login: str
    work: Sequence[str]
    mobile: str


@dataclass(frozen=True, slots=True)
class ContactPage:
    """``following`` is the path of the next page, ``None`` on the last one."""

    contacts: Sequence[Contact]
    following: str | None


_FIRST = {
    Source.USERS: (
        path(
            "users",
            select="id,displayName,mail,userPrincipalName,businessPhones,mobilePhone,accountEnabled",
            top=_PAGE,
        ),
        READ_USERS,
    ),
    Source.CONTACTS: (path("contacts", select="id,displayName,mail,phones", top=_PAGE), READ_CONTACTS),
}


async def read_page(graph: TenantGraph, source: Source, place: str | None = None) -> ContactPage:
    """The page at ``place``, an earlier page's ``following``; the first one without. Raises ``GraphError``."""
    first, permission = _FIRST[source]
    request = Request(Method.GET, place or first, permission)
    body = (await graph.send(request)).body
    value, link = body.get("value"), body.get("@odata.nextLink")
    if not isinstance(value, list):
        raise GraphError("malformedAnswer")
    following = graph.relative(link) if isinstance(link, str) else None
    if following == request.path:
        raise GraphError("circularLink")
    read = _user if source is Source.USERS else _contact
    contacts = [read(item) for item in value if isinstance(item, dict) and item.get("accountEnabled") is not False]
    return ContactPage([contact for contact in contacts if contact.object_id and contact.name], following)


def _user(item: Mapping[str, Any]) -> Contact:
    work = item.get("businessPhones")
    return Contact(
        _text(item, "id"),
        _text(item, "displayName"),
        _text(item, "mail"),
        _text(item, "userPrincipalName"),
        [_UNSTORABLE.sub("", number) for number in work if isinstance(number, str)] if isinstance(work, list) else [],
        _text(item, "mobilePhone"),
    )


def _contact(item: Mapping[str, Any]) -> Contact:
    """Of the kinds of numbers a fax is none to call."""
    phones = item.get("phones")
    known = [each for each in phones if isinstance(each, dict)] if isinstance(phones, list) else []
    work, mobile = (
        [_text(each, "number") for each in known if each.get("type") == kind] for kind in ("business", "mobile")
    )
    return Contact(
        _text(item, "id"), _text(item, "displayName"), _text(item, "mail"), "", work, mobile[0] if mobile else ""
    )


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name)
    return _UNSTORABLE.sub("", value).strip() if isinstance(value, str) else ""
