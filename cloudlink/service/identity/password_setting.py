"""Setting a password by a link or a code of a mail: fulfils ``PasswordLinks``.

Limits (``store.attempts``): an address may ask for 20 mails or type 20 codes before each further one has to wait, an
e-mail address for 3 and 10, a dead link can be exchanged 3 times. Asking for a mail takes as long for an unknown
address as for a known one, since the mail is made after the answer.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from cloudlink import correlation
from cloudlink.administration.actor import Actor
from cloudlink.identity import DeadLink, LinkPurpose, PasswordLink, PasswordNotAllowed
from cloudlink.port import TooManyAttempts
from cloudlink.service.administration import audit, people
from cloudlink.service.identity import password_rules
from cloudlink.service.identity.password_links import (
    CODE_LIFETIME,
    CODE_TRIES,
    add_link,
    code_fingerprint,
    hash_token,
    send_link,
    void_in,
)
from cloudlink.service.identity.sessions import end_all_in
from cloudlink.service.passwords import hash_password
from cloudlink.topics import USER_CHANGED
from store import outbox
from store.attempts import Attempts
from store.clock import Clock, utc_now
from store.directory import Directory, fold
from store.rows import USER_COLUMNS, to_user
from store.schema import accounts, password_links, users

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.model import User
    from store.database import Database
    from store.outbox import Outbox
    from store.vault import Vault

logger = logging.getLogger(__name__)

_c = password_links.c
_ACTIVE = users.c.active.is_(True) & accounts.c.active.is_(True)
_OF_ACTIVE_USERS = password_links.join(
    users, (_c.account_id == users.c.account_id) & (_c.principal_id == users.c.principal_id)
).join(accounts, accounts.c.account_id == users.c.account_id)
_LINK = (
    select(_c.purpose, _c.expires_at, _c.used_on, users.c.registered_on, *USER_COLUMNS)
    .select_from(_OF_ACTIVE_USERS)
    .where(_c.token_hash == bindparam("token_hash"), _ACTIVE)
)
_USE = (
    update(password_links)
    .where(_c.token_hash == bindparam("of_link"), _c.used_on.is_(None), _c.expires_at > bindparam("now"))
    .values(used_on=bindparam("now"), code_hash=None)
)
_CODES = (
    select(_c.token_hash, _c.code_hash, _c.purpose, *USER_COLUMNS)
    .select_from(_OF_ACTIVE_USERS)
    .where(
        users.c.email_folded == bindparam("email"),
        _c.code_hash.is_not(None),
        _c.used_on.is_(None),
        _c.expires_at > bindparam("now"),
        _c.created_on > bindparam("since"),
        _c.wrong_tries < CODE_TRIES,
        _ACTIVE,
    )
)
_WRONG = update(password_links).where(_c.token_hash == bindparam("of_link")).values(wrong_tries=_c.wrong_tries + 1)
_SET = (
    update(users)
    .where(users.c.account_id == bindparam("of_account"), users.c.principal_id == bindparam("of_principal"))
    .where(users.c.active.is_(True))
    .values(
        password_hash=bindparam("hash"),
        modified_on=bindparam("now"),
        modified_by=bindparam("of_principal"),
        version=users.c.version + 1,
    )
)


async def _everybody(_: User) -> bool:
    return True


class MailedPasswordLinks:
    """``allowed`` is ``EntraSignIn.password_allowed``."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        outbox: Outbox,
        *,
        public_url: str,
        allowed: Callable[[User], Awaitable[bool]] = _everybody,
        now: Clock = utc_now,
    ) -> None:
        self._database = database
        self._vault = vault
        self._outbox = outbox
        self._public_url = public_url
        self._allowed = allowed
        self._now = now
        self._directory = Directory(database, now)
        self._mails_by_address = Attempts(database, "password mail address", allowance=20, now=now)
        self._mails_by_email = Attempts(database, "password mail e-mail", allowance=3, now=now)
        self._codes_by_address = Attempts(database, "password code address", allowance=20, now=now)
        self._codes_by_email = Attempts(database, "password code e-mail", allowance=10, now=now)
        self._renewals = Attempts(database, "password link", allowance=3, now=now)
        self._sending: set[asyncio.Task[None]] = set()

    async def of_link(self, token: str) -> PasswordLink:
        rows = await self._database.read(_LINK, {"token_hash": hash_token(token)})
        if not rows:
            raise DeadLink
        purpose, expires_at, used_on, _, *fields = rows[0]
        if used_on is not None or expires_at <= self._now():
            raise DeadLink(used=used_on is not None)
        user = to_user(fields)
        if not await self._allowed(user):
            raise PasswordNotAllowed("the account signs in by Entra ID")
        return PasswordLink(purpose, user, expires_at)

    async def set_password(self, token: str, password: str, *, address: str) -> User:
        user = (await self.of_link(token)).user
        await password_rules.check(password, user)
        password_hash = await hash_password(password)
        actor = Actor.of_user(user, address=address, correlation_id=correlation.current())
        link, now = hash_token(token), self._now()
        await self._database.write(
            lambda c: _set_password(c, actor, user, link=link, password_hash=password_hash, now=now)
        )
        self._outbox.wake()
        logger.info("a password was set", extra={"account_id": user.account_id})
        return user

    async def token_of_code(self, email: str, code: str, *, address: str) -> str:
        email = fold(email)
        await _begin(self._codes_by_address, address)
        await _begin(self._codes_by_email, email)
        now, code = self._now(), "".join(filter(str.isdecimal, code))
        token = await self._database.write(lambda connection: self._redeem(connection, email, code, now))
        if token is None:
            raise DeadLink
        await self._codes_by_email.succeeded(email)
        await self._codes_by_address.take_back(address)
        return token

    async def forgot(self, email: str, *, address: str) -> None:
        email = fold(email)
        await _begin(self._mails_by_address, address)
        await _begin(self._mails_by_email, email)
        sending = asyncio.create_task(self._send_resets(email))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def renew(self, token: str, *, address: str) -> None:
        token_hash = hash_token(token)
        await _begin(self._mails_by_address, address)
        await _begin(self._renewals, token_hash)
        rows = await self._database.read(_LINK, {"token_hash": token_hash})
        if not rows:
            return
        purpose, _, _, registered_on, *fields = rows[0]
        new = purpose == LinkPurpose.WELCOME and registered_on is None
        await self._send(to_user(fields), LinkPurpose.WELCOME if new else LinkPurpose.RESET)

    async def close(self) -> None:
        """Returns when every mail that was asked for is in the queue."""
        await asyncio.gather(*self._sending)

    async def _send_resets(self, email: str) -> None:
        try:
            for user, _ in await self._directory.users_by_email(email):
                await self._send(user, LinkPurpose.RESET)
        except Exception:
            # The answer was given before: whoever waits in vain asks again.
            logger.exception("a reset mail was not queued")

    async def _send(self, user: User, purpose: LinkPurpose) -> None:
        if not await self._allowed(user):
            return
        now = self._now()
        await self._database.write(
            lambda c: send_link(c, self._vault, user, purpose, public_url=self._public_url, now=now)
        )

    def _redeem(self, connection: Connection, email: str, code: str, now: datetime) -> str | None:
        """A new link in place of the one whose code it is; else the try counts for each that it might have been."""
        parameters = {"email": email, "now": now, "since": now - CODE_LIFETIME}
        candidates = connection.execute(_CODES, parameters).all()
        for candidate in candidates:
            if self._is_code_of(candidate, code):
                user, token = to_user(candidate[3:]), secrets.token_urlsafe(32)
                void_in(connection, user.principal, now)
                add_link(connection, self._vault, user, candidate.purpose, token=token, now=now, lifetime=CODE_LIFETIME)
                return token
        for candidate in candidates:
            connection.execute(_WRONG, {"of_link": candidate.token_hash})
        return None

    def _is_code_of(self, candidate: Any, code: str) -> bool:
        return hmac.compare_digest(candidate.code_hash, code_fingerprint(self._vault, candidate.principal_id, code))


def _set_password(
    connection: Connection, actor: Actor, user: User, *, link: str, password_hash: str, now: datetime
) -> None:
    key = {"of_account": user.account_id, "of_principal": user.principal_id, "now": now}
    used = connection.execute(_USE, {"of_link": link, "now": now}).rowcount == 1
    if not used or connection.execute(_SET, {**key, "hash": password_hash}).rowcount == 0:
        raise DeadLink(used=not used)
    # Whoever has the link, or the code beside it, reads the mail.
    people.proved(connection, user.account_id, user.principal_id, now)
    void_in(connection, user.principal, now)
    end_all_in(connection, user.account_id, user.principal_id)
    audit.record(
        connection,
        actor,
        user.account_id,
        "user.passwordSet",
        subject=("user", user.principal_id, user.name),
        now=now,
        after={"password": True},
    )
    outbox.append(connection, user.account_id, USER_CHANGED, {"principal_id": user.principal_id}, now)


async def _begin(attempts: Attempts, key: str) -> None:
    if wait := await attempts.begin(key):
        raise TooManyAttempts(wait)
