"""Signing in by e-mail and password.

Limits: an e-mail address may fail 5 times and a network address 30 times before each further attempt has to wait
(``store.attempts`` says how long). Success forgets the failures of the e-mail address, whose owner it proves. It only
takes back its own attempt from the network address: else whoever has one account could sign in with it between
guesses and never wait. No answer, and no difference in time, tells an unknown e-mail address from a wrong password; an
address that is in several accounts takes one comparison for each. Only a right password tells that its account asks for
another way in.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, update

from cloudlink.port import SignInRefused, SingleSignOnOnly, TooManyAttempts
from cloudlink.service.entra import password_allowed
from cloudlink.service.passwords import verify_password
from store.attempts import Attempts
from store.clock import Clock, utc_now
from store.directory import Directory, fold
from store.schema import users

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.model import User
    from store.database import Database

logger = logging.getLogger(__name__)

_REHASH = (
    update(users)
    .where(
        users.c.account_id == bindparam("of_account"),
        users.c.principal_id == bindparam("of_principal"),
        users.c.password_hash == bindparam("old_hash"),
    )
    .values(password_hash=bindparam("new_hash"))
)


class PasswordSignIn:
    """Answers ``CloudLink.sign_in``."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._directory = Directory(database, now)
        self._by_email = Attempts(database, "sign-in e-mail", allowance=5, now=now)
        self._by_address = Attempts(database, "sign-in address", allowance=30, now=now)

    async def __call__(self, email: str, password: str, address: str) -> Sequence[User]:
        email = fold(email)
        await self._begin(self._by_address, address)
        await self._begin(self._by_email, email)
        opened = await self._open(email, password)
        if not opened:
            raise SignInRefused("e-mail and password do not go together")
        await self._by_email.succeeded(email)
        await self._by_address.take_back(address)
        allowed = [user for user in opened if await password_allowed(self._database, user.account_id)]
        if not allowed:
            raise SingleSignOnOnly("the account allows no passwords")
        return allowed

    @staticmethod
    async def _begin(attempts: Attempts, key: str) -> None:
        if wait := await attempts.begin(key):
            logger.warning("signing in is paused", extra={"seconds": round(wait)})
            raise TooManyAttempts(wait)

    async def _open(self, email: str, password: str) -> Sequence[User]:
        candidates = await self._directory.users_by_email(email)
        if not candidates:
            await verify_password(None, password)
        return [user for user, stored in candidates if await self._is_right(user, stored, password)]

    async def _is_right(self, user: User, stored: str | None, password: str) -> bool:
        verdict = await verify_password(stored, password)
        if verdict.new_hash is not None:
            rehash = {
                "of_account": user.account_id,
                "of_principal": user.principal_id,
                "old_hash": stored,
                "new_hash": verdict.new_hash,
            }
            await self._database.write(lambda connection: connection.execute(_REHASH, rehash))
        return verdict.right
