"""The end of an account: what ends when it is deactivated, when it may be deleted, and the deletion.

Deletion leaves no row of the account in any table. Foreign keys take most along; a table that only names the account
is emptied here. Events that no consumer has had yet go too, so an account is deactivated first: that tells them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, select

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.service.identity.sessions import end_account_in
from store.schema import accounts, calls, connections, deliveries, metadata, subscriptions

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloudlink.administration.accounts import AccountRecord
    from store.database import Database

# So many calls at once hold up other writes for some tens of milliseconds.
_SLICE = 2_000

_CALLS = delete(calls).where(
    calls.c.id.in_(select(calls.c.id).where(calls.c.account_id == bindparam("account_id")).limit(_SLICE))
)
_ACCOUNT = delete(accounts).where(accounts.c.account_id == bindparam("account_id"))
# The account's own row first: entries of the audit log are guarded as long as it is there.
_REST = tuple(
    delete(table).where(table.c.account_id == bindparam("account_id"))
    for table in reversed(metadata.sorted_tables)
    if "account_id" in table.c and table not in {accounts, calls}
)
_ENDED = tuple(
    delete(table).where(table.c.account_id == bindparam("account_id"))
    for table in (connections, deliveries, subscriptions)
)


def check(record: AccountRecord) -> None:
    """Raises ``Refused`` while the account may not be deleted."""
    if record.partner:
        raise Refused(Reason.PARTNER_ACCOUNT)
    if record.account.active:
        raise Refused(Reason.ACCOUNT_IS_ACTIVE)
    if record.exported_on is None:
        raise Refused(Reason.NOT_EXPORTED)


def end_access(connection: Connection, account_id: str) -> None:
    """Ends all sessions, sign-ins in Teams among them, and all subscriptions."""
    end_account_in(connection, account_id)
    for statement in _ENDED:
        connection.execute(statement, {"account_id": account_id})


async def delete_calls(database: Database, account_id: str) -> None:
    """Deletes the calls, of which there may be millions, in slices; broken off, it is gone on with by asking again."""
    while await database.write(lambda connection: connection.execute(_CALLS, {"account_id": account_id}).rowcount):
        pass


def delete_in(connection: Connection, account_id: str) -> None:
    """Deletes the account and whatever is left of it."""
    for statement in (_ACCOUNT, *_REST):
        connection.execute(statement, {"account_id": account_id})
