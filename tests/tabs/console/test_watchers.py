"""Watchers of presence on the page of its integration."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from cloudlink.administration.integrations import IntegrationKind
from presence import watchers
from presence.model import WatcherState
from tests.axe import violations
from tests.tabs.console.conftest import OPERATOR, Browser, People
from tests.tabs.console.test_in_chromium import signed_in

if TYPE_CHECKING:
    from store.database import Database
    from tabs.console import Services
    from tests.conftest import SteppedClock

TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT = "99999999-2222-4333-8444-555555555555"
PERSON = "77777777-2222-4333-8444-555555555555"


def page_of(people: People, *rest: str) -> str:
    return "/".join((f"/console/accounts/{people.customer}/integrations/teamsPresence", *rest))


@pytest.fixture
async def presence(services: Services, people: People) -> None:
    """The account has set it up."""
    told = {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT}
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    await services.integrations.save(OPERATOR, people.customer, IntegrationKind.TEAMS_PRESENCE, told, secret="s3cret")


async def add(database: Database, people: People, clock: SteppedClock, state: WatcherState, number: int = 0) -> str:
    row = {
        "watcher_id": str(uuid4()),
        "account_id": people.customer,
        "tenant_id": TENANT,
        "application_id": CLIENT,
        "object_id": PERSON,
        "refresh_encrypted": "kept",
        "state": state,
        "people": number,
        "added_on": clock(),
        "next_on": clock(),
    }
    await database.write(lambda connection: watchers.signed_in(connection, row))
    return str(row["watcher_id"])


@pytest.mark.parametrize(
    ("state", "told"),
    [
        (WatcherState.NEW, "Has just signed in."),
        (WatcherState.WATCHING, "Watches 650 people."),
        (WatcherState.IDLE, "There is nobody left to watch."),
        (WatcherState.SIGNED_OUT, "Have this person sign in again."),
        (WatcherState.NOT_PERMITTED, "Microsoft does not permit it."),
        (WatcherState.NOT_REACHED, "has to reach this server by https"),
        (WatcherState.UNREACHABLE, "Microsoft did not answer"),
    ],
)
@pytest.mark.usefixtures("presence")
async def test_each_state_has_its_sentence(
    admin: Browser, people: People, database: Database, clock: SteppedClock, *, state: WatcherState, told: str
) -> None:
    await add(database, people, clock, state, 650)
    page = await admin.get(page_of(people))
    assert (PERSON in page.words, told in page.words) == (True, True)
    assert "kept" not in page.text.split('id="watchers"')[1].split("</section>")[0]


@pytest.mark.usefixtures("presence")
async def test_one_is_removed_with_its_sign_in(
    admin: Browser, people: People, database: Database, clock: SteppedClock, *, services: Services
) -> None:
    own = await add(database, people, clock, WatcherState.WATCHING)
    removed = await admin.fill_in(page_of(people), {}, action=page_of(people, "watchers", own, "remove"))
    assert ("their sign-in forgotten" in removed.words, PERSON in removed.words) == (True, False)
    assert await watchers.of_account(database, people.customer) == []
    newest = (await services.audit.entries(OPERATOR, people.customer)).items[0]
    assert (newest.action, newest.subject_id) == ("watcher.removed", PERSON)
    again = await admin.fill_in(page_of(people), {}, action=page_of(people, "watchers", own, "remove"))
    assert again.status == 404


@pytest.mark.usefixtures("presence")
async def test_nobody_else_sees_adds_or_removes_one(
    browser: Browser, people: People, database: Database, clock: SteppedClock
) -> None:
    own = await add(database, people, clock, WatcherState.WATCHING)
    await browser.sign_in(people.user_email)
    assert (await browser.get(page_of(people, "watchers/connect"), follow=False)).status == 403
    browser.http.cookie_jar.clear()
    await browser.sign_in(people.foreign_email)
    assert (await browser.get(page_of(people, "watchers/connect"), follow=False)).status == 404
    elsewhere = f"/console/accounts/{people.foreign}/integrations/teamsPresence/watchers/{own}/remove"
    home = await browser.get("/console")
    assert (await browser.post(elsewhere, {"csrf": home.csrf})).status == 404
    assert len(await watchers.of_account(database, people.customer)) == 1


async def test_there_is_nothing_to_watch_before_presence_is_set_up(admin: Browser, people: People) -> None:
    page = await admin.get(page_of(people))
    assert 'id="watchers"' not in page.text
    assert (await admin.get(page_of(people, "watchers/connect"), follow=False)).status == 409


@pytest.mark.usefixtures("presence")
async def test_axe_has_nothing_to_say(origin: str, people: People, database: Database, clock: SteppedClock) -> None:
    await add(database, people, clock, WatcherState.SIGNED_OUT)
    async with signed_in(origin, People.admin_email, viewport={"width": 320, "height": 800}) as page:
        await page.goto(origin + page_of(people), wait_until="networkidle")
        assert await violations(page) == []
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
