"""Sign-ins on their way: a link that opens a page, a grant on that page, a code typed into the chat.

The code ties the person at the page to the person in the chat, so a stranger cannot have someone else sign in for
them. Token and code are stored as hashes only. Who may be granted, what a code looks like and how long it lives are
decided in ``auth``; here each step is one transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, insert, select, update

from cloudlink.model import Principal
from store.clock import Clock, utc_now
from store.identity import TeamsUser
from store.schema import sign_ins
from store.teams_user import key_of, owned_by

if TYPE_CHECKING:
    from datetime import timedelta

    from sqlalchemy import Connection, Row

    from store.database import Database

MAX_WRONG_TRIES = 5

_c = sign_ins.c
_BY_TOKEN = and_(_c.token_hash == bindparam("hash"), _c.expires_at > bindparam("now"))
_REPLACED = delete(sign_ins).where(owned_by(sign_ins))
_EXPIRED = delete(sign_ins).where(_c.expires_at <= bindparam("now"))
_FIND = select(
    _c.app_id, _c.tenant_id, _c.user_id, _c.conversation_id, _c.display_name, _c.language_code, _c.code_hash
).where(_BY_TOKEN)
_GRANT = (
    update(sign_ins)
    .where(_BY_TOKEN, _c.code_hash.is_(None))
    .values(
        account_id=bindparam("granted_account"),
        principal_id=bindparam("granted_principal"),
        code_hash=bindparam("granted_code"),
    )
)
_WAITING = select(_c.token_hash, _c.account_id, _c.principal_id, _c.code_hash, _c.wrong_tries).where(
    owned_by(sign_ins),
    _c.conversation_id == bindparam("conversation_id"),
    _c.code_hash.is_not(None),
    _c.expires_at > bindparam("now"),
)
_CLOSE = delete(sign_ins).where(_c.token_hash == bindparam("hash"))
_COUNT_WRONG = update(sign_ins).where(_c.token_hash == bindparam("hash")).values(wrong_tries=_c.wrong_tries + 1)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A link that is still good. ``granted`` means that its page has shown the code already."""

    user: TeamsUser
    conversation_id: str
    display_name: str
    language_code: str
    granted: bool


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The right code: the sign-in is closed, and this is whom it was granted to."""

    principal: Principal


@dataclass(frozen=True, slots=True)
class WrongCode:
    """Not the code; so many tries are left."""

    tries_left: int


@dataclass(frozen=True, slots=True)
class Burned:
    """The last wrong try: the sign-in is closed, and the right code does not help any more."""


class SignIns:
    """The open sign-ins, at most one for each Teams user."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def open(
        self, user: TeamsUser, conversation_id: str, display_name: str, language_code: str, lifetime: timedelta
    ) -> str:
        """Opens a sign-in in place of any earlier one of the Teams user; answers the token of its link."""
        token = secrets.token_urlsafe(32)
        now = self._now()
        row = {
            **key_of(user),
            "token_hash": _hash(token),
            "conversation_id": conversation_id,
            "display_name": display_name,
            "language_code": language_code,
            "expires_at": now + lifetime,
        }

        def work(connection: Connection) -> None:
            connection.execute(_EXPIRED, {"now": now})
            connection.execute(_REPLACED, key_of(user))
            connection.execute(insert(sign_ins), row)

        await self._database.write(work)
        return token

    async def find(self, token: str) -> SignIn | None:
        """The sign-in of a link; ``None`` when unknown, expired, replaced, redeemed or burned."""
        rows = await self._database.read(_FIND, {"hash": _hash(token), "now": self._now()})
        if not rows:
            return None
        app_id, tenant_id, user_id, conversation_id, display_name, language_code, code_hash = rows[0]
        user = TeamsUser(app_id, tenant_id, user_id)
        return SignIn(user, conversation_id, display_name, language_code, granted=code_hash is not None)

    async def grant(self, token: str, principal: Principal, code: str) -> bool:
        """Grants the sign-in to ``principal`` against ``code``; ``False`` when it is not open or was granted before.

        ``code`` is compared as it is: the caller brings it into one form first, here and in ``redeem``.
        """
        grant = {
            "hash": _hash(token),
            "now": self._now(),
            "granted_account": principal.account_id,
            "granted_principal": principal.principal_id,
            "granted_code": _hash(_hash(token) + code),
        }
        return await self._database.write(lambda connection: connection.execute(_GRANT, grant).rowcount == 1)

    async def redeem(self, user: TeamsUser, conversation_id: str, code: str) -> Redeemed | WrongCode | Burned | None:
        """Tries a code for the sign-in that this Teams user opened in this conversation.

        ``None`` means that no sign-in of theirs waits for a code there. The right code closes the sign-in, and so does
        the fifth wrong one.
        """
        key = {**key_of(user), "conversation_id": conversation_id, "now": self._now()}

        def work(connection: Connection) -> Redeemed | WrongCode | Burned | None:
            waiting = connection.execute(_WAITING, key).first()
            return None if waiting is None else _try(connection, waiting, code)

        return await self._database.write(work)


def _try(connection: Connection, waiting: Row[str, str, str, str, int], code: str) -> Redeemed | WrongCode | Burned:
    token_hash, account_id, principal_id, code_hash, wrong_tries = waiting
    if hmac.compare_digest(code_hash, _hash(token_hash + code)):
        connection.execute(_CLOSE, {"hash": token_hash})
        return Redeemed(Principal(account_id, principal_id))
    if wrong_tries + 1 >= MAX_WRONG_TRIES:
        connection.execute(_CLOSE, {"hash": token_hash})
        return Burned()
    connection.execute(_COUNT_WRONG, {"hash": token_hash})
    return WrongCode(MAX_WRONG_TRIES - wrong_tries - 1)


def _hash(secret: str) -> str:
    """Of a token, or of a code with its token's hash as salt; neither outlives ten minutes, so a fast hash will do."""
    return hashlib.sha256(secret.encode()).hexdigest()
