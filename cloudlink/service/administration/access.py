"""What ends when a user may no longer come in, and what goes with one who is deleted.

Most rows go with the user's by foreign keys; here are those that end earlier, and those that only name the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, select

from cloudlink.model import Principal
from cloudlink.service.identity.password_links import void_in
from cloudlink.service.identity.sessions import end_all_in
from store.schema import (
    connections,
    deliveries,
    dial_links,
    mails,
    problem_reports,
    sign_ins,
    subscriptions,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Delete, Table


def _of_user(table: Table) -> ColumnElement[bool]:
    return and_(
        table.c.account_id == bindparam("of_account"),
        table.c.principal_id == bindparam("of_principal"),
    )


_CONNECTIONS = delete(connections).where(_of_user(connections))


def _subscriptions(made: ColumnElement[bool]) -> tuple[Delete, ...]:
    """What is still to be told, and the subscriptions."""
    theirs = select(subscriptions.c.subscription_id).where(made)
    return delete(deliveries).where(deliveries.c.subscription_id.in_(theirs)), delete(subscriptions).where(made)


_SUBSCRIPTIONS = _subscriptions(_of_user(subscriptions))
_SUBSCRIPTIONS_OF_CLIENT = _subscriptions(subscriptions.c.client_id == bindparam("of_client"))
_NAMED = tuple(delete(table).where(_of_user(table)) for table in (dial_links, sign_ins, mails, problem_reports))


def end(connection: Connection, account_id: str, principal_id: str, now: datetime) -> None:
    """Ends the user's sessions, their sign-ins in Teams among them, subscriptions, and links that would set a password.

    Who is activated again signs in again. Links to Entra ID stay: they say who somebody is, not that they may come in.
    """
    key = {"of_account": account_id, "of_principal": principal_id}
    end_all_in(connection, account_id, principal_id)
    connection.execute(_CONNECTIONS, key)
    end_administration(connection, account_id, principal_id)
    void_in(connection, Principal(account_id, principal_id), now)


def end_administration(connection: Connection, account_id: str, principal_id: str) -> None:
    """Ends what only an administrator may have: subscriptions, which tell of the whole account."""
    for statement in _SUBSCRIPTIONS:
        connection.execute(statement, {"of_account": account_id, "of_principal": principal_id})


def end_subscriptions_of_client(connection: Connection, client_id: str) -> None:
    """Ends the subscriptions that were made with an application, by people too."""
    for statement in _SUBSCRIPTIONS_OF_CLIENT:
        connection.execute(statement, {"of_client": client_id})


def forget(connection: Connection, account_id: str, principal_id: str) -> None:
    """Deletes what only names the user, before they are deleted; the audit log keeps what was done."""
    end_administration(connection, account_id, principal_id)
    for statement in _NAMED:
        connection.execute(statement, {"of_account": account_id, "of_principal": principal_id})
