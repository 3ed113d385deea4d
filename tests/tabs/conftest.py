"""The pages on a real server, with a real store behind them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from cloudlink.administration.accounts import NewAccount
from cloudlink.model import DialSettings
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import Provisioning, known_as
from store.dial_links import DialLinks
from store.outbox import Outbox
from tabs.dial import dial_routes
from tabs.static_files import static_routes
from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser

    from store.database import Database
    from tests.conftest import SteppedClock

IOS_TEMPLATE = "softphone://call?to={number}"
LINK_LIFETIME = timedelta(hours=1)


class Pages:
    """Accounts with links, and the address of each link's page."""

    def __init__(self, database: Database, clock: SteppedClock) -> None:
        self.links = DialLinks(database, clock)
        self.cloudlink = EmbeddedCloudLink(database, clock)
        self._provisioning = Provisioning(database, Outbox(database, clock), clock)
        self._accounts = 0
        self.origin = ""

    async def link(self, number: str, name: str | None = "Front Desk", *, ios: str = "", micollab: str = "") -> str:
        """The address of a new account's link; the account bars +33899."""
        self._accounts += 1
        dialing = DialSettings("FR", ios_uri_template=ios, barred_prefixes=("+33899",), micollab_version=micollab)
        account = await self._provisioning.create_account(NewAccount(f"Account {self._accounts}", dialing=dialing))
        new = known_as(name="Warehouse", email="warehouse@example.com")
        user = await self._provisioning.create_user(account.account_id, new)
        return f"{self.origin}/dial/{await self.links.for_number(user.principal, number, name, LINK_LIFETIME)}"


@pytest.fixture
async def pages(database: Database, clock: SteppedClock) -> AsyncIterator[Pages]:
    made = Pages(database, clock)
    app = web.Application()
    app.add_routes([*dial_routes(made.links, made.cloudlink), *static_routes()])
    async with TestServer(app, host="127.0.0.1") as server:
        made.origin = str(server.make_url("/")).rstrip("/")
        yield made


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened
