"""Fulfils ``Accounts``: each change is one transaction with its audit entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Connection, bindparam, insert, select, update

from cloudlink import topics
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration import (
    account_fields,
    account_list,
    account_rows,
    audit,
    closing,
    export,
)
from cloudlink.service.administration.account_rows import audited
from cloudlink.service.administration.rights import Right, require, require_in
from store import outbox
from store.clock import Clock, utc_now
from store.schema import accounts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from cloudlink.administration.accounts import AccountChanges, AccountPage, AccountRecord, NewAccount
    from cloudlink.administration.actor import Actor
    from store.database import Database
    from store.outbox import Outbox

_IS_PARTNER = select(accounts.c.partner).where(accounts.c.account_id == bindparam("account_id"))
_ACCOUNT = accounts.c.account_id == bindparam("of_account")


class AccountService:
    """Fulfils ``Accounts``."""

    def __init__(self, database: Database, outbox: Outbox, now: Clock = utc_now) -> None:
        self._database = database
        self._outbox = outbox
        self._now = now

    async def find(self, actor: Actor, text: str = "", *, cursor: str | None = None, limit: int = 50) -> AccountPage:
        return await account_list.page(self._database, actor, text, cursor=cursor, limit=limit)

    async def get(self, actor: Actor, account_id: str) -> AccountRecord:
        await require(self._database, actor, account_id, Right.SEE)
        return await account_rows.read(self._database, account_id)

    async def create(self, actor: Actor, new: NewAccount) -> AccountRecord:
        return await self._write(lambda connection: self._create(connection, actor, new))

    async def change(self, actor: Actor, account_id: str, changes: AccountChanges) -> AccountRecord:
        def work(connection: Connection) -> AccountRecord:
            require_in(connection, actor, account_id, Right.ADMINISTER)
            _check_partners_alone(actor, changes)
            return self._update(connection, actor, account_id, "account.changed", account_fields.of_changes(changes))

        return await self._write(work)

    async def set_active(self, actor: Actor, account_id: str, *, active: bool) -> AccountRecord:
        def work(connection: Connection) -> AccountRecord:
            require_in(connection, actor, account_id, Right.OWN)
            before = account_rows.find(connection, account_id)
            if before.account.active == active:
                return before
            # A deletion asks for an export since the deactivation, so an earlier one does not count any more.
            values = {"active": active, "exported_on": None}
            action = "account.activated" if active else "account.deactivated"
            record = self._update(connection, actor, account_id, action, values)
            if not active:
                closing.end_access(connection, account_id)
                outbox.append(connection, account_id, topics.ACCOUNT_DEACTIVATED, {}, self._now())
            return record

        return await self._write(work)

    async def export(self, actor: Actor, account_id: str) -> AsyncIterator[bytes]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        async for part in export.lines(self._database, account_id, self._now()):
            yield part
        await self._database.write(lambda connection: self._note_export(connection, actor, account_id))

    async def delete(self, actor: Actor, account_id: str) -> None:
        def check(connection: Connection) -> AccountRecord:
            require_in(connection, actor, account_id, Right.OWN)
            record = account_rows.find(connection, account_id)
            closing.check(record)
            return record

        def work(connection: Connection) -> None:
            record = check(connection)
            closing.delete_in(connection, account_id)
            if record.partner_id is not None:
                subject = ("account", account_id, record.account.name)
                audit.record(connection, actor, record.partner_id, "account.deleted", subject=subject, now=self._now())

        await self._database.write(check)
        await closing.delete_calls(self._database, account_id)
        await self._database.write(work)

    async def _write(self, work: Any) -> AccountRecord:
        record: AccountRecord = await self._database.write(work)
        self._outbox.wake()
        return record

    def _create(self, connection: Connection, actor: Actor, new: NewAccount) -> AccountRecord:
        row = {
            **account_fields.of_new(new),
            "account_id": str(uuid4()),
            "active": True,
            "partner": new.partner,
            "partner_id": _partner_of_new(connection, actor, new),
            "created_on": self._now(),
            "created_by": actor.actor_id,
            "modified_on": self._now(),
            "modified_by": actor.actor_id,
        }
        connection.execute(insert(accounts), row)
        record = account_rows.find(connection, row["account_id"])
        self._record(connection, actor, "account.created", record, after=_told(record))
        return record

    def _update(
        self, connection: Connection, actor: Actor, account_id: str, action: str, values: Mapping[str, Any]
    ) -> AccountRecord:
        before = account_rows.find(connection, account_id)
        stamped = {**values, "modified_on": self._now(), "modified_by": actor.actor_id}
        connection.execute(update(accounts).where(_ACCOUNT).values(stamped), {"of_account": account_id})
        after = account_rows.find(connection, account_id)
        if audited(before) != audited(after):
            self._record(connection, actor, action, after, before=audited(before), after=audited(after))
        return after

    def _note_export(self, connection: Connection, actor: Actor, account_id: str) -> None:
        values = {"exported_on": self._now()}
        connection.execute(update(accounts).where(_ACCOUNT).values(values), {"of_account": account_id})
        self._record(connection, actor, "account.exported", account_rows.find(connection, account_id))

    def _record(
        self,
        connection: Connection,
        actor: Actor,
        action: str,
        record: AccountRecord,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
    ) -> None:
        subject = ("account", record.account_id, record.account.name)
        audit.record(
            connection, actor, record.account_id, action, subject=subject, now=self._now(), before=before, after=after
        )


def _partner_of_new(connection: Connection, actor: Actor, new: NewAccount) -> str | None:
    """Whose customer it will be. Raises ``NotAllowed``, ``Refused``."""
    if actor.unbound:
        if new.partner_id is not None and (new.partner or not _is_partner(connection, new.partner_id)):
            raise Refused(Reason.UNKNOWN_VALUE, "partner_id")
        return new.partner_id
    if actor.role != Role.PARTNER_ADMIN or actor.account_id is None or new.partner:
        raise NotAllowed("only a partner makes customers, only an operator makes partners")
    if not _is_partner(connection, actor.account_id):
        raise UnknownId("no such partner account")
    if new.partner_id not in {None, actor.account_id}:
        raise UnknownId("no such partner account")
    return actor.account_id


def _is_partner(connection: Connection, account_id: str) -> bool:
    return connection.execute(_IS_PARTNER, {"account_id": account_id}).scalar_one_or_none() is True


def _check_partners_alone(actor: Actor, changes: AccountChanges) -> None:
    if changes.keys() & account_fields.PARTNERS_ALONE and not (actor.unbound or actor.role == Role.PARTNER_ADMIN):
        raise NotAllowed("only a partner changes limits and lifetimes")


def _told(record: AccountRecord) -> dict[str, Any]:
    return {name: value for name, value in audited(record).items() if value is not None and value != ()}
