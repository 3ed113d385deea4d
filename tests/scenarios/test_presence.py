"""From the administrator's switch to a colleague's Teams: who is on the telephone is in a call there, and no longer."""

from __future__ import annotations

import asyncio
import time
from statistics import median
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from cloudlink.service.provision import known_as
from simulator.switch import EventName, FeatureEvent
from tests.axe import violations
from tests.bot.conftest import TENANT
from tests.browser import chromium
from tests.scenarios.accounts import ADMIN_EMAIL, LATER, open_console, pairing_code, running_site, window
from tests.scenarios.test_entra_id import connect_tenant

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

    from composition.settings import ServerSettings
    from simulator.switch import Event
    from tests.fakes.entra import Person, Tenant
    from tests.scenarios.accounts import Site

pytestmark = pytest.mark.timeout(240)

CLIENT_ID = "00000000-0000-4000-8000-0000000000c1"
SECRET = "the secret of the customer's own application"
AVAILABLE, IN_A_CALL = ("Available", "Available"), ("Busy", "InACall")
PRESENTING, CHOSEN = ("DoNotDisturb", "Presenting"), ("DoNotDisturb", "DoNotDisturb")
CALLS = 10


@pytest.fixture
async def site(server_settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A customer with two telephones; the company's directory knows one of their people by another address."""
    async with running_site(server_settings, tmp_path, monkeypatch) as site:
        await site.customer()
        for name, email, extension in (
            ("Front Desk", "front.desk@example.com", "201"),
            ("Warehouse", "warehouse@example.com", "202"),
        ):
            new = known_as(name=name, email=email, extension=extension)
            await site.server.provisioning.create_user(site.account_id, new)
        tenant = site.entra.tenants[TENANT]
        tenant.knows_application = False
        tenant.register(CLIENT_ID, secret=SECRET, granted={"Presence.ReadWrite.All", "User.ReadBasic.All"})
        tenant.add("ada@example.com", name="Ada Admin", administrator=True)
        tenant.add("front.desk@example.com", name="Front Desk")
        tenant.add("warehouse@example.org", name="Warehouse")
        yield site


class Colleagues:
    """What Teams shows of the front desk, whose own client is running."""

    def __init__(self, site: Site) -> None:
        self._tenant: Tenant = site.entra.tenants[TENANT]
        self.presences = site.graph.presences
        self.person: Person = next(each for each in self._tenant.people if each.name == "Front Desk")
        self.presences.client(self.person, *AVAILABLE)

    def see(self) -> tuple[str, str]:
        return self.presences.shown(self._tenant, self.person)

    async def until(self, pair: tuple[str, str]) -> float:
        """Returns when they see it; answers how many seconds that took."""
        began = time.monotonic()
        await self.presences.wait_until(lambda: self.see() == pair)
        return time.monotonic() - began


class Telephone:
    """Hears what the switch tells of do not disturb at one extension."""

    def __init__(self, site: Site, extension: str) -> None:
        self._switch = site.pbx.switch
        self._extension = extension
        self._heard = asyncio.Condition()
        self.changes = 0
        self._switch.listeners.append(self._hear)
        self._notices: set[asyncio.Task[None]] = set()

    @property
    def dnd(self) -> bool:
        return self._switch.extension(self._extension).do_not_disturb

    def press(self, *, on: bool) -> None:
        """The person's own key."""
        self._switch.set_do_not_disturb(self._extension, on=on)

    async def until(self, *, on: bool) -> None:
        async with asyncio.timeout(LATER), self._heard:
            await self._heard.wait_for(lambda: self.dnd is on)

    def _hear(self, event: Event) -> None:
        if isinstance(event, FeatureEvent) and event.name is EventName.DO_NOT_DISTURB:
            self.changes += 1
            task = asyncio.get_running_loop().create_task(self._tell())
            self._notices.add(task)
            task.add_done_callback(self._notices.discard)

    async def _tell(self) -> None:
        async with self._heard:
            self._heard.notify_all()


async def enter_presence(page: Page) -> None:
    """What the page of the integration asks for."""
    await page.get_by_role("link", name="Integrations").first.click()
    await page.get_by_role("link", name="Presence in Teams").click()
    await page.get_by_label("Name", exact=True).fill("Presence")
    await page.get_by_label("Tenant", exact=True).select_option(TENANT)
    await page.get_by_label("Client ID").fill(CLIENT_ID)
    await page.get_by_label("Client secret").fill(SECRET)
    await page.get_by_label("Take do not disturb over from Teams").check()
    await page.get_by_role("button", name="Save").click()


async def switch_on(page: Page) -> None:
    """Once everything that is tested has passed."""
    await page.get_by_role("button", name="Test", exact=True).click()
    found = page.get_by_role("table", name="What the test has found")
    await expect(found).to_be_visible()
    assert "Failed" not in await found.inner_text()
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_role("button", name="Switch off")).to_be_visible()


async def test_the_office_in_teams(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    async with chromium() as browser, window(browser) as page:
        await open_console(page, site.url, ADMIN_EMAIL)
        await connect_tenant(page)
        await site.start_gateway(await pairing_code(page))
        await site.monitored("201")
        await enter_presence(page)
        await switch_on(page)
        colleagues, telephone = Colleagues(site), Telephone(site, "201")

        took = []
        for number in range(CALLS):
            call = site.pbx.ring(f"+3319900{number:04}", "201")
            call.answer()
            took.append(await colleagues.until(IN_A_CALL))
            call.hang_up()
            took.append(await colleagues.until(AVAILABLE))

        telephone.press(on=True)
        await colleagues.until(PRESENTING)
        telephone.press(on=False)
        await colleagues.until(AVAILABLE)

        changes = telephone.changes
        colleagues.presences.prefer(colleagues.person, *CHOSEN)
        await telephone.until(on=True)
        assert colleagues.see() == CHOSEN
        colleagues.presences.reset(colleagues.person)
        await telephone.until(on=False)
        assert telephone.changes == changes + 2

        colleagues.presences.prefer(colleagues.person, "Busy", "Busy")
        call = site.pbx.ring("+33199001234", "201")
        call.answer()
        session = (colleagues.person, CLIENT_ID)
        await colleagues.presences.wait_until(lambda: colleagues.presences.session(*session) == IN_A_CALL)
        assert colleagues.see() == ("Busy", "Busy"), "what a person has chosen themself stands above the telephone"

        await page.goto(f"{site.url}/console/accounts/{site.account_id}/presence")
        await expect(page.get_by_role("main")).to_contain_text("warehouse@example.org")
        assert await violations(page) == []
        await page.get_by_role("link", name="Settings and test").click()
        await page.get_by_role("button", name="Switch off").click()
        await colleagues.presences.wait_until(lambda: colleagues.presences.session(*session) is None)
        call.hang_up()
    with capsys.disabled():
        print(f"\nfrom the telephone to Teams: p50 {median(took) * 1000:.0f} ms, longest {max(took) * 1000:.0f} ms")  # noqa: T201
    assert max(took[2:]) < 1
