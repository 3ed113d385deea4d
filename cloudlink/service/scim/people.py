"""A SCIM user as the person whom our columns hold, and back.

The whole resource is kept as it was sent (``scim_attributes``, key ``sent``) beside what was taken from it into columns
(key ``taken``): so a client reads what it has written, in its own spelling, until somebody else has changed a column.
Who was never synchronised is shown by the columns alone.

What is taken, and from where:

| column | attribute |
| --- | --- |
| ``login_id`` | ``userName`` |
| ``email`` | ``emails`` of type ``work``, else the primary, else the first, else a ``userName`` that is an address |
| ``name`` | ``displayName``, else ``name.formatted``, else both names, else ``userName`` |
| ``given_name``, ``family_name`` | ``name.givenName``, ``name.familyName`` |
| ``mobile``, ``phone`` | ``phoneNumbers`` of type ``mobile`` and ``work`` |
| ``extension`` | the attribute of the integration's setting ``extensionAttribute``; Mitel's own map is not public |
| ``language_code``, ``time_zone`` | ``preferredLanguage``, ``timezone`` |
| ``active`` | ``active``; a new user is active unless sent otherwise, and who is not stays so |

A number, language or time zone that is none of ours is kept as sent and taken as absent, since a person must not stay
away for the way in which their number is written. A role is never taken.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cloudlink.administration.refusals import Refused
from cloudlink.service.administration import fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# RFC 3966 writes ";ext=", people write "ext. 201", "x201" or "#201"; a number of up to six digits is one itself.
_EXTENSION = re.compile(r"\s*(?:;?\s*ext\.?\s*=?|x|#)\s*([0-9*#]{1,12})\s*$", re.IGNORECASE)
_SHORT = re.compile(r"[0-9*#]{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """What is taken from a resource, by the names of ``NewUser``."""

    login_id: str
    email: str
    name: str
    given_name: str
    family_name: str
    mobile: str | None
    phone: str | None
    extension: str | None
    language_code: str | None
    time_zone: str | None
    active: bool | None


def person_of(resource: Mapping[str, Any], extension: str | None, region: str) -> Person:
    """What is taken. ``extension`` is the text that holds it, ``region`` the country of numbers that name none.

    Raises ``Refused`` when there is no e-mail address.
    """
    login_id = resource.get("userName") or ""
    names = resource.get("name") or {}
    given, family = names.get("givenName") or "", names.get("familyName") or ""
    name = resource.get("displayName") or names.get("formatted") or f"{given} {family}".strip() or login_id
    numbers = resource.get("phoneNumbers") or ()
    work = _value_of_type(numbers, "work")
    return Person(
        login_id=login_id,
        email=_address(_email(resource.get("emails") or ()) or login_id),
        name=name,
        given_name=given,
        family_name=family,
        mobile=_usable(lambda text: _mobile(text, region), _value_of_type(numbers, "mobile")),
        phone=_usable(fields.phone, work and _EXTENSION.sub("", work.removeprefix("tel:"))),
        extension=_usable(fields.extension, extension and _dialled(extension)),
        language_code=_usable(fields.language, resource.get("preferredLanguage")),
        time_zone=_usable(fields.time_zone, resource.get("timezone")),
        active=resource.get("active"),
    )


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a user's row: as sent, with the columns that others have changed since."""
    kept = row["scim_attributes"] or {}
    resource, taken = dict(kept.get("sent", ())), kept.get("taken", {})
    for column, show in _SHOWN.items():
        if row[column] != taken.get(column):
            show(resource, row[column])
    resource["externalId"] = row["external_id"]
    return resource


def stored(resource: Mapping[str, Any], person: Person, *, active: bool) -> dict[str, Any]:
    """What ``scim_attributes`` keeps; ``active`` is what the user was before, if the resource does not say."""
    sent = {name: value for name, value in resource.items() if name not in _KEPT_ELSEWHERE}
    return {"sent": sent, "taken": {**asdict(person), "active": active if person.active is None else person.active}}


# A synchronisation reads the same ones again and again.
_address = lru_cache(maxsize=8192)(fields.email)
_mobile = lru_cache(maxsize=8192)(fields.mobile)
_KEPT_ELSEWHERE = frozenset({"id", "externalId", "meta", "groups", "password"})


def _usable(clean: Callable[[str], str | None], value: str | None) -> str | None:
    try:
        return clean(value) if value else None
    except Refused:
        return None


def _dialled(value: str) -> str:
    """The extension in a telephone number, or the value when it is no longer number."""
    found = _EXTENSION.search(value)
    if found:
        return found.group(1)
    return value if _SHORT.fullmatch(value.strip()) else ""


def _email(entries: Sequence[Mapping[str, Any]]) -> str | None:
    entry = _work_entry(entries)
    return entry.get("value") if entry else None


def _work_entry(entries: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    told = [entry for entry in entries if entry.get("value")]
    told.sort(key=lambda entry: (_type(entry) != "work", entry.get("primary") is not True))
    return told[0] if told else None


def _type(entry: Mapping[str, Any]) -> str:
    return str(entry.get("type") or "").lower()


def _value_of_type(entries: Sequence[Mapping[str, Any]], kind: str) -> str | None:
    values = (entry.get("value") for entry in entries if _type(entry) == kind)
    return next((value for value in values if value), None)


def _plain(name: str) -> Callable[[dict[str, Any], Any], None]:
    def show(resource: dict[str, Any], value: Any) -> None:
        resource[name] = value

    return show


def _part_of_name(name: str) -> Callable[[dict[str, Any], Any], None]:
    def show(resource: dict[str, Any], value: Any) -> None:
        resource["name"] = {**(resource.get("name") or {}), name: value}

    return show


def _entry(name: str, kind: str) -> Callable[[dict[str, Any], Any], None]:
    """Shows a value as the entry of its type, in place of one that was sent."""

    def show(resource: dict[str, Any], value: Any) -> None:
        others = [entry for entry in resource.get(name) or () if _type(entry) != kind]
        mine = [{"value": value, "type": kind, "primary": not any(entry.get("primary") for entry in others)}]
        resource[name] = [*others, *mine] if value else others or None

    return show


_SHOWN: Mapping[str, Callable[[dict[str, Any], Any], None]] = {
    "login_id": _plain("userName"),
    "email": _entry("emails", "work"),
    "name": _plain("displayName"),
    "given_name": _part_of_name("givenName"),
    "family_name": _part_of_name("familyName"),
    "mobile": _entry("phoneNumbers", "mobile"),
    "phone": _entry("phoneNumbers", "work"),
    "language_code": _plain("preferredLanguage"),
    "time_zone": _plain("timezone"),
    "active": _plain("active"),
}
