"""Fulfils ``Users``: questions and transactions around ``people``."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, bindparam, select

from cloudlink.administration.actor import ActorKind
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.administration.users import UserFilter
from cloudlink.identity import LinkPurpose
from cloudlink.service.administration import audit, people, telephony, user_list, user_rows
from cloudlink.service.administration.rights import Right, require, require_in
from cloudlink.service.identity.password_links import invite_in
from cloudlink.service.passwords import hash_password
from store.clock import Clock, utc_now
from store.schema import accounts

if TYPE_CHECKING:
    from datetime import datetime

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.users import NewUser, UserChanges, UserPage, UserRecord
    from store.database import Database
    from store.outbox import Outbox
    from store.vault import Vault

Invite = Callable[[Connection, "UserRecord", LinkPurpose, "datetime"], None]
"""Makes a password link for a user and queues its mail, in the caller's transaction."""

_LIMIT = select(accounts.c.telephony_role_limit).where(accounts.c.account_id == bindparam("account_id"))
_ACTIONS = {LinkPurpose.WELCOME: "user.invited", LinkPurpose.RESET: "user.passwordReset"}


def inviting(vault: Vault, public_url: str) -> Invite:
    """By mail, with links to the pages at ``public_url``."""

    def invite(connection: Connection, record: UserRecord, purpose: LinkPurpose, now: datetime) -> None:
        invite_in(connection, vault, record, purpose, public_url=public_url, now=now)

    return invite


class UserService:
    """Fulfils ``Users``. A user may ask about themselves and have their own password reset."""

    def __init__(self, database: Database, outbox: Outbox, invite: Invite, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = outbox
        self._invite = invite
        self._now = now

    async def find(
        self,
        actor: Actor,
        account_id: str,
        *,
        kind: UserFilter = UserFilter.ALL,
        text: str = "",
        cursor: str | None = None,
        limit: int = 50,
    ) -> UserPage:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        return await user_list.page(self._database, account_id, kind, text, cursor=cursor, limit=limit)

    async def get(self, actor: Actor, account_id: str, principal_id: str) -> UserRecord:
        await require(self._database, actor, account_id, _needed(actor, principal_id))
        return await user_rows.read(self._database, account_id, principal_id)

    async def create(self, actor: Actor, account_id: str, new: NewUser, *, invite: bool = True) -> UserRecord:
        password_hash = await _hash(actor, new)

        def work(connection: Connection) -> UserRecord:
            record = people.add(connection, actor, account_id, new, self._now(), password_hash=password_hash)
            if invite:
                self._invite(connection, record, LinkPurpose.WELCOME, self._now())
            return record

        record = await self._database.write(work)
        self._outbox.wake()
        return record

    async def change(self, actor: Actor, account_id: str, principal_id: str, changes: UserChanges) -> UserRecord:
        record = await self._database.write(
            lambda connection: people.change(connection, actor, account_id, principal_id, changes, self._now())
        )
        self._outbox.wake()
        return record

    async def delete(self, actor: Actor, account_id: str, principal_id: str) -> None:
        await self._database.write(
            lambda connection: people.remove(connection, actor, account_id, principal_id, self._now())
        )
        self._outbox.wake()

    async def invite(self, actor: Actor, account_id: str, principal_id: str) -> None:
        await self._send(actor, account_id, principal_id, LinkPurpose.WELCOME, Right.ADMINISTER)

    async def reset_password(self, actor: Actor, account_id: str, principal_id: str) -> None:
        await self._send(actor, account_id, principal_id, LinkPurpose.RESET, _needed(actor, principal_id))

    async def telephony_roles(self, actor: Actor, account_id: str) -> tuple[int, int]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        ((held,),) = await self._database.read(telephony.HOLDERS, {"account_id": account_id})
        ((limit,),) = await self._database.read(_LIMIT, {"account_id": account_id})
        return held, limit

    async def _send(self, actor: Actor, account_id: str, principal_id: str, purpose: LinkPurpose, right: Right) -> None:
        def work(connection: Connection) -> None:
            require_in(connection, actor, account_id, right)
            record = user_rows.find(connection, account_id, principal_id)
            if not record.user.active:
                raise Refused(Reason.STATE, "active")
            now = self._now()
            self._invite(connection, record, purpose, now)
            subject = ("user", principal_id, record.user.name)
            audit.record(connection, actor, account_id, _ACTIONS[purpose], subject=subject, now=now)

        await self._database.write(work)
        self._outbox.wake()


def _needed(actor: Actor, principal_id: str) -> Right:
    return Right.SEE if actor.kind is ActorKind.USER and actor.actor_id == principal_id else Right.ADMINISTER


async def _hash(actor: Actor, new: NewUser) -> str | None:
    if new.password is None:
        return None
    if actor.kind is not ActorKind.OPERATOR:
        raise NotAllowed("only an operator sets a password for another")
    return await hash_password(new.password)
