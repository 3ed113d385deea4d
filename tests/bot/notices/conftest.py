"""A company whose front desk has written to the bot, and servers that tell its people of their calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from auth.demo import WithoutToken
from bot.connector import Connector, Patience, connector_session
from bot.notices.assembly import notices
from bot.notices.pace import Pace
from cloudlink.model import Call, Direction, User
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.uplink import CallRecorded
from store.outbox import Event
from store.schema import notices as notice_rows
from store.schema import outbox as events
from tests.bot.conftest import APP_ID, PUBLIC_URL, Chat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Connection

    from bot.connected_tenants import IsConnected
    from bot.notices.assembly import Notices
    from cloudlink.administration.reports import OwnReports
    from store.database import Database
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

CALLER = "+33199000011"
HOSTILE = '<script>alert("1")</script>\u202e**[x](https://example.com)** 😀' + "x" * 10_000


@dataclass
class Site:
    """A company at the test's hour, and servers that tell its people of their calls."""

    database: Database
    clock: SteppedClock
    connector: Connector
    told: int = 0

    def server(self, reports: OwnReports | None = None, is_connected: IsConnected | None = None) -> Notices:
        return notices(
            self.database,
            EmbeddedCloudLink(self.database, self.clock),
            self.connector,
            app_id=APP_ID,
            public_url=PUBLIC_URL,
            reports=reports,
            is_connected=is_connected,
            pace=Pace(lambda: self.clock().timestamp()),
            sleep=self._pass,
            now=self.clock,
        )

    async def _pass(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    def missed(self, call_id: str, caller: str | None = CALLER, **fields: Any) -> Call:
        """A call that rang until now and nobody answered."""
        began = self.clock() - timedelta(seconds=20)
        known = {"from_number_e164": caller is not None, "from_name": "Supplier", "ring_time": 20.0}
        return Call(
            call_id, Direction.INBOUND, began, from_=caller, to="201", end_time=self.clock(), **{**known, **fields}
        )

    async def record(self, user: User, *calls: Call) -> None:
        from cloudlink.service import facts

        def work(connection: Connection) -> None:
            for call in calls:
                facts.write(connection, user.account_id, [CallRecorded(user.extension or "", call)], self.clock())

        await self.database.write(work)

    async def tell(self, *servers: Notices) -> None:
        """Each server hears every event that there is, as consumers may, and tells what is due."""
        rows = await self.database.scan(
            select(events.c.id, events.c.account_id, events.c.topic, events.c.payload, events.c.created_on)
        )
        for server in servers:
            for row in rows:
                await server.listener.on_event(Event(*row))
            await server.worker.tell_due()

    async def states(self) -> list[str]:
        rows = await self.database.scan(select(notice_rows.c.state).order_by(notice_rows.c.created_on))
        return [row[0] for row in rows]


@pytest.fixture
async def site(database: Database, clock: SteppedClock) -> AsyncIterator[Site]:
    async with connector_session() as session:
        yield Site(database, clock, Connector(session, WithoutToken(), Patience(attempts=1)))


@pytest.fixture
async def reachable(signed_in: Chat, teams: FakeConnector) -> Chat:
    """The front desk, who has written to the bot before."""
    await signed_in.write("help")
    teams.taken.clear()
    teams.requests.clear()
    return signed_in
