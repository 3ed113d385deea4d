"""Users as one transaction each: made, changed, removed.

Whoever changes a user comes here: console, file, public API, SCIM, command line. Each function takes the connection of
the caller's ``Database.write``, checks the actor's rights and every value, writes the row, the device, the audit entry
and the outbox events, or raises; then wake the outbox.

``unique_user_id`` names one person in several accounts. An e-mail address that somebody typed proves nothing, so a new
user has an id of their own, and again whenever their address changes; ``proved`` gives those who have shown that
they read the same address the same id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from cloudlink import topics
from cloudlink.administration.actor import ActorKind
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.service.administration import access, audit, roles, telephony, unique, user_fields, user_rows
from cloudlink.service.administration.rights import Right, require_in
from cloudlink.service.administration.user_rows import audited
from cloudlink.service.identity.password_links import void_in
from store import outbox
from store.directory import fold, person_who_reads
from store.people.index import index_user
from store.rows import dial_settings
from store.schema import accounts, integrations, users

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from cloudlink.administration.actor import Actor
    from cloudlink.administration.users import NewUser, UserChanges, UserRecord

    AccountRow = Row[bool, dict[str, Any], int]

# What Entra ID decides of the users that it assigned. Roles and the extension stay the administrators'.
_ENTRAS = frozenset({
    "name", "given_name", "family_name", "email", "login_id", "mobile", "phone", "language_code", "time_zone", "active",
})  # fmt: skip

_FOUND_BY = frozenset({"name", "email", "login_id", "extension", "mobile", "phone", "active"})

_ACCOUNT = select(accounts.c.partner, accounts.c.dialing, accounts.c.telephony_role_limit).where(
    accounts.c.account_id == bindparam("account_id")
)
_SYNC_IS_ON = select(integrations.c.kind).where(
    integrations.c.account_id == bindparam("account_id"),
    integrations.c.kind == IntegrationKind.ENTRA_SYNC.value,
    integrations.c.enabled.is_(True),
)
_USER = (users.c.account_id == bindparam("of_account")) & (users.c.principal_id == bindparam("of_principal"))
_INSERT = insert(users)
_DELETE = delete(users).where(_USER)


def add(
    connection: Connection,
    actor: Actor,
    account_id: str,
    new: NewUser,
    now: datetime,
    *,
    password_hash: str | None = None,
) -> UserRecord:
    """Makes a user. ``password_hash`` is of ``new.password``, which is not looked at here.

    Raises ``UnknownId``, ``NotAllowed``, ``Refused``.
    """
    record = _insert(connection, actor, account_id, new, now, password_hash=password_hash)
    if record.user.extension is not None:
        outbox.append(connection, account_id, topics.EXTENSIONS_CHANGED, {}, now)
    return record


def add_many(
    connection: Connection, actor: Actor, account_id: str, news: Sequence[NewUser], now: datetime
) -> Sequence[UserRecord | Refused]:
    """Makes those who can be made; the others' refusals stand in their places. Gateways are told once for all."""
    made: list[UserRecord | Refused] = []
    for new in news:
        try:
            with connection.begin_nested():
                made.append(_insert(connection, actor, account_id, new, now))
        except Refused as refusal:
            made.append(refusal)
    if any(not isinstance(one, Refused) and one.user.extension for one in made):
        outbox.append(connection, account_id, topics.EXTENSIONS_CHANGED, {}, now)
    return made


def change(  # noqa: PLR0917 - each of them stands for one word of the question
    connection: Connection, actor: Actor, account_id: str, principal_id: str, changes: UserChanges, now: datetime
) -> UserRecord:
    """Changes what differs; nothing when nothing does. Raises ``UnknownId``, ``NotAllowed``, ``Refused``."""
    require_in(connection, actor, account_id, Right.ADMINISTER)
    account = _account(connection, account_id)
    old = user_rows.find(connection, account_id, principal_id)
    differing = user_fields.of_changes(changes, old, dial_settings(account.dialing).region)
    if not differing:
        return old
    _check_change(connection, actor, account, old, differing)
    new = _update(connection, actor, old, differing, now)
    if differing.keys() & _FOUND_BY:
        index_user(connection, account_id, principal_id)
    _record(connection, actor, "user.changed", new, now, before=audited(old), after=audited(new))
    _move_device(connection, old, new, now)
    if old.user.role in roles.ADMINISTRATORS and new.user.role not in roles.ADMINISTRATORS:
        access.end_administration(connection, account_id, principal_id)
    if old.user.active and not new.user.active:
        access.end(connection, account_id, principal_id, now)
        outbox.append(connection, account_id, topics.USER_DEACTIVATED, {"principal_id": principal_id}, now)
    outbox.append(connection, account_id, topics.USER_CHANGED, {"principal_id": principal_id}, now)
    return new


def proved(connection: Connection, account_id: str, principal_id: str, now: datetime) -> None:
    """The user has shown, by what stands in a mail, that they read their address. Registers them the first time.

    It is part of the caller's change, who counts the version and tells of it. Raises ``UnknownId``.
    """
    old = user_rows.find(connection, account_id, principal_id)
    if old.email_verified and old.registered_on is not None:
        return
    values = {
        "email_verified": True,
        "registered_on": old.registered_on or now,
        "unique_user_id": person_who_reads(connection, old.user.email) or old.unique_user_id,
    }
    connection.execute(update(users).where(_USER).values(values), _key(old))


