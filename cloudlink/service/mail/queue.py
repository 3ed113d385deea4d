"""The queue of mails: rows that survive restarts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import bindparam, delete, func, select, update

from cloudlink.administration.mails import MailState
from cloudlink.port import UnknownId
from cloudlink.service.mail.letters import PASSWORD_TEMPLATES, SECRETS, Template
from store.schema import accounts, mails, users
from store.upsert import insert
from store.vault import UnreadableSecret

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.accounts import Contact
    from cloudlink.model import Principal
    from cloudlink.service.mail.letters import Values
    from store.database import Database
    from store.vault import Vault

KEPT = timedelta(days=30)
MAX_TRIES = 8
_TAKEN_FOR = timedelta(minutes=5)
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)
_LONGEST_ERROR = 400

_c = mails.c
_ADDRESSEE = (
    select(
        users.c.email,
        users.c.name,
        accounts.c.name.label("account"),
        func.coalesce(users.c.language_code, accounts.c.language_code).label("language_code"),
    )
    .join(accounts, accounts.c.account_id == users.c.account_id)
    .where(users.c.account_id == bindparam("account_id"), users.c.principal_id == bindparam("principal_id"))
)
_ACCOUNT_OF = (
    select(accounts.c.name, accounts.c.language_code)
    .join(users, users.c.account_id == accounts.c.account_id)
    .where(users.c.account_id == bindparam("account_id"), users.c.principal_id == bindparam("principal_id"))
)
_WRITE = insert(mails).on_conflict_do_nothing(index_elements=[_c.mail_id])
_DUE = (
    select(
        _c.mail_id,
        _c.account_id,
        _c.template,
        _c.language_code,
        _c.recipient,
        _c.values_encrypted,
        _c.attempts,
        _c.next_at,
    )
    .where(_c.state == MailState.QUEUED, _c.next_at <= bindparam("now"))
    .order_by(_c.next_at)
    .limit(1)
)
_UNSENT_LINKS = delete(mails).where(
    _c.account_id == bindparam("account_id"),
    _c.principal_id == bindparam("principal_id"),
    _c.template.in_(PASSWORD_TEMPLATES),
    _c.state != MailState.SENT,
)
_THIS = update(mails).where(_c.mail_id == bindparam("of_mail"))
_TAKE = _THIS.where(_c.state == MailState.QUEUED, _c.next_at == bindparam("was_at")).values(next_at=bindparam("at"))
_SENT = _THIS.values(state=MailState.SENT, values_encrypted="", error=None, next_at=None, sent_on=bindparam("at"))
_SHOWN = _THIS.values(state=MailState.SHOWN, next_at=None)
_TRIED = _THIS.values(
    state=bindparam("to_state"), attempts=bindparam("tries"), error=bindparam("words"), next_at=bindparam("at")
)
_FORGET_OLD = delete(mails).where(_c.created_on < bindparam("before"), _c.state != MailState.QUEUED)


@dataclass(frozen=True, slots=True)
class QueuedMail:
    """A mail that is due. ``attempts`` counts those that failed."""

    mail_id: str
    account_id: str
    template: str
    language_code: str
    recipient: str
    values_encrypted: str
    attempts: int


def enqueue(
    connection: Connection,
    vault: Vault,
    to: Principal,
    template: Template,
    values: Values,
    *,
    now: datetime,
    mail_id: str = "",
) -> str:
    """Writes a mail to a user in the caller's transaction, in their language, else their account's; answers its id.

    ``values`` are those that ``letters`` names for the template. With a ``mail_id`` of the caller's, a mail that is
    there already is not written again. Raises ``UnknownId`` when there is no such user.
    """
    who = {"account_id": to.account_id, "principal_id": to.principal_id}
    addressee = connection.execute(_ADDRESSEE, who).first()
    if addressee is None:
        raise UnknownId("no such user")
    letter = {**values, "name": addressee.name, "account": addressee.account}
    mail_id = mail_id or str(uuid4())
    return _write(connection, vault, to, addressee.email, addressee.language_code, template, letter, now, mail_id)


def enqueue_to(  # noqa: PLR0917 - who, to whom, and what
    connection: Connection,
    vault: Vault,
    contact: Contact,
    about: Principal,
    template: Template,
    values: Values,
    *,
    now: datetime,
) -> str:
    """Writes a mail to somebody who need not be a user, in the language of the account; it goes with the user whom it
    is about. Raises ``UnknownId`` when there is no such user.
    """
    who = {"account_id": about.account_id, "principal_id": about.principal_id}
    account = connection.execute(_ACCOUNT_OF, who).first()
    if account is None:
        raise UnknownId("no such user")
    letter = {**values, "name": contact.name, "account": account.name}
    mail_id = str(uuid4())
    return _write(connection, vault, about, contact.email, account.language_code, template, letter, now, mail_id)


def _write(  # noqa: PLR0917 - the parts of one row
    connection: Connection,
    vault: Vault,
    of: Principal,
    recipient: str,
    language_code: str,
    template: Template,
    values: Values,
    now: datetime,
    mail_id: str,
) -> str:
    row = {
        "account_id": of.account_id,
        "principal_id": of.principal_id,
        "mail_id": mail_id,
        "template": template,
        "language_code": language_code,
        "recipient": recipient,
        "values_encrypted": vault.encrypt(json.dumps(dict(values))),
        "state": MailState.QUEUED,
        "attempts": 0,
        "next_at": now,
        "created_on": now,
    }
    connection.execute(_WRITE, row)
    return mail_id


def drop_unsent_links(connection: Connection, to: Principal) -> None:
    """Takes the user's unsent password mails out of the queue: a newer link is about to make theirs void."""
    connection.execute(_UNSENT_LINKS, {"account_id": to.account_id, "principal_id": to.principal_id})


