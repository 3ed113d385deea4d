"""A company that connects Entra ID: its people arrive by SCIM, sign in at their company, and are out at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession
from playwright.async_api import expect

from tests.bot.conftest import TENANT, actions_of, texts_of
from tests.browser import chromium
from tests.scenarios.accounts import ADMIN_EMAIL, open_console, pairing_code, running_site, window

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Browser, Page

    from composition.settings import ServerSettings
    from tests.scenarios.accounts import Site

pytestmark = pytest.mark.timeout(240)

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


class Provisioning:
    """Entra ID's provisioning service, as an administrator has set it up: an address and a secret."""

    def __init__(self, http: ClientSession, tenant_url: str, secret: str) -> None:
        self._http = http
        self._url = tenant_url
        self._secret = secret

    async def __call__(self, method: str, path: str, body: object = None, **query: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._secret}", "Content-Type": "application/scim+json; charset=utf-8"}
        data = None if body is None else json.dumps(body)
        address = self._url + path
        async with self._http.request(method, address, data=data, params=query, headers=headers) as response:
            return response.status, await response.json(content_type="application/scim+json")

    async def test_connection(self) -> None:
        """Asks for somebody who cannot be there."""
        status, found = await self("GET", "/Users", filter=f'userName eq "{uuid4()}"')
        assert (status, found["totalResults"]) == (200, 0)

    async def assign(self, upn: str, given: str, family: str) -> str:
        """Looks whether there is such a user, makes them, and adds the extension in a second step; answers the id."""
        status, found = await self("GET", "/Users", filter=f'userName eq "{upn}"')
        assert (status, found["totalResults"]) == (200, 0)
        status, made = await self(
            "POST",
            "/Users",
            {
                "schemas": [USER, ENTERPRISE],
                "externalId": upn.partition("@")[0],
                "userName": upn,
                "active": True,
                "displayName": f"{given} {family}",
                "emails": [{"primary": True, "type": "work", "value": upn}],
                "meta": {"resourceType": "User"},
                "name": {"formatted": f"{given} {family}", "givenName": given, "familyName": family},
            },
        )
        assert status == 201, made
        user_id: str = made["id"]
        return user_id

    async def change(self, user_id: str, op: str, path: str, value: str) -> None:
        """One change of one attribute, its operation capitalised and its value a text."""
        operation = {"op": op, "path": path, "value": value}
        status, changed = await self("PATCH", f"/Users/{user_id}", {"schemas": [PATCH], "Operations": [operation]})
        assert status == 200, changed


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def site(server_settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """The bot serves whoever's tenant a customer has connected; the company's administrator is at Microsoft."""
    more = {"app_type": "MultiTenant", "app_tenant_id": ""}
    async with running_site(server_settings, tmp_path, monkeypatch, **more) as site:
        await site.customer()
        tenant = site.entra.tenants[TENANT]
        tenant.knows_application = False
        tenant.add("ada@example.com", name="Ada Admin", administrator=True)
        tenant.add("emil@example.com", name="Emil Entra")
        yield site


async def connect_tenant(page: Page) -> None:
    """*Add to tenant*, through Microsoft's consent and sign-in."""
    await page.get_by_role("link", name="Integrations").click()
    await page.get_by_role("link", name="Add to tenant").click()
    await page.get_by_role("button", name="ada@example.com").click()
    await expect(page.locator("code", has_text=TENANT)).to_be_visible()


async def switch_on(page: Page) -> None:
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_role("button", name="Switch off")).to_be_visible()


async def set_up_sign_on(page: Page) -> None:
    await page.get_by_role("link", name="Single sign-on with Entra ID").click()
    await page.get_by_label("Tenant", exact=True).select_option(TENANT)
    await page.get_by_role("button", name="Save").click()
    await switch_on(page)


async def set_up_sync(page: Page) -> tuple[str, str]:
    """Answers what the console shows for Entra ID: the tenant URL and a secret token."""
    await page.get_by_role("link", name="Integrations").first.click()
    await page.get_by_role("link", name="Entra ID Sync").click()
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="New secret token").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("New secret token")
    address, secret = await page.locator("dl code").all_inner_texts()
    await page.get_by_role("link", name="Back").click()
    await switch_on(page)
    return address, secret


async def sign_in_by_microsoft(page: Page, where: str) -> None:
    await page.goto(where)
    await page.get_by_role("link", name="Sign in with Microsoft").click()


async def test_people_of_entra_id_arrive_find_their_calls_and_leave(site: Site, browser: Browser) -> None:
    teams = await site.teams("emil")
    assert "Your organisation is not connected yet" in texts_of(await teams.answer("call log"))

    async with window(browser) as admin, window(browser) as page, ClientSession() as http:
        await open_console(admin, site.url, ADMIN_EMAIL)
        await connect_tenant(admin)
        await set_up_sign_on(admin)
        entra = Provisioning(http, *await set_up_sync(admin))
        await site.start_gateway(await pairing_code(admin))

        await entra.test_connection()
        user_id = await entra.assign("emil@example.com", "Emil", "Entra")
        await entra.change(user_id, "Add", 'phoneNumbers[type eq "work"].value', "201")
        await admin.get_by_role("link", name="Users", exact=True).click()
        row = admin.get_by_role("row", name="Emil Entra")
        await expect(row).to_contain_text("201")
        await expect(row.get_by_text("Entra ID", exact=True)).to_be_visible()

        await site.monitored("201")
        await site.call("201", "Supplier")
        site.entra.signed_in = None
        await sign_in_by_microsoft(page, await teams.sign_in_address())
        await page.get_by_role("button", name="emil@example.com").click()
        assert "Supplier" in texts_of(await teams.complete(await page.locator(".code").inner_text()))
        await sign_in_by_microsoft(page, f"{site.url}/console")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Emil Entra")

        await entra.change(user_id, "Replace", "active", "False")
        await page.reload()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to the console")
        await page.get_by_role("link", name="Sign in with Microsoft").click()
        await expect(page.get_by_text("no telephone account belongs to you here")).to_be_visible()
        await admin.reload()
        await expect(row).to_contain_text("Inactive")
        (button,) = actions_of(await teams.answer("call log"))
        assert button["title"] == "Sign in"
        # Whoever signs in at their company needs no password of ours.
        await admin.get_by_role("link", name="E-mails").click()
        await expect(admin.get_by_text("No e-mail has been written yet.")).to_be_visible()
