"""Keeps a subscription for each watcher of the accounts that this server looks after.

Each covers a part of the people, in the order in which the watchers were added; who is left over is only asked after,
like everybody. What a watcher covers changes no sooner than their subscription is renewed, so that a person who comes
or goes makes no stir. Nothing depends on it: whatever Graph does not tell is read a few seconds later.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from graph.client import TenantGraph
from graph.errors import Conflict, GraphError, GraphUnavailable, NotFound, NotPermitted, Throttled
from graph.permissions import READ_PRESENCE
from graph.subscriptions import LARGEST, Listener, Subscription, renew, subscribe, unsubscribe, unsubscribe_all
from graph.timing import Timing
from graph.tokens import PersonTokens, SignedIn, TokenUnavailable, known_by
from presence import watchers
from presence.model import WatcherState
from presence.webhook import ADDRESS
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable
from store.vault import UnreadableSecret

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from datetime import datetime

    from aiohttp import ClientSession

    from presence.model import Switched
    from presence.watchers import Row
    from store.database import Database
    from store.vault import Vault

logger = logging.getLogger(__name__)

# Below the hour that Graph allows, since its clock is another one.
LIFE = timedelta(minutes=55)
# Time enough for a Graph that is away for ten minutes.
RENEWED_BEFORE = timedelta(minutes=20)
LOOKS_AGAIN_S = 10.0
_SOON, _LATER, _MUCH_LATER = timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1)
# Watchers in these states have no part of the people until somebody has done something about it.
_OUT = frozenset({WatcherState.SIGNED_OUT, WatcherState.NOT_PERMITTED})


@dataclass(frozen=True, slots=True)
class Microsoft:
    """How Entra ID and Graph are reached, and how Graph reaches us: ``public_url``."""

    session: ClientSession
    entra_url: str
    graph_url: str
    public_url: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account that wants to hear from Teams, and whom of: object ids of its tenant."""

    account: Switched
    people: Collection[str]


