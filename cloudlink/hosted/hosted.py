"""The ``CloudLink`` port on the public API.

Published by Mitel: signing in, ``/calls/records`` with ``contains(principal, …)`` and ``direction eq …``, hiding, and
``/endpoints/{id}``. Unverified against Mitel's service: that filters may be joined by ``and``, that ``/users`` takes a
filter, and that a person's principal id names their endpoint. The answers to unverified questions are checked here, so
that a service which ignores a filter costs time and shows nothing wrong.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cloudlink import wire
from cloudlink.dialled import dialled
from cloudlink.hosted import calling, paging
from cloudlink.hosted.api import ApiError, Request, Throttled, Unauthorised, segments
from cloudlink.hosted.people import HostedPeople, Listing
from cloudlink.hosted.tokens import Granted
from cloudlink.model import Direction, Principal
from cloudlink.port import (
    MAX_HIDDEN,
    MAX_PAGE,
    CallKind,
    CallPage,
    CloudLinkUnavailable,
    PeoplePage,
    SignInRefused,
    TooManyAttempts,
    UnknownId,
    check_limit,
)
from store.clock import Clock, utc_now
from store.directory import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.hosted.api import Api
    from cloudlink.hosted.mirror import Mirror
    from cloudlink.hosted.tokens import UserTokens
    from cloudlink.model import Account, Call, Endpoint, LineState, User

_OF_KIND = {
    CallKind.ALL: (),
    CallKind.MISSED: (f"direction eq '{Direction.INBOUND}'", "completed eq false"),
    CallKind.INCOMING: (f"direction eq '{Direction.INBOUND}'",),
    CallKind.OUTGOING: (f"direction eq '{Direction.OUTBOUND}'",),
}
# Names are looked for in so many pages at most, for a service that ignores the filter.
_PAGES_OF_USERS = 10
_HIDDEN_AT_ONCE = 4


class HostedCloudLink:
    """Fulfils ``CloudLink`` for the people of one account, to which our application belongs."""

    def __init__(
        self,
        api: Api,
        tokens: UserTokens,
        mirror: Mirror,
        *,
        account_id: str,
        now: Clock = utc_now,
    ) -> None:
        self._api = api
        self._tokens = tokens
        self._mirror = mirror
        self._account_id = account_id
        self._now = now
        self._people = HostedPeople(mirror.database, self._listing, now)

    async def sign_in(self, email: str, password: str, *, address: str) -> Sequence[User]:
        credentials = {
            "grant_type": "password",
            "username": email.strip(),
            "password": password,
            "account_id": self._account_id,
            **self._tokens.application,
        }
        try:
            told = await self._api.send(Request("POST", "authentication", "/token", body=credentials, patient=False))
        except Throttled as throttled:
            raise TooManyAttempts(throttled.retry_after) from None
        except ApiError:
            raise SignInRefused("e-mail and password do not go together") from None
        return [await self._recognise(Granted.read(told, self._now()))]

    async def account(self, who: Principal) -> Account:
        if not await self._tokens.known(who):
            raise UnknownId("no such account")
        told = wire.account_from_wire(
            await self._ask(who, Request("GET", "admin", segments("accounts", who.account_id)))
        )
        if not told.active:
            raise UnknownId("no such account")
        local = await self._mirror.account(who.account_id)
        return replace(local, name=told.name, language_code=told.language_code)

    async def user(self, who: Principal) -> User:
        user_id = await self._tokens.user_id(who)
        told = wire.user_from_wire(await self._ask(who, Request("GET", "admin", segments("users", user_id))))
        local = await self._mirror.user(who)
        user = replace(told, principal_id=who.principal_id, time_zone=told.time_zone or local.time_zone)
        if not user.active or user.account_id != who.account_id:
            raise UnknownId("no such user")
        return user

    async def find_users(self, who: Principal, text: str, *, limit: int = 10) -> Sequence[User]:
        if not await self._tokens.known(who):
            return []
        query = {"$filter": f"contains(name, {paging.literal(text)})"} if text.strip() else {}
        found: list[User] = []
        async for item in self._pages(who, Request("GET", "admin", "/users", query)):
            user = wire.user_from_wire(item)
            if user.account_id == who.account_id and user.active and user.extension and fold(text) in fold(user.name):
                found.append(user)
        found.sort(key=lambda user: (fold(user.name), user.principal_id))
        return found[:limit]

    async def find_people(
        self, who: Principal, text: str = "", *, limit: int = 20, cursor: str | None = None
    ) -> PeoplePage:
        check_limit(limit)
        return await self._people.find(who, text, limit, cursor)

    async def line_states(self, who: Principal, principal_ids: Sequence[str]) -> Mapping[str, LineState]:
        """None is known: a person's token opens their own device, and nothing is published that tells of others'."""
        check_limit(max(1, len(principal_ids)))
        return {}

    async def endpoints(self, who: Principal) -> Sequence[Endpoint]:
        if not await self._tokens.known(who):
            return []
        try:
            told = await self._ask(who, Request("GET", "media", segments("endpoints", who.principal_id)))
        except UnknownId:
            return []
        return [replace(wire.endpoint_from_wire(told), account_id=who.account_id, principal_id=who.principal_id)]

    async def calls(
        self, who: Principal, kind: CallKind = CallKind.ALL, *, cursor: str | None = None, limit: int = 20
    ) -> CallPage:
        check_limit(limit)
        query = {"$top": str(limit), "$filter": _filter(who, kind), **paging.query_of(cursor)}
        if not await self._tokens.known(who):
            return CallPage([], None)
        told = await self._ask(who, Request("GET", "media", "/calls/records", query))
        items = [wire.call_from_wire(item) for item in wire.items(told)]
        return CallPage([call for call in items if _is_of(call, kind)], paging.cursor_of(told))

    async def call(self, who: Principal, call_id: str) -> Call:
        if not await self._tokens.known(who):
            raise UnknownId("no such call")
        told = await self._ask(who, Request("GET", "media", segments("calls", call_id, "records")))
        for item in wire.items(told):
            return wire.call_from_wire(item)
        raise UnknownId("no such call")

    async def hide_calls(self, who: Principal, call_ids: Sequence[str], *, hide: bool = True) -> Sequence[str]:
        """One by one: ``PUT /calls/records`` with a filter would do it at once, but a service that ignores part of the
        filter would hide, or show again, what nobody asked for.
        """
        if len(call_ids) > MAX_HIDDEN:
            raise ValueError(f"at most {MAX_HIDDEN} calls at once")
        if not await self._tokens.known(who):
            return []
        slots = asyncio.Semaphore(_HIDDEN_AT_ONCE)

        async def change(call_id: str) -> bool:
            async with slots:
                return await self._hide(who, call_id, hide=hide)

        asked = list(dict.fromkeys(call_ids))
        changed = await asyncio.gather(*map(change, asked))
        return [call_id for call_id, otherwise in zip(asked, changed, strict=True) if otherwise]

    async def can_place_calls(self, who: Principal) -> bool:
        """The operation is published; whether the PBX behind it can is not told. One that cannot says so when asked."""
        return bool(await self.endpoints(who))

    async def place_call(self, who: Principal, number: str, *, request_id: str) -> Call:
        if not await self._tokens.known(who):
            raise UnknownId("no such endpoint")
        to = dialled(number, (await self._mirror.account(who.account_id)).dialing)
        # Before the call: a token that cannot be had is no doubt about a telephone.
        await self._tokens.bearer(who)
        try:
            return wire.call_from_wire(await self._with_bearer(who, calling.request(who, to, request_id)))
        except (ApiError, CloudLinkUnavailable) as error:
            raise calling.told(error) from None

    async def _listing(self, who: Principal, text: str) -> Listing:
        """Active users with an extension whose name contains the text, as far as they are read at once."""
        if not await self._tokens.known(who):
            return Listing([], whole=True)
        query = {"$top": str(MAX_PAGE)} | ({"$filter": f"contains(name, {paging.literal(text)})"} if text else {})
        read = 0
        users: list[User] = []
        async for item in self._pages(who, Request("GET", "admin", "/users", query)):
            read += 1
            user = wire.user_from_wire(item)
            if user.account_id == who.account_id and user.active and user.extension:
                users.append(user)
        return Listing(users, whole=read < _PAGES_OF_USERS * MAX_PAGE)

    async def _hide(self, who: Principal, call_id: str, *, hide: bool) -> bool:
        """Whether that changed anything. The API does not say whether a record is hidden, only its list shows it."""
        ours = f"{_filter(who, CallKind.ALL)} and callId eq {paging.literal(call_id)}"
        listed = await self._ask(who, Request("GET", "media", "/calls/records", {"$filter": ours, "$top": "1"}))
        shown = any(item.get("callId") == call_id for item in wire.items(listed))
        if shown != hide:
            return False
        try:
            await self._ask(who, Request("PUT", "media", segments("calls", call_id, "records"), body={"hide": hide}))
        except UnknownId:
            return False
        return True

    async def _recognise(self, granted: Granted) -> User:
        """Who has just signed in, as a row of ours. Raises ``SignInRefused`` for somebody of another account."""
        claims = wire.claims_from_wire(await self._api.send(_WHO_AM_I, bearer=granted.bearer))
        if claims.account_id != self._account_id:
            raise SignInRefused("somebody of another account")
        account_path, user_path = segments("accounts", claims.account_id), segments("users", claims.user_id)
        account = await self._api.send(Request("GET", "admin", account_path), bearer=granted.bearer)
        told = await self._api.send(Request("GET", "admin", user_path), bearer=granted.bearer)
        user = replace(wire.user_from_wire(told), account_id=claims.account_id, principal_id=claims.principal_id)
        await self._mirror.keep(wire.account_from_wire(account), user)
        await self._tokens.keep(user.principal, claims.user_id, granted)
        return user

    async def _pages(self, who: Principal, request: Request) -> Any:
        """Every item of a collection, page after page."""
        query = dict(request.query or {})
        for _ in range(_PAGES_OF_USERS):
            told = await self._ask(who, replace(request, query=query))
            for item in wire.items(told):
                yield item
            if (cursor := paging.cursor_of(told)) is None:
                return
            query |= paging.query_of(cursor)

    async def _ask(self, who: Principal, request: Request) -> Any:
        """The answer to the person's question. What is missing, or not theirs to see, raises ``UnknownId``."""
        try:
            return await self._with_bearer(who, request)
        except ApiError as refusal:
            raise UnknownId(f"CloudLink answered {refusal}") from None

    async def _with_bearer(self, who: Principal, request: Request) -> Any:
        bearer = await self._tokens.bearer(who)
        try:
            return await self._api.send(request, bearer=bearer)
        except Unauthorised:
            # Ended before its time, as when the service has changed its keys: one fresh token decides.
            self._tokens.refused(who, bearer)
            return await self._api.send(request, bearer=await self._tokens.bearer(who))


_WHO_AM_I = Request("GET", "authentication", "/token")


def _filter(who: Principal, kind: CallKind) -> str:
    return " and ".join((f"contains(principal, {paging.literal(who.principal_id)})", *_OF_KIND[kind]))


def _is_of(call: Call, kind: CallKind) -> bool:
    match kind:
        case CallKind.MISSED:
            return call.missed
        case CallKind.INCOMING:
            return call.direction == Direction.INBOUND
        case CallKind.OUTGOING:
            return call.direction == Direction.OUTBOUND
        case _:
            return True
