"""A choice in Teams reaches the telephone because Microsoft tells of it, long before anybody is asked again."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from graph.permissions import READ_PRESENCE
from presence import watchers
from presence.keeper import Microsoft
from presence.watching import Watching
from tests.fakes.entra.grants import sign_in
from tests.presence.office import APPLICATION_ID
from tests.presence.test_steering import AVAILABLE, Desks, choose, leave, reads

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.presence.office import Office

SELDOM = 3600.0


@asynccontextmanager
async def watching(office: Office, *, follows: bool = True) -> AsyncIterator[Desks]:
    """Teams is asked once an hour; somebody has signed in to watch, and Microsoft calls at our server."""
    office.microsoft.subscriptions.now = office.clock
    await office.switch(fromTeams="true" if follows else "")
    worker, port, app = office.server(reads_every=SELDOM), unused_port(), web.Application()
    reached = Microsoft(office.session, office.identity.url, office.microsoft.url, f"http://127.0.0.1:{port}")
    told = Watching(office.database, office.vault, worker, reached, now=office.clock, timing=office.time.timing)
    app.add_routes(told.routes())
    desks = Desks(office)
    async with TestServer(app, host="127.0.0.1", port=port), desks.linked(), office.serving(worker):
        for user in (office.people.desk, office.people.warehouse):
            office.microsoft.presences.client(office.person(user), *AVAILABLE)
            await office.line(user, state="idle")
        await sign_in_to_watch(office)
        running = asyncio.create_task(told.run())
        yield desks
        running.cancel()
        await asyncio.wait([running])


async def sign_in_to_watch(office: Office) -> None:
    watcher = office.tenant.add("watcher@example.com")
    token = sign_in(office.identity, watcher, READ_PRESENCE.name, app_id=APPLICATION_ID)
    row = {
        "watcher_id": str(uuid4()),
        "account_id": office.account_id,
        "tenant_id": office.tenant.tenant_id,
        "application_id": APPLICATION_ID,
        "object_id": watcher.object_id,
        "refresh_encrypted": office.vault.encrypt(token),
        "added_on": office.clock(),
        "next_on": office.clock(),
    }
    await office.database.write(lambda connection: watchers.signed_in(connection, row))


async def covered(office: Office) -> set[str]:
    """Whose changes are told, once somebody's are, or two minutes have passed."""
    for _ in range(6):
        if office.microsoft.subscriptions.live:
            break
        await office.pass_(20)
    return {object_id for made in office.microsoft.subscriptions.live for object_id in made.people}


async def test_a_choice_in_teams_that_is_told_reaches_the_telephone_at_once(office: Office) -> None:
    async with watching(office) as desks:
        desk, both = office.people.desk, (office.people.desk, office.people.warehouse)
        assert await covered(office) == {office.person(user).object_id for user in both}
        before = reads(office)
        for change, on in ((choose, True), (leave, False)):
            change(office, desk)
            assert await office.microsoft.subscriptions.notify(office.person(desk).object_id) == [202]
            await office.until_true(lambda on=on: desks.done[-1:] == [("201", on)], within=1)  # type: ignore[misc]
            await office.pass_(1)
        assert desks.done == [("201", True), ("201", False)]
        assert reads(office) - before == 2
        assert office.writes() == []


async def test_where_telephones_do_not_follow_nobody_is_watched(office: Office) -> None:
    async with watching(office, follows=False):
        assert await covered(office) == set()
        assert not any("subscriptions" in call.path for call in office.microsoft.calls)