def remove(connection: Connection, actor: Actor, account_id: str, principal_id: str, now: datetime) -> None:
    """Deletes the user with their calls. Raises ``UnknownId``, ``NotAllowed``, ``Refused``."""
    require_in(connection, actor, account_id, Right.ADMINISTER)
    old = user_rows.find(connection, account_id, principal_id)
    _refuse_synchronised(connection, actor, old, "")
    if old.user.role in roles.ADMINISTRATORS:
        roles.check_another_administrator(connection, account_id, principal_id)
    _record(connection, actor, "user.deleted", old, now, before=_told(old))
    access.forget(connection, account_id, principal_id)
    connection.execute(_DELETE, _key(old))
    index_user(connection, account_id, principal_id)
    outbox.append(connection, account_id, topics.USER_DEACTIVATED, {"principal_id": principal_id}, now)
    if old.user.active and old.user.extension is not None:
        outbox.append(connection, account_id, topics.EXTENSIONS_CHANGED, {}, now)


def _insert(
    connection: Connection,
    actor: Actor,
    account_id: str,
    new: NewUser,
    now: datetime,
    *,
    password_hash: str | None = None,
) -> UserRecord:
    require_in(connection, actor, account_id, Right.ADMINISTER)
    account = _account(connection, account_id)
    values = user_fields.of_new(new, dial_settings(account.dialing).region)
    roles.check_given(actor, values["role"], partner_account=account.partner)
    if values["telephony_role"] is not None:
        _check_telephony_role(connection, account_id, account, values["telephony_role"], None)
    row = {
        **values,
        "account_id": account_id,
        "principal_id": str(uuid4()),
        "unique_user_id": str(uuid4()),
        "active": True,
        "password_hash": password_hash,
        "site_id": None,
        "email_verified": False,
        "registered_on": now if password_hash else None,
        "synchronised": actor.kind is ActorKind.SYNC,
        "created_on": now,
        "created_by": actor.actor_id,
        "modified_on": now,
        "modified_by": actor.actor_id,
        "version": 1,
    }
    unique.check(connection, row)
    try:
        connection.execute(_INSERT, row)
    except IntegrityError as error:
        raise unique.refusal(error) from None
    record = user_rows.of_values(row)
    telephony.move(connection, account_id, record.user.principal_id, None, record.user.extension)
    index_user(connection, account_id, record.user.principal_id)
    _record(connection, actor, "user.created", record, now, after=_told(record))
    outbox.append(connection, account_id, topics.USER_CHANGED, {"principal_id": record.user.principal_id}, now)
    return record


def _check_change(
    connection: Connection,
    actor: Actor,
    account: AccountRow,
    old: UserRecord,
    differing: Mapping[str, Any],
) -> None:
    account_id, principal_id = old.user.account_id, old.user.principal_id
    if field := min(differing.keys() & _ENTRAS, default=""):
        _refuse_synchronised(connection, actor, old, field)
    if "role" in differing:
        roles.check_exchanged(actor, old.user.role, differing["role"], partner_account=account.partner)
    if old.user.active and old.user.role in roles.ADMINISTRATORS and differing.keys() & {"role", "active"}:
        roles.check_another_administrator(connection, account_id, principal_id)
    if differing.get("telephony_role") is not None:
        _check_telephony_role(connection, account_id, account, differing["telephony_role"], old.telephony_role)
    if differing.keys() & unique.COLUMNS.keys():
        unique.check(connection, {**user_rows.to_values(old), **dict.fromkeys(unique.COLUMNS), **differing})


def _update(
    connection: Connection, actor: Actor, old: UserRecord, differing: Mapping[str, Any], now: datetime
) -> UserRecord:
    values = {**differing, "version": old.version + 1, "modified_on": now, "modified_by": actor.actor_id}
    if "email_folded" in differing and differing["email_folded"] != fold(old.user.email):
        values |= {"email_verified": False, "unique_user_id": str(uuid4())}
        void_in(connection, old.user.principal, now)
    try:
        connection.execute(update(users).where(_USER).values(values), _key(old))
    except IntegrityError as error:
        raise unique.refusal(error) from None
    return user_rows.of_values({**user_rows.to_values(old), **values})


def _key(record: UserRecord) -> dict[str, str]:
    return {"of_account": record.user.account_id, "of_principal": record.user.principal_id}


def _move_device(connection: Connection, old: UserRecord, new: UserRecord, now: datetime) -> None:
    before = old.user.extension if old.user.active else None
    after = new.user.extension if new.user.active else None
    if before != after:
        telephony.move(connection, new.user.account_id, new.user.principal_id, before, after)
    elif after is None or old.telephony_role == new.telephony_role:
        return
    outbox.append(connection, new.user.account_id, topics.EXTENSIONS_CHANGED, {}, now)


def _account(connection: Connection, account_id: str) -> AccountRow:
    return connection.execute(_ACCOUNT, {"account_id": account_id}).one()


def _check_telephony_role(
    connection: Connection, account_id: str, account: AccountRow, role: str, held: str | None
) -> None:
    telephony.check_asked_for(connection, account_id, role)
    if held is None:
        telephony.check_limit(connection, account_id, account.telephony_role_limit)


def _refuse_synchronised(connection: Connection, actor: Actor, old: UserRecord, field: str) -> None:
    """Only while Sync is on: else nobody could change whom it has left behind."""
    if not old.synchronised or actor.kind is ActorKind.SYNC:
        return
    if connection.execute(_SYNC_IS_ON, {"account_id": old.user.account_id}).first() is not None:
        raise Refused(Reason.SYNCHRONISED, field)


def _told(record: UserRecord) -> dict[str, Any]:
    return {name: value for name, value in audited(record).items() if value not in {None, ""}}


def _record(
    connection: Connection,
    actor: Actor,
    action: str,
    user: UserRecord,
    now: datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    subject = ("user", user.user.principal_id, user.user.name)
    audit.record(connection, actor, user.user.account_id, action, subject=subject, now=now, before=before, after=after)
