"""Gateways are paired by a code that is shown once, and mail without a server is read and passed on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from cloudlink.gateway_key import GatewayKey
from tests.axe import violations
from tests.browser import chromium
from tests.tabs.console.conftest import OPERATOR, PASSWORD, Browser, People
from tests.tabs.console.test_users import NEW

if TYPE_CHECKING:
    from tabs.console import Services


def page_of(people: People, name: str) -> str:
    return f"/console/accounts/{people.customer}/{name}"


async def test_a_gateway_is_made_paired_renamed_and_removed(admin: Browser, people: People, services: Services) -> None:
    path = page_of(people, "gateways")
    assert "No gateway yet" in (await admin.get(path)).words
    made = await admin.fill_in(f"{path}/new", {"name": "Basement", "pbx": "mxone"})
    code = re.search(r'class="code">([A-Z0-9-]+)<', made.text)
    assert code
    assert f"cloudlink-gateway pair {code[1]}" in made.text
    assert "Waits to be paired" in (await admin.get(path)).words

    gateway_id = await services.gateways.redeem(code[1], GatewayKey.new().public, address="192.0.2.1")
    listed = await admin.get(path)
    assert ("Not connected" in listed.words, "MiVoice MX-ONE" in listed.words) == (True, True)

    saved = await admin.fill_in(f"{path}/{gateway_id}", {"name": "Attic", "pbx": "office400"})
    assert ("Attic" in saved.words, "Your changes are saved." in saved.words) == (True, True)
    again = await admin.fill_in(f"{path}/{gateway_id}", {}, action=f"{path}/{gateway_id}/pair")
    assert (code[1] not in again.text, 'class="code"' in again.text) == (True, True)
    revoked = await admin.fill_in(f"{path}/{gateway_id}", {}, action=f"{path}/{gateway_id}/revoke")
    assert ("The gateway's key is revoked." in revoked.words, "Waits to be paired" in revoked.words) == (True, True)
    assert "Revoke key" not in (await admin.get(f"{path}/{gateway_id}")).words
    removed = await admin.fill_in(f"{path}/{gateway_id}", {}, action=f"{path}/{gateway_id}/remove")
    assert "The gateway is removed." in removed.words
    assert await services.gateways.all(OPERATOR, people.customer) == []


@pytest.mark.parametrize(("fields", "status"), [({"name": "", "pbx": "mxone"}, 400), ({"name": "x", "pbx": "?"}, 400)])
async def test_a_wrong_gateway_is_told(admin: Browser, people: People, fields: dict[str, str], status: int) -> None:
    refused = await admin.fill_in(page_of(people, "gateways/new"), fields)
    assert (refused.status, refused.alert != "") == (status, True)


async def test_an_unsent_mail_is_read_and_sent_again(admin: Browser, people: People, services: Services) -> None:
    await admin.fill_in(page_of(people, "users/new"), {**NEW, "invite": "on"})
    listed = await admin.get(page_of(people, "mails"))
    assert ("nadia@example.com" in listed.words, "Welcome" in listed.words) == (True, True)
    (mail,) = await services.mails.recent(OPERATOR, people.customer)

    own = f"{page_of(people, 'mails')}/{mail.mail_id}"
    read = await admin.fill_in(page_of(people, "mails"), {}, action=own)
    assert re.search(r"http://127\.0\.0\.1:3978/password/[\w-]{20,}", read.text)
    again = await admin.fill_in(page_of(people, "mails"), {}, action=f"{own}/retry")
    assert "The e-mail is sent again." in again.words
    entries = (await services.audit.entries(OPERATOR, people.customer)).items
    assert "mail.read" in {entry.action for entry in entries}


@pytest.mark.parametrize("name", ["gateways", "gateways/new", "mails"])
async def test_others_see_nothing(browser: Browser, people: People, name: str) -> None:
    await browser.sign_in(people.foreign_email)
    assert (await browser.get(page_of(people, name))).status == 404


@pytest.mark.parametrize("path", ["gateways/unknown", "gateways/%2e%2e"])
async def test_an_unknown_gateway_is_not_there(admin: Browser, people: People, path: str) -> None:
    assert (await admin.get(page_of(people, path))).status == 404


async def test_reading_needs_the_sessions_own_token(admin: Browser, people: People, services: Services) -> None:
    await admin.fill_in(page_of(people, "users/new"), {**NEW, "invite": "on"})
    (mail,) = await services.mails.recent(OPERATOR, people.customer)
    forged = await admin.post(f"{page_of(people, 'mails')}/{mail.mail_id}", {"csrf": "0" * 64})
    assert (forged.status, "/password/" in forged.text) == (403, False)


async def test_axe_has_nothing_to_say(origin: str, people: People, services: Services) -> None:
    await services.gateways.create(OPERATOR, people.customer, "Basement", "mxone")
    async with chromium() as engine:
        page = await engine.new_page(viewport={"width": 360, "height": 800}, locale="en-GB")
        await page.goto(f"{origin}/console/sign-in")
        await page.fill("#email", people.admin_email)
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/console")
        for name in ("gateways", "gateways/new", "mails"):
            await page.goto(origin + page_of(people, name))
            assert await violations(page) == []