class WatchKeeper:
    """``held`` are the accounts that this server looks after now and that want to hear from Teams."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        microsoft: Microsoft,
        held: Callable[[], Iterable[Wanted]],
        *,
        now: Clock = utc_now,
        timing: Timing | None = None,
    ) -> None:
        self._database = database
        self._vault = vault
        self._microsoft = microsoft
        self._held = held
        self._now = now
        self._timing = timing or Timing()
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> NoReturn:
        """Until cancelled."""
        try:
            while True:
                with suppress(DatabaseUnavailable):
                    await self.begin()
                await self._timing.sleep(LOOKS_AGAIN_S)
        finally:
            for task in (tasks := list(self._under_way.values())):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def begin(self) -> Collection[asyncio.Task[None]]:
        """Forgets sign-ins that are of no use any more, and begins to look after whoever is due.

        Answers what is under way: each account by itself, since another's Microsoft may be slow.
        """
        if orphans := await watchers.orphans(self._database):
            await self._database.write(lambda connection: watchers.remove_all(connection, orphans))
        for wanted in self._held():
            account_id = wanted.account.account_id
            if account_id not in self._under_way:
                task = self._under_way[account_id] = asyncio.create_task(self._keep(wanted), name="watchers")
                task.add_done_callback(partial(self._done, account_id))
        return list(self._under_way.values())

    def _done(self, account_id: str, task: asyncio.Task[None]) -> None:
        del self._under_way[account_id]
        error = None if task.cancelled() else task.exception()
        # The database is looked for again at the next round.
        if error is not None and not isinstance(error, DatabaseUnavailable):
            logger.error("watchers were not looked after", exc_info=error, extra={"account_id": account_id})

    def _is_due(self, row: Row) -> bool:
        """A time that is further away than we ever wait was written by a clock that has been set back since."""
        now = self._now()
        return row.next_on is not None and not now < row.next_on <= now + _MUCH_LATER

    async def _keep(self, wanted: Wanted) -> None:
        account = wanted.account
        rows = [row for row in await watchers.of_account(self._database, account.account_id) if _is_of(row, account)]
        if not any(map(self._is_due, rows)):
            return
        people = sorted(wanted.people)
        active = [row for row in rows if row.state not in _OUT or self._is_due(row)]
        for number, row in enumerate(active):
            if self._is_due(row):
                await self._look_after(account, row, people[number * LARGEST : (number + 1) * LARGEST])

    async def _look_after(self, account: Switched, row: Row, part: Sequence[str]) -> None:
        try:
            graph = self._graph(account, row)
            await graph.tokens.bearer()
            await self._keep_subscribed(graph, row, part)
        except TokenUnavailable as error:
            if error.signed_out:
                await self._failed(row, WatcherState.SIGNED_OUT, error, None)
            else:
                await self._failed(row, WatcherState.UNREACHABLE, error, _SOON)
        except UnreadableSecret as error:
            await self._failed(row, WatcherState.SIGNED_OUT, error, None)
        except NotPermitted as error:
            await self._failed(row, WatcherState.NOT_PERMITTED, error, _MUCH_LATER)
        except (GraphUnavailable, Throttled) as error:
            wait = _SOON if error.retry_after is None else timedelta(seconds=min(error.retry_after, 600))
            await self._failed(row, WatcherState.UNREACHABLE, error, wait)
        except GraphError as error:
            await self._failed(row, WatcherState.NOT_REACHED, error, _LATER)

    async def _keep_subscribed(self, graph: TenantGraph, row: Row, part: Sequence[str]) -> None:
        if not part:
            if row.subscription_id:
                await unsubscribe(graph, row.subscription_id)
            nothing = {"subscription_id": None, "client_state_hash": None, "people": 0}
            await self._move(row, state=WatcherState.IDLE, **nothing, next_on=self._in(_SOON))
            return
        covered = watchers.hashed(*part)
        kept = await self._renewed(graph, row) if row.people_hash == covered else None
        kept = kept or await self._subscribed(graph, row, part)
        ends_at = min(kept.ends_at, self._now() + LIFE)
        await self._move(
            row,
            state=WatcherState.WATCHING,
            subscription_id=kept.subscription_id,
            ends_at=ends_at,
            people_hash=covered,
            people=len(part),
            next_on=max(ends_at - RENEWED_BEFORE * random.uniform(1, 1.25), self._in(_SOON)),  # noqa: S311 - no secret
        )

    async def _renewed(self, graph: TenantGraph, row: Row) -> Subscription | None:
        """``None`` for one that is no longer there."""
        if row.subscription_id is None:
            return None
        try:
            return await renew(graph, row.subscription_id, self._now() + LIFE)
        except NotFound:
            return None

    async def _subscribed(self, graph: TenantGraph, row: Row, part: Sequence[str]) -> Subscription:
        """A new one, in the place of any that there is."""
        if row.subscription_id:
            await unsubscribe(graph, row.subscription_id)
        secret = secrets.token_urlsafe(32)
        await self._move(row, subscription_id=None, client_state_hash=watchers.hashed(secret))
        listener = Listener(self._microsoft.public_url + ADDRESS.format(watcher_id=row.watcher_id), secret)
        try:
            return await subscribe(graph, part, listener, self._now() + LIFE)
        except Conflict:
            await unsubscribe_all(graph)
            return await subscribe(graph, part, listener, self._now() + LIFE)

    def _graph(self, account: Switched, row: Row) -> TenantGraph:
        """Graph in the watcher's name. Nothing is kept of it: it is asked for something twice an hour."""

        async def keep(refresh_token: str) -> None:
            await self._move(row, refresh_encrypted=self._vault.encrypt(refresh_token))

        microsoft, timing = self._microsoft, self._timing
        registration = known_by(account.application_id, microsoft.entra_url, account.credential)
        signed_in = SignedIn([READ_PRESENCE.name], self._vault.decrypt(row.refresh_encrypted), keep)
        tokens = PersonTokens(registration, row.tenant_id, microsoft.graph_url, signed_in, timing.clock)
        return TenantGraph(microsoft.session, tokens, microsoft.graph_url, row.tenant_id, timing=timing)

    async def _failed(self, row: Row, state: WatcherState, error: Exception, wait: timedelta | None) -> None:
        known = {"account_id": row.account_id, "watcher_id": row.watcher_id, "state": state, "cause": str(error)}
        logger.warning("a watcher cannot watch", extra=known)
        await self._move(row, state=state, next_on=None if wait is None else self._in(wait))

    async def _move(self, row: Row, **values: object) -> None:
        await self._database.write(lambda connection: watchers.move(connection, row.watcher_id, **values))

    def _in(self, wait: timedelta) -> datetime:
        return self._now() + wait


def _is_of(row: Row, account: Switched) -> bool:
    """Whether the sign-in was to the application that the account uses now."""
    return (row.tenant_id, row.application_id) == (account.tenant_id, account.application_id)