async def take(database: Database, now: datetime) -> QueuedMail | None:
    """The mail that has been due longest, for this caller alone for ``_TAKEN_FOR``; ``None`` when none is due."""
    while rows := await database.read(_DUE, {"now": now}):
        *fields, next_at = rows[0]
        mail = QueuedMail(*fields)
        taken = {"of_mail": mail.mail_id, "was_at": next_at, "at": now + _TAKEN_FOR}
        if await database.write(partial(_took, taken)):
            return mail
    return None


def _took(taken: dict[str, object], connection: Connection) -> bool:
    return connection.execute(_TAKE, taken).rowcount == 1


def read_values(vault: Vault, values_encrypted: str) -> Values:
    """What ``enqueue`` was given, with ``name`` and ``account``. Raises ``UnreadableSecret``."""
    told: Values = json.loads(vault.decrypt(values_encrypted))
    return told


def without_secrets(vault: Vault, mail: QueuedMail, words: str) -> str:
    """What a mail server said, in one line, without the mail's own link and code, which some repeat."""
    try:
        told = read_values(vault, mail.values_encrypted)
    except UnreadableSecret:
        told = {}
    for name in SECRETS:
        if told.get(name):
            words = words.replace(told[name], "***").replace(told[name].rpartition("/")[2], "***")
    return " ".join(words.split())


async def note_sent(database: Database, mail: QueuedMail, now: datetime) -> None:
    """The server has it; what it said is forgotten."""
    await database.write(lambda connection: connection.execute(_SENT, {"of_mail": mail.mail_id, "at": now}))


async def note_shown(database: Database, mail: QueuedMail) -> None:
    """There is no server: it waits for an administrator's eyes."""
    await database.write(lambda connection: connection.execute(_SHOWN, {"of_mail": mail.mail_id}))


async def note_failure(database: Database, mail: QueuedMail, words: str, now: datetime, *, final: bool) -> bool:
    """The server refused it, or could not be reached; answers whether it will be tried again."""
    tries = mail.attempts + 1
    again = not final and tries < MAX_TRIES
    row = {
        "of_mail": mail.mail_id,
        "to_state": MailState.QUEUED if again else MailState.FAILED,
        "tries": tries,
        "words": words[:_LONGEST_ERROR],
        "at": now + min(_LONGEST_WAIT, _FIRST_WAIT * 4**mail.attempts) if again else None,
    }
    await database.write(lambda connection: connection.execute(_TRIED, row))
    return again


async def forget_old(database: Database, now: datetime) -> None:
    """Deletes what was sent, shown or given up more than ``KEPT`` ago."""
    await database.write(lambda connection: connection.execute(_FORGET_OLD, {"before": now - KEPT}))
