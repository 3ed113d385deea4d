"""What was written for Mitel's public API works here: somebody else's program, and the assistant itself."""

from __future__ import annotations

import asyncio
import socket
from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.abc import AbstractResolver
from playwright.async_api import expect

from cloudlink.service.provision import known_as
from composition.server import Server
from composition.settings import ServerSettings
from tests.bot.conftest import texts_of
from tests.browser import chromium
from tests.scenarios.accounts import (
    ADMIN_EMAIL,
    LATER,
    open_console,
    pairing_code,
    running_site,
    sign_in_from_teams,
    type_credentials,
    window,
)
from tests.scenarios.conftest import EMAIL, PASSWORD, Recorded, free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from aiohttp.abc import ResolveResult
    from playwright.async_api import Browser, Page

    from tests.scenarios.accounts import Site

pytestmark = pytest.mark.timeout(240)

DOMAIN = "api.example.com"
BY_CODE = "By a code, after people have signed in here (OpenID Connect)"
BY_SECRET = "By its own id and secret"
BY_AUTHORIZE = "By people's passwords, through CloudLink's POST /authorize"
BY_PASSWORD = "By people's passwords; only for programs that cannot do otherwise"
BY_REFRESHING = "By refresh tokens, so that people stay signed in"


class Here(AbstractResolver):
    """A DNS in which every name is this machine's."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}]

    async def close(self) -> None:
        """Holds nothing."""


class Program:
    """Reads calls as Mitel's samples do. ``address`` was ``https://{service}.api.mitel.io/2017-09-01``."""

    def __init__(self, http: ClientSession, address: str) -> None:
        self._http = http
        self._address = address
        self._headers = {"X-Mitel-App": "CallReport/1.0;platform=linux/6;session=1;"}

    async def sign_in(self, account_id: str, client_id: str) -> str:
        """A person's code for their password, then tokens for the code; answers the refresh token."""
        credentials = {"username": EMAIL, "password": PASSWORD, "account_id": account_id, "client_id": client_id}
        answer = await self._post("/authorize", data={"response_type": "code", **credentials})
        return await self.redeem(answer["code"], client_id)

    async def redeem(self, code: str, client_id: str, **proof: str) -> str:
        wanted = {"grant_type": "authorization_code", "code": code, "client_id": client_id, **proof}
        refresh: str = (await self._token(json=wanted))["refresh_token"]
        return refresh

    async def refresh(self, token: str) -> None:
        await self._token(json={"grant_type": "refresh_token", "token": token})

    async def sign_in_itself(self, account_id: str, client_id: str, secret: str) -> None:
        await self._token(
            data={
                "grant_type": "client_credentials",
                "client_id": client_id,
                "client_secret": secret,
                "account_id": account_id,
            }
        )

    async def who_am_i(self) -> dict[str, str]:
        claims: dict[str, str] = await self.get(self._at("authentication", "/token"))
        return claims

    async def callers(self) -> list[str]:
        """Who has called whom, newest first; two calls a page."""
        found, address = [], self._at("media", "/calls/records?$top=2")
        while address:
            page = await self.get(address)
            found += [f"{call['fromName']} > {call['to']}" for call in page["_embedded"]["items"]]
            address = page["_links"].get("next")
        return found

    async def subscriptions(self) -> int:
        count: int = (await self.get(self._at("notifications", "/subscriptions")))["count"]
        return count

    async def get(self, address: str) -> Any:
        async with self._http.get(address, headers=self._headers) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    def _at(self, service: str, path: str) -> str:
        return self._address.format(service=service) + path

    async def _token(self, **body: Any) -> dict[str, Any]:
        tokens = await self._post("/token", **body)
        self._headers["Authorization"] = tokens["access_token"]
        return tokens

    async def _post(self, path: str, **body: Any) -> dict[str, Any]:
        async with self._http.post(self._at("authentication", path), headers=self._headers, **body) as response:
            assert response.status == 200, await response.text()
            answer: dict[str, Any] = await response.json()
            return answer


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession(connector=TCPConnector(resolver=Here())) as session:
        yield session


