"""Fulfils ``Mails``: what the service has written to the users of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, select, update

from cloudlink.administration.mails import Mail, MailState
from cloudlink.port import UnknownId
from cloudlink.service.administration import audit
from cloudlink.service.administration.rights import Right, require, require_in
from cloudlink.service.mail import queue
from cloudlink.service.mail.rendering import render
from store.clock import Clock, utc_now
from store.schema import mails

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.mails import Message
    from store.database import Database
    from store.vault import Vault

MAX_PAGE = 200

_c = mails.c
_RECENT = (
    select(*(_c[name] for name in Mail.__dataclass_fields__))
    .where(_c.account_id == bindparam("account_id"))
    .order_by(_c.created_on.desc(), _c.mail_id)
    .limit(bindparam("limit"))
)
_UNSENT = select(_c.template, _c.language_code, _c.recipient, _c.values_encrypted, _c.state).where(
    _c.account_id == bindparam("account_id"), _c.mail_id == bindparam("mail_id"), _c.state != MailState.SENT
)
_AGAIN = (
    update(mails)
    .where(
        _c.account_id == bindparam("of_account"),
        _c.mail_id == bindparam("of_mail"),
        _c.state.in_((MailState.FAILED, MailState.SHOWN)),
    )
    .values(state=MailState.QUEUED, attempts=0, error=None, next_at=bindparam("now"))
)


class MailService:
    """Fulfils ``Mails``. ``wake`` tells the worker that there is something to send."""

    def __init__(
        self, database: Database, vault: Vault, wake: Callable[[], None] = lambda: None, now: Clock = utc_now
    ) -> None:
        self._database = database
        self._vault = vault
        self._wake = wake
        self._now = now

    async def recent(self, actor: Actor, account_id: str, *, limit: int = 50) -> Sequence[Mail]:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        return [Mail(*row) for row in await self._database.read(_RECENT, {"account_id": account_id, "limit": limit})]

    async def message(self, actor: Actor, account_id: str, mail_id: str) -> Message:
        def work(connection: Connection) -> Any:
            row = self._unsent(connection, actor, account_id, mail_id)
            subject, told = ("mail", mail_id, row.recipient), {"template": row.template}
            audit.record(connection, actor, account_id, "mail.read", subject=subject, now=self._now(), after=told)
            return row

        row = await self._database.write(work)
        return render(row.template, row.language_code, queue.read_values(self._vault, row.values_encrypted))

    async def retry(self, actor: Actor, account_id: str, mail_id: str) -> None:
        def work(connection: Connection) -> None:
            row = self._unsent(connection, actor, account_id, mail_id)
            again = {"of_account": account_id, "of_mail": mail_id, "now": self._now()}
            if connection.execute(_AGAIN, again).rowcount == 1:
                subject, told = ("mail", mail_id, row.recipient), {"template": row.template}
                audit.record(
                    connection, actor, account_id, "mail.retried", subject=subject, now=self._now(), after=told
                )

        await self._database.write(work)
        self._wake()

    @staticmethod
    def _unsent(connection: Connection, actor: Actor, account_id: str, mail_id: str) -> Any:
        require_in(connection, actor, account_id, Right.ADMINISTER)
        row = connection.execute(_UNSENT, {"account_id": account_id, "mail_id": mail_id}).first()
        if row is None:
            raise UnknownId("no such mail, or it was sent")
        return row
