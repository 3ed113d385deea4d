"""Subscriptions: made by administrators, for the whole account.

They end with the rights, or the application, of whoever made them: see ``administration.access``.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from uuid import uuid4

from sqlalchemy import bindparam, delete, func, insert, select

from cloudlink.port import UnknownId
from cloudlink.service.administration import audit
from cloudlink.service.api.errors import ApiError
from store.schema import deliveries, subscriptions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.actor import Actor
    from cloudlink.identity import Caller
    from cloudlink.service.api.notifications.bodies import NewSubscription
    from cloudlink.wire import Json
    from store.database import Database

MOST_OF_ACCOUNT = 20

_c = subscriptions.c


class Subscription(NamedTuple):
    """Who is told what, and where; ``failures`` counts publications in a row that could not be delivered."""

    account_id: str
    subscription_id: str
    principal_id: str | None
    client_id: str
    application_id: str
    device_id: str
    transport: str
    topic: str
    subject_filter: str
    publication_filter: str
    failures: int
    last_event: int
    created_on: datetime


_COLUMNS = tuple(_c[name] for name in Subscription._fields)
_OF_ACCOUNT = select(*_COLUMNS).where(_c.account_id == bindparam("account_id")).order_by(_c.created_on)
_ONE = select(*_COLUMNS).where(
    _c.account_id == bindparam("account_id"), _c.subscription_id == bindparam("subscription_id")
)
_COUNT = select(func.count()).where(_c.account_id == bindparam("account_id"))
_REMOVE = tuple(
    delete(table).where(
        table.c.account_id == bindparam("of_account"), table.c.subscription_id == bindparam("of_subscription")
    )
    for table in (deliveries, subscriptions)
)


async def of_account(database: Database, account_id: str) -> Sequence[Subscription]:
    """Oldest first."""
    return [Subscription(*row) for row in await database.read(_OF_ACCOUNT, {"account_id": account_id})]


async def one(database: Database, account_id: str, subscription_id: str) -> Subscription:
    """Raises ``UnknownId``."""
    rows = await database.read(_ONE, {"account_id": account_id, "subscription_id": subscription_id})
    if not rows:
        raise UnknownId("no such subscription")
    return Subscription(*rows[0])


async def add(database: Database, caller: Caller, actor: Actor, new: NewSubscription, now: datetime) -> Subscription:
    """Makes one; ``actor`` is the caller as the audit log has them. Raises ``ApiError`` 409."""
    account_id = caller.account_id
    made = Subscription(
        account_id,
        str(uuid4()),
        caller.user.principal_id if caller.user else None,
        caller.client_id,
        new.application_id,
        new.device_id,
        new.transport,
        new.topic,
        new.subject_filter,
        new.publication_filter,
        0,
        0,
        now,
    )

    def work(connection: Connection) -> None:
        if connection.execute(_COUNT, {"account_id": account_id}).scalar_one() >= MOST_OF_ACCOUNT:
            message = f"An account has {MOST_OF_ACCOUNT} subscriptions at most."
            raise ApiError(HTTPStatus.CONFLICT, "Conflict", message)
        connection.execute(insert(subscriptions), made._asdict())
        _record(connection, actor, "subscription.created", made, now, after=_audited(made))

    await database.write(work)
    return made


async def remove(database: Database, actor: Actor, account_id: str, subscription_id: str, now: datetime) -> None:
    """With what was still to be told. Raises ``UnknownId``."""
    await database.write(lambda connection: remove_in(connection, actor, account_id, subscription_id, now))


def remove_in(connection: Connection, actor: Actor, account_id: str, subscription_id: str, now: datetime) -> None:
    """``remove`` in the caller's transaction."""
    row = connection.execute(_ONE, {"account_id": account_id, "subscription_id": subscription_id}).first()
    if row is None:
        raise UnknownId("no such subscription")
    for statement in _REMOVE:
        connection.execute(statement, {"of_account": account_id, "of_subscription": subscription_id})
    gone = Subscription(*row)
    _record(connection, actor, "subscription.removed", gone, now, before=_audited(gone))


def to_wire(subscription: Subscription) -> Json:
    """Mitel's fields; what the answer holds beside ``subscriptionId`` is not public."""
    return {
        "subscriptionId": subscription.subscription_id,
        "accountId": subscription.account_id,
        "applicationId": subscription.application_id,
        "deviceId": subscription.device_id,
        "transport": subscription.transport,
        "topic": subscription.topic,
        "subjectFilter": subscription.subject_filter,
        "publicationFilter": subscription.publication_filter,
    }


def _audited(subscription: Subscription) -> dict[str, Any]:
    """Without the rest of its address, which may hold the subscriber's secret, and ``applicationId``, which signs."""
    return {
        "transport": subscription.transport,
        "host": urlsplit(subscription.device_id).hostname if subscription.transport == "webhook" else None,
        "subjectFilter": subscription.subject_filter,
        "publicationFilter": subscription.publication_filter,
    }


def _record(
    connection: Connection, actor: Actor, action: str, subscription: Subscription, now: datetime, **told: Any
) -> None:
    subject = ("subscription", subscription.subscription_id, _audited(subscription)["host"] or "WebSocket")
    audit.record(connection, actor, subscription.account_id, action, subject=subject, now=now, **told)
