"""What tokens say of a person: CloudLink's claims, OpenID's, and the answer to "who am I"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select

from cloudlink.port import UnknownId
from cloudlink.service.identity.sessions import ACCOUNT_OF_USER, ACTIVE_USER
from store.rows import USER_COLUMNS, to_user
from store.schema import accounts, users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set

    from sqlalchemy import Connection

    from cloudlink.identity import Caller
    from cloudlink.model import Principal, User
    from store.database import Database

_u = users.c
_PERSON = (
    select(
        *USER_COLUMNS, _u.unique_user_id, _u.login_id, _u.given_name, _u.family_name, _u.phone, _u.email_verified,
        _u.site_id, accounts.c.partner_id, accounts.c.language_code, accounts.c.access_token_expiry_hours,
        accounts.c.refresh_token_expiry_hours,
    )
    .select_from(users.join(accounts, ACCOUNT_OF_USER))
    .where(_u.account_id == bindparam("account_id"), _u.principal_id == bindparam("principal_id"), ACTIVE_USER)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """An active user with what their account says of tokens."""

    user: User
    unique_user_id: str | None
    login_id: str | None
    given_name: str | None
    family_name: str | None
    phone: str | None
    email_verified: bool
    site_id: str | None
    partner_id: str | None
    account_language: str
    access_hours: int
    refresh_hours: int

    @property
    def access_lifetime(self) -> timedelta:
        return timedelta(hours=self.access_hours)

    @property
    def refresh_lifetime(self) -> timedelta:
        return timedelta(hours=self.refresh_hours)

    @property
    def language(self) -> str:
        return self.user.language_code or self.account_language


async def person(database: Database, who: Principal) -> Person:
    """Raises ``UnknownId`` when user or account are gone or inactive."""
    rows = await database.read(_PERSON, _key(who))
    return _person(rows[0] if rows else None)


def person_in(connection: Connection, who: Principal) -> Person:
    """``person`` within a transaction."""
    return _person(connection.execute(_PERSON, _key(who)).first())


def cloudlink_claims(who: Person) -> dict[str, Any]:
    """Claims of an access token, by the names of Mitel's sample. A user has one id, so three of them are alike."""
    user = who.user
    claims = {
        "sub": user.principal_id,
        "uniqueUserId": who.unique_user_id or user.principal_id,
        "principalId": user.principal_id,
        "userId": user.principal_id,
        "accountId": user.account_id,
        "partnerId": who.partner_id,
        "email": user.email,
        "emailVerified": who.email_verified,
        "name": user.name,
        "role": user.role,
        "languageCode": who.language,
    }
    return _known(claims)


def who_am_i(who: Person, caller: Caller) -> dict[str, str]:
    """The answer to ``GET /token``: the claims as they are now, and a little more, all as strings."""
    more = {"loginId": who.login_id, "siteId": who.site_id, "extension": who.user.extension}
    return as_strings({**caller.claims, **cloudlink_claims(who), **_known(more)})


def as_strings(claims: Mapping[str, Any]) -> dict[str, str]:
    """Mitel's SDK expects strings, whatever a claim is."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in claims.items()}


def openid_claims(who: Person, scope: Set[str]) -> dict[str, Any]:
    """Claims of OpenID Connect Core, section 5.4, for the scopes that were granted."""
    user = who.user
    claims: dict[str, Any] = {"sub": user.principal_id}
    if "profile" in scope:
        claims |= {"name": user.name, "given_name": who.given_name, "family_name": who.family_name}
        claims |= {"locale": who.language, "zoneinfo": user.time_zone, "preferred_username": who.login_id}
    if "email" in scope:
        claims |= {"email": user.email, "email_verified": who.email_verified}
    if "phone" in scope:
        claims |= {"phone_number": who.phone or user.mobile}
    return _known(claims)


def _key(who: Principal) -> dict[str, str]:
    return {"account_id": who.account_id, "principal_id": who.principal_id}


def _person(row: Sequence[Any] | None) -> Person:
    if row is None:
        raise UnknownId("no such user")
    width = len(USER_COLUMNS)
    return Person(to_user(row[:width]), *row[width:])


def _known(claims: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if value not in (None, "")}
