"""Applications are registered with a secret that is shown once; roll-outs are begun, followed and ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, CookieJar

from rollout import rows
from rollout.model import Person, PersonState, State
from tests.axe import violations
from tests.browser import chromium
from tests.tabs.console.conftest import OPERATOR, PASSWORD, Browser, People

if TYPE_CHECKING:
    from store.database import Database
    from tabs.console import Services
    from tests.conftest import SteppedClock

TENANT = "11111111-2222-4333-8444-555555555555"


def page_of(people: People, name: str) -> str:
    return f"/console/accounts/{people.customer}/{name}"


FORM = {
    "name": "Wallboard",
    "redirect_uris": "https://wall.example.com/back",
    "grant_authorization_code": "on",
    "confidential": "on",
}


async def test_an_application_is_registered_changed_and_removed(
    admin: Browser, people: People, services: Services
) -> None:
    path = page_of(people, "applications")
    made = await admin.fill_in(f"{path}/new", FORM)
    (client,) = await services.clients.all(OPERATOR, people.customer)
    secret = re.findall(r'<pre class="message" tabindex="0">([^<]+)</pre>', made.text)[1]
    own = f"{path}/{client.client_id}"
    assert (client.name, client.confidential, client.grant_types) == ("Wallboard", True, ("authorization_code",))
    assert secret not in (await admin.get(own)).text

    changed = {**FORM, "name": "Wall", "grant_refresh_token": "on", "active": "on"}
    assert "Your changes are saved." in (await admin.fill_in(own, changed)).words
    (client,) = await services.clients.all(OPERATOR, people.customer)
    assert (client.name, client.confidential, "refresh_token" in client.grant_types) == ("Wall", True, True)
    again = await admin.fill_in(own, {}, action=f"{own}/secret")
    assert (secret in again.text, "shown here alone" in again.words) == (False, True)
    assert "The application is removed." in (await admin.fill_in(own, {}, action=f"{own}/remove")).words
    assert await services.clients.all(OPERATOR, people.customer) == []


@pytest.mark.parametrize(
    ("field", "value"), [("name", ""), ("redirect_uris", "http://wall.example.com/"), ("redirect_uris", "javascript:x")]
)
async def test_a_wrong_application_is_told(admin: Browser, people: People, field: str, value: str) -> None:
    refused = await admin.fill_in(page_of(people, "applications/new"), {**FORM, field: value})
    assert (refused.status, refused.alert != "") == (400, True)


async def test_a_roll_out_is_begun_followed_and_cancelled(
    admin: Browser, people: People, services: Services, database: Database, clock: SteppedClock
) -> None:
    path = page_of(people, "rollouts")
    assert "Connect the tenant first" in (await admin.get(path)).words
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    begun = await admin.fill_in(
        path, {"tenant_id": TENANT, "kind": "people", "addresses": "a@example.com; b@example.com"}
    )
    assert "Looking for the people" in begun.words
    rollout_id = begun.path.rpartition("/")[2]
    found = [Person("o1", "a@example.com", PersonState.BLOCKED, "AccessDenied", 1)]
    await database.write(lambda connection: rows.add_people(connection, rollout_id, found, clock()))
    shown = await admin.get(f"{begun.path}?state=blocked")
    assert ("a@example.com" in shown.words, "A policy of the company blocks the app" in shown.words) == (True, True)

    cancelled = await admin.fill_in(begun.path, {}, action=f"{begun.path}/cancel")
    assert "Cancelled" in cancelled.words
    again = await admin.fill_in(begun.path, {}, action=f"{begun.path}/retry")
    assert "Looking for the people" in again.words
    stored = await rows.one(database, people.customer, rollout_id)
    assert stored is not None
    assert (stored.state, stored.scope.addresses) == (State.LISTING, ("a@example.com", "b@example.com"))


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"tenant_id": TENANT, "kind": "group", "groupId": "everybody"}, 400),
        ({"tenant_id": TENANT, "kind": "people", "addresses": ""}, 400),
        ({"tenant_id": TENANT, "kind": "galaxy"}, 404),
        ({"tenant_id": "22222222-2222-4333-8444-555555555555", "kind": "all"}, 404),
    ],
)
async def test_a_wrong_roll_out_is_told(
    admin: Browser, people: People, services: Services, fields: dict[str, str], status: int
) -> None:
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    assert (await admin.fill_in(page_of(people, "rollouts"), fields)).status == status


@pytest.mark.parametrize("name", ["rollouts", "rollouts/unknown", "applications", "applications/new"])
async def test_others_see_nothing(origin: str, people: People, name: str) -> None:
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as http:
        browser = Browser(http, origin)
        await browser.sign_in(people.foreign_email)
        assert (await browser.get(page_of(people, name))).status == 404


async def test_axe_has_nothing_to_say(origin: str, people: People, services: Services) -> None:
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    async with chromium() as engine:
        page = await engine.new_page(viewport={"width": 360, "height": 800}, locale="en-GB")
        await page.goto(f"{origin}/console/sign-in")
        await page.fill("#email", people.admin_email)
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/console")
        for name in ("rollouts", "applications", "applications/new"):
            await page.goto(origin + page_of(people, name))
            assert await violations(page) == []
