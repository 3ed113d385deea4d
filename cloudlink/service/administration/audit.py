"""The audit log: written in the transaction of the change, read by administrators, changed by nobody.

Triggers in the database refuse to change an entry, or to delete one while its account is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, select

from cloudlink.administration.audit import AuditPage, Entry
from cloudlink.service.administration.rights import Right, require
from store.schema import audit_log

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from store.database import Database

HIDDEN = "***"
MAX_PAGE = 200
_SECRET_PARTS = ("password", "secret", "token", "key_hash")
_LONGEST_NAME = 200

_c = audit_log.c
_ENTRY = tuple(
    _c[name]
    for name in (
        "id", "account_id", "at", "actor_kind", "actor_id", "actor_name", "address", "correlation_id", "action",
        "subject_kind", "subject_id", "subject_name", "before", "after",
    )
)  # fmt: skip
_NEWEST = (
    select(*_ENTRY)
    .where(_c.account_id == bindparam("account_id"), _c.id < bindparam("before_id"))
    .order_by(_c.id.desc())
    .limit(bindparam("limit"))
)
_OF_SUBJECT = _NEWEST.where(_c.subject_id == bindparam("subject_id"))
_AFTER_ALL = 2**62


def record(
    connection: Connection,
    actor: Actor,
    account_id: str,
    action: str,
    *,
    subject: tuple[str, str, str],
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Writes an entry in the caller's transaction.

    ``action`` is ``noun.verb`` (``user.created``); ``subject`` is its kind, id and name. Give all fields as JSON
    values: only those that differ are kept, and no secret's value.
    """
    kind, subject_id, name = subject
    row = {
        "account_id": account_id,
        "at": now,
        "actor_kind": actor.kind,
        "actor_account_id": actor.account_id,
        "actor_id": actor.actor_id,
        "actor_name": actor.name[:_LONGEST_NAME],
        "address": actor.address,
        "correlation_id": actor.correlation_id,
        "action": action,
        "subject_kind": kind,
        "subject_id": subject_id,
        "subject_name": name,
        "before": _differing(before, after),
        "after": _differing(after, before),
    }
    connection.execute(insert(audit_log), row)


class AuditLog:
    """Fulfils ``Audit``. A cursor is the id of the last entry shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def entries(
        self,
        actor: Actor,
        account_id: str,
        *,
        subject_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AuditPage:
        await require(self._database, actor, account_id, Right.ADMINISTER)
        if not 1 <= limit <= MAX_PAGE:
            raise ValueError(f"limit must be 1 to {MAX_PAGE}")
        before_id = _AFTER_ALL if cursor is None else int(cursor)
        parameters = {"account_id": account_id, "before_id": before_id, "limit": limit + 1}
        # The entries of one subject stand anywhere in the account's, so finding them may take long.
        rows = (
            await self._database.read(_NEWEST, parameters)
            if subject_id is None
            else await self._database.scan(_OF_SUBJECT, {**parameters, "subject_id": subject_id})
        )
        items = [Entry(*row) for row in rows[:limit]]
        return AuditPage(items, str(items[-1].entry_id) if len(rows) > limit else None)


def _differing(these: Mapping[str, Any] | None, those: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if these is None:
        return None
    changed = {name: value for name, value in these.items() if those is None or those.get(name) != value}
    return {name: HIDDEN if _is_secret(name) and value else value for name, value in changed.items()}


def _is_secret(name: str) -> bool:
    return any(part in name for part in _SECRET_PARTS) and not name.endswith("_expiry_hours")
