"""Each person's tokens: got at their sign-in, refreshed before they end, stored encrypted.

An access token lives in memory; the refresh token, which replaces itself with each use, in ``hosted_tokens``. When
CloudLink takes it no more, the mirrored user is set inactive: the assistant then asks that person to sign in again.
Several processes may refresh at once, and all but one come too late: they take what the first has stored.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from sqlalchemy import and_, bindparam, delete, select, update

from cloudlink.hosted.api import ApiError, Request
from cloudlink.port import CloudLinkUnavailable, UnknownId
from store.clock import Clock, utc_now
from store.schema import hosted_tokens, users
from store.upsert import insert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.hosted.api import Api
    from cloudlink.model import Principal
    from store.database import Database
    from store.vault import Vault

logger = logging.getLogger(__name__)

# A token is replaced this long before it ends, so that none ends on its way.
_MARGIN = timedelta(minutes=2)

_c = hosted_tokens.c
_OWN = and_(_c.account_id == bindparam("of_account"), _c.principal_id == bindparam("of_principal"))
_STORED = select(_c.user_id, _c.refresh_token_encrypted).where(_OWN)
_KEEP = insert(hosted_tokens)
_KEEP = _KEEP.on_conflict_do_update(
    index_elements=[_c.account_id, _c.principal_id],
    set_={name: _KEEP.excluded[name] for name in ("user_id", "refresh_token_encrypted", "changed_on")},
)
_FORGET = delete(hosted_tokens).where(_OWN)
_DEACTIVATE = (
    update(users)
    .where(users.c.account_id == bindparam("of_account"), users.c.principal_id == bindparam("of_principal"))
    .values(active=False)
)


@dataclass(frozen=True, slots=True)
class Granted:
    """An answer of ``POST /token``: a bearer until ``ends``, and what gets the next one."""

    bearer: str
    ends: datetime
    refresh: str

    @classmethod
    def read(cls, body: Any, now: datetime) -> Granted:
        """Raises ``CloudLinkUnavailable`` for what is no token response."""
        match body:
            case {"access_token": str(bearer), "refresh_token": str(refresh), "expires_in": int() | str() as seconds}:
                return cls(bearer, _end(seconds, now), refresh)
        raise CloudLinkUnavailable("CloudLink answered no tokens")

    @staticmethod
    def bearer_of(body: Any, now: datetime) -> tuple[str, datetime]:
        """The bearer alone and when it ends: an application gets no refresh token. Raises as ``read`` does."""
        match body:
            case {"access_token": str(bearer), "expires_in": int() | str() as seconds}:
                return bearer, _end(seconds, now)
        raise CloudLinkUnavailable("CloudLink answered no token")


class UserTokens:
    """Bearers of the people who have signed in. ``application`` are the fields by which ours proves itself."""

    def __init__(
        self,
        api: Api,
        database: Database,
        vault: Vault,
        *,
        client_id: str,
        client_secret: str = "",
        now: Clock = utc_now,
    ) -> None:
        self.application = {"client_id": client_id, **({"client_secret": client_secret} if client_secret else {})}
        self._api = api
        self._database = database
        self._vault = vault
        self._now = now
        self._granted: dict[Principal, Granted] = {}
        self._refreshing: WeakValueDictionary[Principal, asyncio.Lock] = WeakValueDictionary()

    async def keep(self, who: Principal, user_id: str, granted: Granted) -> None:
        """Remembers what a sign-in or a refresh gave. ``user_id`` is the API's own id of the person."""
        row = {
            "account_id": who.account_id,
            "principal_id": who.principal_id,
            "user_id": user_id,
            "refresh_token_encrypted": self._vault.encrypt(granted.refresh),
            "changed_on": self._now(),
        }
        # Durable: the token before this one is void already.
        await self._database.write(lambda connection: connection.execute(_KEEP, row), durable=True)
        self._granted[who] = granted

    async def known(self, who: Principal) -> bool:
        """Whether the person has signed in here."""
        return await self._stored(who) is not None

    async def user_id(self, who: Principal) -> str:
        """The API's id of the person. Raises ``UnknownId``."""
        if (stored := await self._stored(who)) is None:
            raise UnknownId("nobody has signed in as this")
        return stored[0]

    async def bearer(self, who: Principal) -> str:
        """A bearer that is good for a while. Raises ``UnknownId`` (sign in again), ``CloudLinkUnavailable``."""
        if (granted := self._good(who)) is not None:
            return granted.bearer
        lock = self._refreshing.setdefault(who, asyncio.Lock())
        async with lock:
            granted = self._good(who) or await self._refresh(who)
        return granted.bearer

    def refused(self, who: Principal, bearer: str) -> None:
        """The API did not take this bearer, whatever its time: the next question gets another."""
        if (granted := self._granted.get(who)) is not None and granted.bearer == bearer:
            del self._granted[who]

    def _good(self, who: Principal) -> Granted | None:
        granted = self._granted.get(who)
        return granted if granted is not None and granted.ends - self._now() > _MARGIN else None

    async def _stored(self, who: Principal) -> tuple[str, str] | None:
        rows = await self._database.read(_STORED, _own(who))
        return (rows[0][0], self._vault.decrypt(rows[0][1])) if rows else None

    async def _refresh(self, who: Principal) -> Granted:
        stored = await self._stored(who)
        while stored is not None:
            user_id, refresh = stored
            try:
                granted = await self._exchange(refresh)
            except ApiError as refusal:
                # Another process may have been first; what it has stored is tried then.
                stored, tried = await self._stored(who), stored
                if stored == tried:
                    await self._sign_out(who, refusal)
                    break
            else:
                await self.keep(who, user_id, granted)
                return granted
        raise UnknownId("the sign-in has ended")

    async def _exchange(self, refresh: str) -> Granted:
        body = {"grant_type": "refresh_token", "refresh_token": refresh, **self.application}
        # Mitel's SDK names the field ``token``, others as the standard does: sent both ways, one is read.
        body["token"] = refresh
        return Granted.read(await self._api.send(Request("POST", "authentication", "/token", body=body)), self._now())

    async def _sign_out(self, who: Principal, refusal: ApiError) -> None:
        def work(connection: Connection) -> None:
            connection.execute(_FORGET, _own(who))
            connection.execute(_DEACTIVATE, _own(who))

        await self._database.write(work)
        self._granted.pop(who, None)
        logger.info("CloudLink ended a sign-in", extra={"account_id": who.account_id, "reason": refusal.name})


def _end(seconds: int | str, now: datetime) -> datetime:
    try:
        return now + timedelta(seconds=int(seconds))
    except (ValueError, OverflowError):
        raise CloudLinkUnavailable("CloudLink answered no lifetime of a token") from None


def _own(who: Principal) -> dict[str, object]:
    return {"of_account": who.account_id, "of_principal": who.principal_id}
