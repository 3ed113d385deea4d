"""The ``CloudLink`` port on the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink.port import CallKind, PeoplePage, UnknownId, check_limit
from cloudlink.service import call_log
from cloudlink.service.availability import PortDatabase
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from cloudlink.service.like import ESCAPE, literal
from cloudlink.service.sign_in import PasswordSignIn
from store.clock import Clock, utc_now
from store.devices import DEVICE_COLUMNS, tellers_of
from store.directory import fold
from store.people import search as people
from store.rows import (
    ACCOUNT_COLUMNS,
    USER_COLUMNS,
    to_account,
    to_user,
)
from store.schema import accounts, endpoints, users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.model import Account, Call, Endpoint, LineState, Principal, User
    from cloudlink.port import CallPage
    from store.database import Database, Parameters

_ACTIVE_USER = users.c.active.is_(True) & accounts.c.active.is_(True)
_SELF = (
    users.c.account_id == bindparam("account_id"),
    users.c.principal_id == bindparam("principal_id"),
    _ACTIVE_USER,
)
_ACCOUNT = select(*ACCOUNT_COLUMNS).select_from(accounts.join(users)).where(*_SELF)
_USER = select(*USER_COLUMNS).select_from(users.join(accounts)).where(*_SELF)
_ENDPOINTS = (
    select(*DEVICE_COLUMNS)
    .where(endpoints.c.account_id == bindparam("account_id"), endpoints.c.principal_id == bindparam("principal_id"))
    .order_by(endpoints.c.name)
)
_NAMED = (
    select(*USER_COLUMNS)
    .where(
        users.c.account_id == bindparam("account_id"),
        users.c.active.is_(True),
        users.c.extension.is_not(None),
        users.c.name_folded.contains(bindparam("text"), autoescape=False, escape=ESCAPE),
    )
    .order_by(users.c.name_folded, users.c.principal_id)
    .limit(bindparam("limit"))
)


class EmbeddedCloudLink:
    """Fulfils ``CloudLink``. ``control`` is the server's own, which knows the gateways that are linked to it."""

    def __init__(self, database: Database, now: Clock = utc_now, *, control: CallControl | None = None) -> None:
        self._control = control or CallControl(database, Commands(database, now), now=now)
        self._database = PortDatabase(database)
        self._now = now
        self._sign_in = PasswordSignIn(self._database, now)

    async def sign_in(self, email: str, password: str, *, address: str) -> Sequence[User]:
        return await self._sign_in(email, password, address)

    async def account(self, who: Principal) -> Account:
        rows = await self._database.read(_ACCOUNT, _own(who))
        if not rows:
            raise UnknownId("no such account")
        return to_account(rows[0])

    async def user(self, who: Principal) -> User:
        rows = await self._database.read(_USER, _own(who))
        if not rows:
            raise UnknownId("no such user")
        return to_user(rows[0])

    async def find_users(self, who: Principal, text: str, *, limit: int = 10) -> Sequence[User]:
        parameters = {"account_id": who.account_id, "text": literal(fold(text)), "limit": limit}
        # A name that contains the text can stand anywhere in the account, so this looks at all of its users.
        return [to_user(row) for row in await self._database.scan(_NAMED, parameters)]

    async def find_people(
        self, who: Principal, text: str = "", *, limit: int = 20, cursor: str | None = None
    ) -> PeoplePage:
        check_limit(limit)
        place = None if cursor is None else await people.place_of(self._database, who.account_id, cursor)
        found = await people.find(self._database, who.account_id, text, now=self._now(), limit=limit + 1, place=place)
        return PeoplePage(found[:limit], found[limit - 1].person_id if len(found) > limit else None)

    async def line_states(self, who: Principal, principal_ids: Sequence[str]) -> Mapping[str, LineState]:
        check_limit(max(1, len(principal_ids)))
        return await people.states(self._database, who.account_id, principal_ids, self._now())

    async def endpoints(self, who: Principal) -> Sequence[Endpoint]:
        tellers = await tellers_of(self._database, who.account_id, self._now())
        return [tellers.device(row) for row in await self._database.read(_ENDPOINTS, _own(who))]

    async def calls(
        self, who: Principal, kind: CallKind = CallKind.ALL, *, cursor: str | None = None, limit: int = 20
    ) -> CallPage:
        return await call_log.page(self._database, who, kind, cursor, limit)

    async def call(self, who: Principal, call_id: str) -> Call:
        return await call_log.one(self._database, who, call_id)

    async def hide_calls(self, who: Principal, call_ids: Sequence[str], *, hide: bool = True) -> Sequence[str]:
        return await call_log.hide(self._database, who, call_ids, hidden=hide)

    async def can_place_calls(self, who: Principal) -> bool:
        return await self._control.offered(who)

    async def place_call(self, who: Principal, number: str, *, request_id: str) -> Call:
        return await self._control.place(who, number, request_id)


def _own(who: Principal) -> Parameters:
    return {"account_id": who.account_id, "principal_id": who.principal_id}
