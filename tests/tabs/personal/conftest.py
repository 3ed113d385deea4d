"""The personal tabs on a real server and store, and browsers of people who are signed in."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer, unused_port

from auth.forms import Forms
from auth.pages import add_sign_in_pages
from auth.sign_in import SignIn
from auth.tab_session import TabSessions
from auth.tab_sign_in import TabSignIns
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.service.administration.gateway_links import StoredLinks
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.identity.sessions import SessionStore
from composition.correlation import correlate
from reporting.desk import Desk
from reporting.errors import RecentErrors
from store.attempts import Attempts
from store.call_notes import CallNotes
from store.dial_links import DialLinks
from store.directory import Directory
from store.entra_states import EntraStates
from store.sign_ins import SignIns
from store.vault import Vault, new_key
from tabs.dial import dial_routes
from tabs.failures import ERRORS, apologise
from tabs.personal import add_personal_tabs
from tabs.static_files import static_routes
from tests.browser import chromium
from tests.cloudlink.conftest import (
    add_person,
    calling,
    commands,
    line,
    outbox,
    password_hash,
    people,
    provisioning,
    record,
    telephones,
)
from tests.fakes.tls import self_signed
from tests.reports import own_reports

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

    from cloudlink.model import User
    from cloudlink.service.administration.own_reports import OwnReportService
    from cloudlink.service.call_control import CallControl
    from store.database import Database
    from store.outbox import Outbox
    from tests.conftest import SteppedClock

__all__ = [
    "add_person",
    "calling",
    "commands",
    "line",
    "outbox",
    "password_hash",
    "people",
    "provisioning",
    "record",
    "telephones",
]

PUBLIC_URL = "http://127.0.0.1:3978"


@dataclass(frozen=True)
class Site:
    """Where the tabs are served, and whose sessions open them."""

    server: TestServer
    sessions: SessionStore
    secure_port: int
    reports: OwnReportService

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def secure_origin(self) -> str:
        """By https, as people reach us: a tab's windows open in no other way."""
        return f"https://127.0.0.1:{self.secure_port}"

    async def bearer(self, user: User) -> dict[str, str]:
        """The header of a page inside Teams."""
        secret = await self.sessions.open(user.principal, SessionKind.TEAMS, AuthProvider.ENTRA, address="")
        return {"Authorization": f"Bearer {secret}"}

    async def cookie(self, user: User) -> str:
        """The cookie of a browser."""
        return await self.sessions.open(user.principal, SessionKind.CONSOLE, AuthProvider.CLOUDLINK, address="")

    @asynccontextmanager
    async def browser(self, user: User, **options: Any) -> AsyncIterator[Page]:
        """A browser of its own, signed in."""
        async with chromium() as browser:
            context = await browser.new_context(**{"locale": "en-GB", **options})
            await context.add_cookies([{"name": "session", "value": await self.cookie(user), "url": self.origin}])
            page = await context.new_page()
            yield page


SITE = web.AppKey("site", Site)


@pytest.fixture
def routes() -> list[web.RouteDef]:
    """What the server has besides."""
    return []


@pytest.fixture
async def site(
    database: Database,
    outbox: Outbox,
    calling: CallControl,
    routes: list[web.RouteDef],
    *,
    clock: SteppedClock,
    tmp_path: Path,
) -> AsyncIterator[Site]:
    app = web.Application(middlewares=[correlate, apologise])
    app.add_routes(routes)
    cloudlink, links = EmbeddedCloudLink(database, clock, control=calling), DialLinks(database, clock)
    sessions = SessionStore(database, clock)
    app.add_routes([*static_routes(), *dial_routes(links, cloudlink)])
    tabs = TabSignIns(EntraStates(database, Vault([new_key()]), clock))
    sign_in = SignIn(SignIns(database, clock), Directory(database, clock), tabs)
    add_sign_in_pages(app, sign_in, cloudlink, forms=Forms(secure=False))
    app.add_routes(TabSessions(tabs, sessions, Attempts(database, "test", 3, clock)).routes(["/tabs/session"]))
    app[ERRORS] = errors = RecentErrors(clock)
    own = own_reports(database, outbox, Vault([new_key()]), clock)
    desk = Desk(own, cloudlink, errors, "1.2.3", StoredLinks(database, clock))
    live = add_personal_tabs(app, cloudlink, sessions, database, outbox, desk, public_url=PUBLIC_URL, now=clock)
    running = asyncio.create_task(live.run())
    server, secure_port = TestServer(app, port=unused_port()), unused_port()
    app[SITE] = Site(server, sessions, secure_port, own)
    async with server:
        assert server.runner is not None
        await web.TCPSite(server.runner, "127.0.0.1", secure_port, ssl_context=self_signed(tmp_path).serving()).start()
        yield app[SITE]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.fixture
def notes(database: Database, clock: SteppedClock) -> CallNotes:
    return CallNotes(database, clock)


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(headers={"Accept-Language": "en-GB"}) as session:
        yield session
