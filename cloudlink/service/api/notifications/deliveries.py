"""What is still to be told: a row for each publication and subscription, told in their order.

Several servers may share a database: whoever posts the first of a subscription has taken it for ``TAKEN_FOR``, longer
than a post may last, and until then the rest of the subscription waits too.

A subscriber that is away for long is owed the newest ``MOST_WAITING``; the rest it reads from the call records.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import orjson
from sqlalchemy import bindparam, delete, func, insert, select, update

from cloudlink import topics
from cloudlink.administration.actor import SYSTEM
from cloudlink.service.api.notifications import filters, publications, subscriptions
from store.schema import deliveries
from store.schema import subscriptions as subscriptions_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from store.clock import Clock
    from store.database import Database
    from store.outbox import Event

MOST_WAITING = 1000
TAKEN_FOR = timedelta(seconds=30)

_d = deliveries.c
_s = subscriptions_table.c
_OF_SUBSCRIPTION = (_d.account_id == _s.account_id) & (_d.subscription_id == _s.subscription_id)
_FIRST = select(func.min(_d.id)).where(_OF_SUBSCRIPTION).correlate(subscriptions_table).scalar_subquery()


class Due(NamedTuple):
    """The next publication for a webhook."""

    id: int
    account_id: str
    subscription_id: str
    body: str
    attempts: int
    device_id: str
    application_id: str
    failures: int
    next_at: datetime


_head = deliveries.alias("head")
_DUE = (
    select(
        _head.c.id,
        _head.c.account_id,
        _head.c.subscription_id,
        _head.c.body,
        _head.c.attempts,
        _s.device_id,
        _s.application_id,
        _s.failures,
        _head.c.next_at,
    )
    .select_from(subscriptions_table.join(_head, _head.c.id == _FIRST))
    .where(_s.transport == "webhook", _head.c.next_at <= bindparam("now"))
    .order_by(_head.c.id)
)
_NEXT = (
    select(_d.id, _d.body)
    .where(_d.account_id == bindparam("account_id"), _d.subscription_id == bindparam("subscription_id"))
    .order_by(_d.id)
    .limit(bindparam("limit"))
)
_TAKE = (
    update(deliveries)
    .where(_d.id == bindparam("of_id"), _d.next_at == bindparam("was_at"))
    .values(next_at=bindparam("until"))
)
_NEVER_TOLD = (
    update(subscriptions_table)
    .where(
        _s.account_id == bindparam("of_account"),
        _s.subscription_id == bindparam("of_subscription"),
        _s.last_event < bindparam("event"),
    )
    .values(last_event=bindparam("event"))
)
_DONE = delete(deliveries).where(_d.id == bindparam("of_id"))
_LATER = (
    update(deliveries)
    .where(_d.id == bindparam("of_id"))
    .values(attempts=bindparam("attempts"), next_at=bindparam("next_at"))
)
_COUNT_FAILURES = (
    update(subscriptions_table)
    .where(_s.account_id == bindparam("of_account"), _s.subscription_id == bindparam("of_subscription"))
    .values(failures=bindparam("failures"))
)


class FanOut:
    """The outbox consumer: turns each event into what its account's subscribers are to be told.

    Each server on the database has one, and the outbox may tell an event again: a subscription remembers how far it is.
    """

    def __init__(self, database: Database, wake: Callable[[], None], now: Clock) -> None:
        """``wake`` is called when there is something to tell."""
        self._database = database
        self._wake = wake
        self._now = now

    async def on_event(self, event: Event) -> None:
        """A handler for ``Outbox.run_consumer``."""
        if event.topic in {topics.CALL_RECORDED, topics.LINE_CHANGED, topics.LINES_KNOWN}:
            await self._publish(event)

    async def _publish(self, event: Event) -> None:
        found = await subscriptions.of_account(self._database, event.account_id)
        now = self._now()
        publication = await publications.of(self._database, event, now) if found else None
        if publication is None:
            return
        rows = [
            {
                "account_id": event.account_id,
                "subscription_id": subscription.subscription_id,
                "body": orjson.dumps(
                    publications.for_subscription(publication, subscription.subscription_id, now)
                ).decode(),
                "attempts": 0,
                "next_at": now,
                "created_on": now,
            }
            for subscription in found
            if publication["subject"].startswith(subscription.subject_filter)
            and filters.wanted(subscription.publication_filter, publication)
        ]
        if rows:
            await self._database.write(lambda connection: _add(connection, event.id, rows))
            self._wake()


def _add(connection: Connection, event_id: int, rows: Sequence[dict[str, object]]) -> None:
    for row in rows:
        key = {"of_account": row["account_id"], "of_subscription": row["subscription_id"], "event": event_id}
        if connection.execute(_NEVER_TOLD, key).rowcount == 0:
            continue
        connection.execute(insert(deliveries), row)
        of_this = (_d.account_id == row["account_id"]) & (_d.subscription_id == row["subscription_id"])
        oldest_kept = select(_d.id).where(of_this).order_by(_d.id.desc()).offset(MOST_WAITING).limit(1)
        last = connection.execute(oldest_kept).scalar()
        if last is not None:
            connection.execute(delete(deliveries).where(of_this, _d.id <= last))


async def due(database: Database, now: datetime) -> Sequence[Due]:
    """The first publication of each webhook, where its time has come."""
    return [Due(*row) for row in await database.scan(_DUE, {"now": now})]


async def take(database: Database, due: Due, now: datetime) -> bool:
    """Whether it is this caller's to post; else another server has it or had it."""
    taken = {"of_id": due.id, "was_at": due.next_at, "until": now + TAKEN_FOR}
    return await database.write(lambda connection: connection.execute(_TAKE, taken).rowcount == 1)


async def waiting(database: Database, account_id: str, subscription_id: str, limit: int) -> Sequence[tuple[int, str]]:
    """Ids and bodies, oldest first."""
    parameters = {"account_id": account_id, "subscription_id": subscription_id, "limit": limit}
    return [(row[0], row[1]) for row in await database.read(_NEXT, parameters)]


async def done(database: Database, delivery_id: int, told: Due | None = None) -> None:
    """It was told; a webhook that had failed before is well again."""

    def work(connection: Connection) -> None:
        connection.execute(_DONE, {"of_id": delivery_id})
        if told is not None and told.failures:
            _count(connection, told, 0)

    await database.write(work)


async def later(database: Database, due: Due, next_at: datetime) -> None:
    """It is tried again then; what comes after it waits."""
    parameters = {"of_id": due.id, "attempts": due.attempts + 1, "next_at": next_at}
    await database.write(lambda connection: connection.execute(_LATER, parameters))


async def give_up(database: Database, due: Due, most_failures: int, now: datetime) -> bool:
    """It is never told. Whether that was one too many: then the subscription is gone."""

    def work(connection: Connection) -> bool:
        connection.execute(_DONE, {"of_id": due.id})
        there = _count(connection, due, due.failures + 1)
        if not there or due.failures + 1 < most_failures:
            return False
        subscriptions.remove_in(connection, SYSTEM, due.account_id, due.subscription_id, now)
        return True

    return await database.write(work)


def _count(connection: Connection, due: Due, failures: int) -> bool:
    """Whether the subscription is still there."""
    parameters = {"of_account": due.account_id, "of_subscription": due.subscription_id, "failures": failures}
    return connection.execute(_COUNT_FAILURES, parameters).rowcount == 1
