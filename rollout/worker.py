"""Carries roll-outs out: first lists the people, then installs the app for twenty at a time.

Every step is written down before the next, so whoever goes on after a restart repeats at most one batch, and installing
twice is told by Graph as installed already. Jobs run side by side; each tenant's own budget (``graph``) keeps it in its
bounds, so that a large one holds up nobody else. Of several servers on one database one carries out a job: it claims
the job for two minutes, again and again; should it stop, another one goes on when the claim has ended.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NoReturn, TypeVar
from uuid import NAMESPACE_URL, uuid4, uuid5

from graph.apps import Installation, find_in_catalogue, installation, installing
from graph.batch import LARGEST_BATCH, send_all
from graph.errors import GraphError, GraphUnavailable, NotConsented, NotFound, NotPermitted, Throttled
from graph.users import find_users, list_members, list_users
from rollout import rows
from rollout.model import Person, PersonState, ScopeKind, State, Trouble
from store.clock import Clock, utc_now
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from sqlalchemy import Connection

    from cloudlink.administration.tenants import Tenants
    from graph.batch import Outcome
    from graph.client import Graph, TenantGraph
    from graph.users import User
    from rollout.model import Rollout
    from store.database import Database

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LOOKS_AGAIN_S = 30.0
_CLAIMED_FOR = timedelta(minutes=2)
_ADDED_AT_ONCE = 500
_MOST_ATTEMPTS = 5
_FIRST_WAIT = timedelta(seconds=30)
_OF_INSTALLATION = {
    Installation.INSTALLED: PersonState.INSTALLED,
    Installation.ALREADY_INSTALLED: PersonState.THERE_ALREADY,
    Installation.BLOCKED: PersonState.BLOCKED,
    Installation.NO_TEAMS: PersonState.NO_TEAMS,
}


class _Failed(Exception):
    """The whole job cannot go on."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