@pytest.fixture
async def site(server_settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A customer with two telephones."""
    more = {"api_domain": DOMAIN, "webhook_loopback": True}
    async with running_site(server_settings, tmp_path, monkeypatch, **more) as site:
        await site.customer()
        for name, email, extension in (("Front Desk", EMAIL, "201"), ("Night Desk", "night@example.com", "202")):
            new = known_as(name, email, extension, PASSWORD)
            await site.server.provisioning.create_user(site.account_id, new)
        yield site


@pytest.fixture
async def console(site: Site, browser: Browser) -> AsyncIterator[Page]:
    """The administrator's, once the gateway is at work."""
    async with window(browser) as page:
        await open_console(page, site.url, ADMIN_EMAIL)
        await site.start_gateway(await pairing_code(page))
        await site.monitored("202")
        yield page


async def register(console: Page, name: str, grants: Sequence[str], *, redirect: str = "", role: str = "") -> list[str]:
    """Registers an application; answers its id, and its secret if it has a role of its own."""
    await console.get_by_role("link", name="Applications").first.click()
    await console.get_by_role("link", name="New application").click()
    await console.get_by_label("Name", exact=True).fill(name)
    await console.get_by_label("Redirect addresses").fill(redirect)
    for grant in (BY_CODE, BY_REFRESHING, BY_SECRET, BY_PASSWORD, BY_AUTHORIZE):
        await console.get_by_label(grant).set_checked(grant in grants)
    if role:
        await console.get_by_label("Role of the application itself").select_option(label=role)
        await console.get_by_label("It keeps a secret").check()
    await console.get_by_role("button", name="Register application").click()
    await expect(console.get_by_role("heading", level=1)).to_have_text(name)
    await expect(console.locator("pre")).to_have_count(2 if role else 1)
    return await console.locator("pre").all_inner_texts()


async def test_a_program_for_mitels_api_reads_calls_when_its_host_is_changed(
    site: Site, console: Page, http: ClientSession
) -> None:
    (viewer,) = await register(console, "Call Viewer", [BY_AUTHORIZE, BY_REFRESHING])
    report, secret = await register(console, "Call Report", [BY_SECRET], role="Account Admin")
    for extension, name in (("201", "Supplier"), ("202", "Florist"), ("201", "Baker")):
        await site.call(extension, name)

    hosts = f"http://{{service}}.{DOMAIN}:{site.server.port}/2017-09-01"
    for address in (hosts, f"{site.url}/{{service}}/2017-09-01", f"{site.url}/2017-09-01"):
        program = Program(http, address)
        refresh = await program.sign_in(site.account_id, viewer)
        assert (await program.who_am_i())["email"] == EMAIL
        assert await program.callers() == ["Baker > 201", "Supplier > 201"]
        await program.refresh(refresh)
        assert await program.callers() == ["Baker > 201", "Supplier > 201"]

        await program.sign_in_itself(site.account_id, report, secret)
        assert await program.callers() == ["Baker > 201", "Florist > 202", "Supplier > 201"]


async def test_people_sign_in_to_a_program_in_their_browser(
    site: Site, console: Page, browser: Browser, http: ClientSession
) -> None:
    callback = f"http://127.0.0.1:{free_port()}/callback"
    (client_id,) = await register(console, "Web Phone", [BY_CODE, BY_REFRESHING], redirect=callback)
    await site.call("201", "Supplier")
    program = Program(http, f"{site.url}/2017-09-01")
    provider = await program.get(f"{site.url}/cloudlink/.well-known/openid-configuration")
    verifier = token_urlsafe(48)
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": callback,
        "scope": "openid read",
        "state": "state of the program",
        "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    async with window(browser) as page:
        await page.goto(f"{provider['authorization_endpoint']}?{urlencode(query)}")
        await type_credentials(page, EMAIL)
        async with page.expect_request(f"{callback}?*") as returning:
            await page.get_by_role("button", name="Allow", exact=True).click()
        answer = parse_qs(urlsplit((await returning.value).url).query)

    assert answer["state"] == ["state of the program"]
    await program.redeem(answer["code"][0], client_id, redirect_uri=callback, code_verifier=verifier)
    assert await program.callers() == ["Supplier > 201"]


async def subscribed(program: Program) -> None:
    """Returns when the assistant is to be told of calls."""
    async with asyncio.timeout(LATER):
        while True:
            if await program.subscriptions():
                return
            await asyncio.sleep(0.05)


async def call_log_tab(page: Page, http: ClientSession, url: str) -> str:
    """What the tab shows to who signs in in its window."""
    verifier = "v" * 43
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    await page.goto(f"{url}/sign-in/tab.{challenge}")
    await page.get_by_label("E-mail address").fill(EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    code = await page.locator("[data-code]").get_attribute("data-code")
    async with http.post(f"{url}/tabs/session", json={"code": code, "verifier": verifier}) as answer:
        bearer = {"Authorization": f"Bearer {(await answer.json())['token']}"}
    async with http.get(f"{url}/tabs/calls", headers=bearer) as calls:
        return await calls.text()


async def use_tabs_in_a_browser(browser: Browser, url: str) -> None:
    """With the cookie of their own sign-in page; nobody reads reports where no mail leaves."""
    async with window(browser) as page:
        await page.goto(f"{url}/tabs/calls?kind=incoming")
        await expect(page.get_by_role("heading")).to_have_text("Sign in to Mitel Assistant")
        await expect(page.get_by_role("link", name="Forgot your password?")).to_have_count(0)
        await type_credentials(page, EMAIL)
        await expect(page.locator("ol.calls")).to_contain_text("Supplier")
        assert page.url == f"{url}/tabs/calls?kind=incoming"
        for tab in ("Contacts", "Settings", "About", "Report a problem"):
            await page.get_by_role("link", name=tab, exact=True).click()
            await expect(page.locator("nav.tabs [aria-current]")).to_have_text(tab)
        await expect(page.get_by_role("link", name="support@example.com")).to_be_visible()
        await page.get_by_role("button", name="Sign out").click()
        await expect(page).to_have_url(f"{url}/tabs/sign-in")
        await page.goto(f"{url}/tabs/report")
        await expect(page).to_have_url(f"{url}/tabs/sign-in?next=/tabs/report")


async def test_the_assistant_works_with_the_hosted_cloudlink(
    site: Site, console: Page, browser: Browser, http: ClientSession, tmp_path: Path
) -> None:
    grants = [BY_PASSWORD, BY_REFRESHING, BY_SECRET]
    client_id, secret = await register(console, "Mitel Assistant", grants, role="Account Admin")
    port = free_port()
    hosted = {
        "port": port,
        "public_url": f"http://127.0.0.1:{port}",
        "database_url": f"sqlite:///{tmp_path / 'hosted.db'}",
        "cloudlink": "hosted",
        "cloudlink_url": f"{site.url}/{{service}}/2017-09-01",
        "cloudlink_account_id": site.account_id,
        "cloudlink_client_id": client_id,
        "cloudlink_client_secret": secret,
        "support_email": "support@example.com",
        "smtp_host": "",
    }
    settings = ServerSettings(**site.settings.model_dump(exclude_unset=True) | hosted)
    teams = await site.teams("desk", settings.public_url)

    await site.call("201", "Supplier")
    async with Server(settings), window(browser) as page:
        assert "Supplier" in texts_of(await sign_in_from_teams(page, teams, EMAIL))
        assert "Supplier" in await call_log_tab(page, http, settings.public_url)
        await use_tabs_in_a_browser(browser, settings.public_url)

    program = Program(http, f"{site.url}/2017-09-01")
    await program.sign_in_itself(site.account_id, client_id, secret)
    # Started again, it knows the person by the stored refresh token, and is told of calls.
    async with Server(settings) as assistant, Recorded(assistant.outbox) as told:
        await subscribed(program)
        await site.call("201", "Florist")
        await told(1)
        assert "Florist" in texts_of(await teams.answer("call log"))
