"""Rows of ours for the accounts and users of the hosted CloudLink.

The assistant's own state (who is connected, links of call buttons) belongs to rows of ``accounts`` and ``users``, so
whoever signs in has such rows. What the API does not tell of an account (time zone, dialling) is ours alone: an
operator sets it, and no sign-in undoes it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select, update

from cloudlink.port import UnknownId
from store.clock import Clock, utc_now
from store.directory import fold
from store.rows import ACCOUNT_COLUMNS, USER_COLUMNS, to_account, to_user
from store.schema import accounts, users
from store.upsert import insert

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloudlink.model import Account, Principal, User
    from store.database import Database

_ACCOUNT = select(*ACCOUNT_COLUMNS).where(accounts.c.account_id == bindparam("account_id"))
_USER = select(*USER_COLUMNS).where(
    users.c.account_id == bindparam("account_id"), users.c.principal_id == bindparam("principal_id")
)
_KEEP_ACCOUNT = insert(accounts)
_KEEP_ACCOUNT = _KEEP_ACCOUNT.on_conflict_do_update(
    index_elements=[accounts.c.account_id],
    set_={name: _KEEP_ACCOUNT.excluded[name] for name in ("name", "language_code", "active")},
)
_TOLD = ("name", "name_folded", "email", "email_folded", "role", "extension", "mobile", "language_code", "active")
_KEEP_USER = insert(users)
_KEEP_USER = _KEEP_USER.on_conflict_do_update(
    index_elements=[users.c.account_id, users.c.principal_id],
    set_={name: _KEEP_USER.excluded[name] for name in _TOLD},
)
_OTHERS = (users.c.account_id == bindparam("of_account")) & (users.c.principal_id != bindparam("of_principal"))
# What one person has now, no other has any more: an address is unique in an account, and so is an extension.
_MOVED_ADDRESS = delete(users).where(_OTHERS, users.c.email_folded == bindparam("address"))
_MOVED_EXTENSION = update(users).where(_OTHERS, users.c.extension == bindparam("moved")).values(extension=None)


class Mirror:
    """The rows of those who have signed in."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self.database = database
        self._now = now

    async def keep(self, account: Account, user: User) -> None:
        """Writes what the API has just told; the account's time zone and dialling stay as they are."""
        now = self._now()
        user_row = {
            **asdict(user),
            "name_folded": fold(user.name),
            "email_folded": fold(user.email),
            "created_on": now,
        }

        def work(connection: Connection) -> None:
            connection.execute(_KEEP_ACCOUNT, {**asdict(account), "created_on": now})
            others = {"of_account": user.account_id, "of_principal": user.principal_id}
            connection.execute(_MOVED_ADDRESS, {**others, "address": fold(user.email)})
            connection.execute(_MOVED_EXTENSION, {**others, "moved": user.extension})
            connection.execute(_KEEP_USER, user_row)

        await self.database.write(work)

    async def account(self, account_id: str) -> Account:
        """The row. Raises ``UnknownId``."""
        rows = await self.database.read(_ACCOUNT, {"account_id": account_id})
        if not rows:
            raise UnknownId("no such account")
        return to_account(rows[0])

    async def user(self, who: Principal) -> User:
        """The row. Raises ``UnknownId``."""
        parameters = {"account_id": who.account_id, "principal_id": who.principal_id}
        rows = await self.database.read(_USER, parameters)
        if not rows:
            raise UnknownId("no such user")
        return to_user(rows[0])