class RolloutWorker:
    """Runs every unfinished job. ``manifest_id`` is the app's own id in Teams, as its manifest names it."""

    def __init__(
        self,
        database: Database,
        graph: Graph,
        tenants: Tenants,
        *,
        manifest_id: str,
        now: Clock = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._database = database
        self._graph = graph
        self._tenants = tenants
        self._manifest_id = manifest_id
        self._now = now
        self._sleep = sleep
        self._id = str(uuid4())
        self._bell = asyncio.Event()
        self._running: dict[str, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """There may be a new job."""
        self._bell.set()

    async def run(self) -> NoReturn:
        """Carries out what is unfinished and whatever comes, until cancelled."""
        try:
            while True:
                self._bell.clear()
                for job in await rows.unfinished(self._database):
                    await self._take(job)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOKS_AGAIN_S):
                        await self._bell.wait()
        finally:
            for task in self._running.values():
                task.cancel()
            await asyncio.gather(*self._running.values(), return_exceptions=True)
            with suppress(DatabaseUnavailable):
                await self._database.write(lambda connection: rows.let_go(connection, self._id))

    async def carry_out(self, job: Rollout) -> None:
        """One job, until it has ended."""
        graph = self._graph.tenant(job.tenant_id)
        try:
            app_id = await self._app_id(graph, job)
            if job.state == State.LISTING:
                await _until_there(self._sleep, lambda: self._list(graph, job))
            await self._install_all(graph, job, app_id)
        except _Failed as failure:
            await self._end(job, State.FAILED, failure.trouble)
        except NotConsented:
            await self._end(job, State.FAILED, Trouble.NOT_CONSENTED)
        except NotPermitted as refusal:
            logger.warning("a permission is missing", extra={"permission": refusal.permission.name})
            await self._end(job, State.FAILED, Trouble.NOT_PERMITTED)
        except GraphError as error:
            logger.warning("Graph rejects a roll-out", extra={"cause": str(error), "rollout_id": job.rollout_id})
            await self._end(job, State.FAILED, Trouble.REJECTED)
        else:
            await self._end(job, State.DONE, None)

    async def _app_id(self, graph: TenantGraph, job: Rollout) -> str:
        """The catalogue's id of the app."""
        await self._require_tenant(job)
        app = await _until_there(self._sleep, lambda: find_in_catalogue(graph, self._manifest_id))
        if app is None:
            raise _Failed(Trouble.NOT_IN_CATALOGUE)
        return app.app_id

    async def _require_tenant(self, job: Rollout) -> None:
        """Only in a tenant that is still the account's."""
        if await self._tenants.account_of(job.tenant_id) != job.account_id:
            raise _Failed(Trouble.TENANT_LOST)

    async def _take(self, job: Rollout) -> None:
        """Begins the job, or goes on with it, unless another worker has it."""
        now = self._now()
        until = now + _CLAIMED_FOR
        running = self._running.get(job.rollout_id)
        if await self._database.write(lambda c: rows.claim(c, job.rollout_id, self._id, now, until)):
            if running is None:
                self._begin(job)
        elif running is not None:
            # It was held up for longer than it had claimed the job for.
            running.cancel()

    def _begin(self, job: Rollout) -> None:
        task = asyncio.create_task(self.carry_out(job))
        self._running[job.rollout_id] = task
        task.add_done_callback(lambda ended: self._ended(job, ended))

    def _ended(self, job: Rollout, task: asyncio.Task[None]) -> None:
        self._running.pop(job.rollout_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            # It is still unfinished, so it is begun again when the worker looks next.
            logger.error("a roll-out stopped", exc_info=error, extra={"rollout_id": job.rollout_id})

    async def _list(self, graph: TenantGraph, job: Rollout) -> None:
        found: list[Person] = []
        async for person in _people(graph, job):
            found.append(person)
            if len(found) == _ADDED_AT_ONCE:
                await self._add(job, found)
                found = []
        await self._add(job, found)
        await self._database.write(lambda c: rows.advance(c, job.rollout_id, State.INSTALLING, None, None))

    async def _add(self, job: Rollout, found: Sequence[Person]) -> None:
        await self._database.write(lambda c: rows.add_people(c, job.rollout_id, found, self._now()))

    async def _install_all(self, graph: TenantGraph, job: Rollout, app_id: str) -> None:
        while await rows.under_way(self._database, job.rollout_id):
            people = await rows.due(self._database, job.rollout_id, self._now(), LARGEST_BATCH)
            if people:
                await self._require_tenant(job)
                outcomes = await send_all(graph, [installing(graph, person.object_id, app_id) for person in people])
                await self._write(job, people, outcomes)
                continue
            next_at, waiting = await rows.waiting(self._database, job.rollout_id)
            if not waiting or next_at is None:
                return
            await self._sleep(max((next_at - self._now()).total_seconds(), 0.0))

    async def _write(self, job: Rollout, people: Sequence[Person], outcomes: Sequence[Outcome]) -> None:
        """Writes what became of a batch. Raises what concerns the whole job, after the rest is written."""
        raised: GraphError | None = None
        moved: list[tuple[Person, timedelta | None]] = []
        for person, outcome in zip(people, outcomes, strict=True):
            try:
                moved.append(_became(person, outcome))
            except NotPermitted as refusal:
                raised = refusal

        def work(connection: Connection) -> None:
            now = self._now()
            for person, wait in moved:
                rows.move(connection, job.rollout_id, person, None if wait is None else now + wait, now)

        await self._database.write(work)
        if raised is not None:
            raise raised

    async def _end(self, job: Rollout, state: State, trouble: Trouble | None) -> None:
        await self._database.write(lambda c: rows.advance(c, job.rollout_id, state, trouble, self._now()))
        told = {"rollout_id": job.rollout_id, "account_id": job.account_id, "state": state, "trouble": trouble}
        logger.info("a roll-out ended", extra=told)


def _became(person: Person, outcome: Outcome) -> tuple[Person, timedelta | None]:
    """The person as they are now, and how long to wait when they are to be tried again. Raises ``NotPermitted``."""
    tried = replace(person, attempts=person.attempts + 1, error=None)
    try:
        return replace(tried, state=_OF_INSTALLATION[installation(outcome)]), None
    except NotPermitted:
        raise
    except GraphError as error:
        failed = replace(tried, error=(error.inner_code or error.code)[:400])
        if not isinstance(error, Throttled | GraphUnavailable) or tried.attempts >= _MOST_ATTEMPTS:
            return replace(failed, state=PersonState.FAILED), None
        asked = timedelta(seconds=error.retry_after or 0)
        return failed, max(asked, _FIRST_WAIT * 2 ** (tried.attempts - 1))


async def _people(graph: TenantGraph, job: Rollout) -> AsyncIterator[Person]:
    if job.scope.kind is ScopeKind.PEOPLE:
        for address in job.scope.addresses:
            for person in await _of_address(graph, address):
                yield person
        return
    try:
        listed = list_users(graph) if job.scope.kind is ScopeKind.ALL else list_members(graph, job.scope.group_id)
        async for user in listed:
            yield _person(user)
    except NotFound:
        raise _Failed(Trouble.NO_SUCH_GROUP) from None


async def _of_address(graph: TenantGraph, address: str) -> list[Person]:
    """Whoever has the address; somebody unknown when it is nobody's, or Graph does not take it for one."""
    error = None
    try:
        if found := await find_users(graph, address):
            return [_person(user) for user in found]
    except (GraphUnavailable, NotPermitted, Throttled):
        raise
    except GraphError as rejection:
        error = rejection.code
    return [Person(str(uuid5(NAMESPACE_URL, address.casefold())), address, PersonState.UNKNOWN, error, 0)]


def _person(user: User) -> Person:
    return Person(user.object_id, user.user_principal_name or user.name, PersonState.WAITING, None, 0)


async def _until_there(sleep: Callable[[float], Awaitable[None]], ask: Callable[[], Awaitable[T]]) -> T:
    """Asks again and again while Graph is away: a job waits for it."""
    wait = _FIRST_WAIT.total_seconds()
    while True:
        try:
            return await ask()
        except (GraphUnavailable, Throttled) as error:
            logger.warning("Graph is away; a roll-out waits", extra={"cause": error.code})
            await sleep(max(wait, error.retry_after or 0.0))
            wait = min(2 * wait, 600.0)
