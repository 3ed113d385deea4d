"""MSAL, which knows nothing of us but the issuer, and a real browser, from end to end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msal
import pytest
import requests
from playwright.async_api import Page, expect

from tests.auth.openid.conftest import PASSWORD
from tests.axe import violations
from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.auth.openid.conftest import Provider


@pytest.fixture
def http(provider: Provider) -> Iterator[requests.Session]:
    """What MSAL asks with. The machine's own certificates, if its environment names some, would go before ours."""
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(provider.certificate.certificate)
        yield session


async def _begin(provider: Provider, http: requests.Session) -> tuple[Any, Any]:
    """The client and its flow, from the discovery document alone."""

    def begin() -> tuple[Any, Any]:
        client = msal.PublicClientApplication("web", oidc_authority=provider.issuer, http_client=http)
        return client, client.initiate_auth_code_flow(["email", "read"], redirect_uri=provider.application.callback)

    return await asyncio.to_thread(begin)


async def _sign_in(page: Page) -> None:
    await page.get_by_label("E-mail address").fill("desk@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


@pytest.mark.parametrize("javascript", [True, False])
async def test_a_person_signs_in_to_an_application_that_knows_the_issuer_alone(
    provider: Provider, http: requests.Session, *, javascript: bool
) -> None:
    client, flow = await _begin(provider, http)
    async with chromium() as browser:
        context = await browser.new_context(ignore_https_errors=True, java_script_enabled=javascript)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)

        await page.goto(flow["auth_uri"])
        await _sign_in(page)
        await expect(page.get_by_role("heading", name="Allow Web Phone?")).to_be_visible()
        if javascript:
            assert await violations(page) == []
        await page.get_by_role("button", name="Allow", exact=True).click()
        await expect(page.get_by_role("heading", name="Back at the application")).to_be_visible()

        # A second application visit asks nothing any more.
        _, silent = await _begin(provider, http)
        await page.goto(silent["auth_uri"])
        await expect(page.get_by_role("heading", name="Back at the application")).to_be_visible()
        cookies = {cookie["name"]: cookie for cookie in await context.cookies()}
    tokens = await asyncio.to_thread(client.acquire_token_by_auth_code_flow, flow, provider.application.answers[0])

    assert "error" not in tokens, tokens
    claims = tokens["id_token_claims"]
    assert (claims["sub"], claims["email"]) == (provider.desk.principal_id, "desk@example.com")
    assert claims["iss"] == provider.issuer
    session = cookies["__Host-session"]
    assert (session["httpOnly"], session["secure"], session["sameSite"]) == (True, True, "Lax")
    assert complaints == []
    await _refresh(client)


async def _refresh(client: Any) -> None:
    """MSAL keeps the refresh token and uses it by itself."""
    account = (await asyncio.to_thread(client.get_accounts))[0]

    again = await asyncio.to_thread(
        client.acquire_token_silent_with_error, ["email", "read"], account, force_refresh=True
    )

    assert "access_token" in again, again


async def test_a_browser_signs_out_on_both_sides(provider: Provider, http: requests.Session) -> None:
    _, flow = await _begin(provider, http)
    async with chromium() as browser:
        context = await browser.new_context(ignore_https_errors=True)
        page = await context.new_page()
        await page.goto(flow["auth_uri"])
        await _sign_in(page)
        await page.get_by_role("button", name="Allow", exact=True).click()
        await expect(page.get_by_role("heading", name="Back at the application")).to_be_visible()

        where = f"client_id=web&post_logout_redirect_uri={provider.application.signed_out}"
        await page.goto(f"{provider.issuer}/logout?{where}")
        await page.get_by_role("button", name="Sign out").click()
        await page.wait_for_url(f"{provider.application.signed_out}*")
        await page.goto(flow["auth_uri"])

        await expect(page.get_by_label("Password")).to_be_visible()
        assert not [cookie for cookie in await context.cookies() if cookie["name"] == "__Host-session"]
