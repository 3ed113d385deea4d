"""How a table that is keyed by a Teams user finds the rows of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Table

    from store.identity import TeamsUser


def owned_by(table: Table) -> ColumnElement[bool]:
    """The rows of the Teams user whose ``key_of`` is given as parameters."""
    return and_(
        table.c.app_id == bindparam("app_id"),
        table.c.tenant_id == bindparam("tenant_id"),
        table.c.user_id == bindparam("user_id"),
    )


def key_of(user: TeamsUser) -> dict[str, object]:
    """The columns that name a Teams user, as parameters of ``owned_by`` or as part of a new row."""
    return {"app_id": user.app_id, "tenant_id": user.tenant_id, "user_id": user.user_id}
