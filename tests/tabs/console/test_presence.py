"""The page of presence: how it fares, who is not in sync and why, and having them looked for again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import pytest
from sqlalchemy import insert, select, update

from cloudlink.administration.gateways import PbxModel
from cloudlink.administration.integrations import IntegrationKind
from i18n import translator
from presence.model import NotSynced, Trouble
from store.schema import gateways, presence_matches, presence_syncs
from tabs.console.presence_sentences import ADVICE, REASONS, TROUBLES
from tests.axe import violations
from tests.tabs.console.conftest import OPERATOR, Browser, People
from tests.tabs.console.test_in_chromium import complaints, signed_in

if TYPE_CHECKING:
    from store.database import Database
    from tabs.console import Services
    from tests.conftest import SteppedClock

TENANT = "11111111-2222-4333-8444-555555555555"
TOLD = {"name": "Telephones", "tenantId": TENANT, "clientId": "99999999-2222-4333-8444-555555555555"}
PRESENCE = IntegrationKind.TEAMS_PRESENCE


def page_of(people: People) -> str:
    return f"/console/accounts/{people.customer}/presence"


@pytest.fixture
async def on(services: Services, people: People) -> None:
    """Presence of the customer is on."""
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    await services.integrations.save(OPERATOR, people.customer, PRESENCE, TOLD, secret="value")
    await services.integrations.set_enabled(OPERATOR, people.customer, PRESENCE, enabled=True)


async def sync(database: Database, people: People, clock: SteppedClock, **values: object) -> None:
    """As the server that looks after it writes it."""
    row = {"account_id": people.customer, "backlog": 0, "throttled": 0, "claimed_by": "server"}
    row |= {"claimed_until": clock() + timedelta(minutes=1), "match_at": clock() + timedelta(hours=6)}
    await database.write(lambda connection: connection.execute(insert(presence_syncs), {**row, **values}))


async def matched(
    database: Database,
    people: People,
    clock: SteppedClock,
    *,
    object_id: str | None = None,
    reason: NotSynced | None = None,
    candidate: str = "",
) -> None:
    """Who the desk was found to be."""
    row = {
        "account_id": people.customer,
        "principal_id": people.customers_user,
        "tenant_id": TENANT,
        "object_id": object_id,
        "email_folded": people.user_email,
        "reason": reason,
        "candidate": candidate,
        "checked_on": clock(),
    }
    await database.write(lambda connection: connection.execute(insert(presence_matches), row))


async def connected(services: Services, database: Database, people: People, clock: SteppedClock) -> None:
    """A gateway that has been linked for long."""
    gateway = (await services.gateways.create(OPERATOR, people.customer, "Head office", PbxModel.OFFICE_400)).gateway
    linked = update(gateways).where(gateways.c.gateway_id == gateway.gateway_id)
    values = {"linked_since": clock() - timedelta(hours=1), "seen_at": clock()}
    await database.write(lambda connection: connection.execute(linked.values(values)))


async def test_before_it_is_on_the_page_leads_to_its_settings(admin: Browser, people: People) -> None:
    page = await admin.get(page_of(people))
    assert "Presence is not set up yet." in page.words
    assert f'href="/console/accounts/{people.customer}/integrations/teamsPresence"' in page.text
    assert "Look for the users again" not in page.words
    assert "they may see a change some minutes later" in page.words


async def test_how_it_fares_is_told(
    admin: Browser, people: People, database: Database, clock: SteppedClock, *, on: None, services: Services
) -> None:
    await connected(services, database, people, clock)
    await sync(database, people, clock, succeeded_on=clock(), backlog=12, throttled=3, matched_on=clock())
    words = (await admin.get(page_of(people))).words
    assert "Presence is on, and Teams is told." in words
    assert "Teams was last told today 14:05 Waiting to be told 12" in words
    assert "Slowed down by Microsoft in the last hour 3 times" in words
    assert "Gateways that tell how telephones are 1 of 1" in words


async def test_a_server_that_has_vanished_is_told(
    admin: Browser, people: People, database: Database, clock: SteppedClock, *, on: None
) -> None:
    await sync(database, people, clock, claimed_until=clock() - timedelta(seconds=1), match_at=clock())
    page = await admin.get(page_of(people))
    assert "No server looks after it yet." in page.words
    assert " data-progress>" not in page.text


@pytest.mark.parametrize("trouble", Trouble)
async def test_each_trouble_has_its_sentence(
    admin: Browser, people: People, database: Database, clock: SteppedClock, *, on: None, trouble: Trouble
) -> None:
    await sync(database, people, clock, trouble=trouble, trouble_since=clock() - timedelta(hours=1))
    told = TROUBLES[trouble](translator("en"))
    home = await admin.get(f"/console/accounts/{people.customer}")
    to_put_right = trouble not in {Trouble.UNREACHABLE, Trouble.THROTTLED}
    assert (f'href="{page_of(people)}">Presence in Teams needs attention.' in home.text) is to_put_right
    assert f"Since today 13:05: {told}" in (await admin.get(page_of(people))).words


async def test_the_test_of_the_integration_tells_of_users_and_telephones(
    admin: Browser, people: People, database: Database, clock: SteppedClock, *, on: None, services: Services
) -> None:
    own = f"/console/accounts/{people.customer}/integrations/teamsPresence"
    tested = await admin.fill_in(own, {}, action=f"{own}/test")
    assert "Users in the tenant Not known They are looked for once the integration is on." in tested.words
    assert "State of the telephones Failed No gateway tells it now." in tested.words
    await connected(services, database, people, clock)
    await sync(database, people, clock, matched_on=clock())
    await matched(database, people, clock, object_id="00000000-0000-4000-8000-00000000000d")
    tested = await admin.fill_in(own, {}, action=f"{own}/test")
    assert "Users in the tenant Passed Found: 1 of 2. The page “Presence” names the others." in tested.words
    assert "State of the telephones Passed Gateways that tell it: 1 of 1." in tested.words


def test_each_reason_has_its_name_and_its_advice() -> None:
    assert set(REASONS) == set(ADVICE) == set(NotSynced)


async def test_looking_for_the_users_again_is_asked_of_whoever_looks_after_it(
    admin: Browser, people: People, database: Database, clock: SteppedClock, *, on: None, services: Services
) -> None:
    await sync(database, people, clock, backlog=7)
    own = page_of(people)
    asked = await admin.fill_in(own, {}, action=f"{own}/match")
    assert "The users are looked for in the tenant." in asked.words
    assert "Being looked for now" in asked.words
    assert " data-progress>" in asked.text
    (row,) = await database.read(select(presence_syncs.c.match_at, presence_syncs.c.backlog))
    assert tuple(row) == (clock(), 7)
    entry = (await services.audit.entries(OPERATOR, people.customer)).items[0]
    assert (entry.action, entry.subject_name) == ("presence.matched", "Telephones")


async def test_nobody_is_looked_for_while_it_is_off(admin: Browser, people: People) -> None:
    own = page_of(people)
    refused = await admin.fill_in(own, {}, action=f"{own}/match")
    assert (refused.status, "Nothing was changed" in refused.words) == (409, True)


@pytest.mark.parametrize("email", [People.user_email, People.foreign_email])
async def test_others_see_and_change_nothing(browser: Browser, people: People, email: str) -> None:
    await browser.sign_in(email)
    me, own = await browser.get("/console"), page_of(people)
    status = 403 if email == People.user_email else 404
    assert (await browser.get(own)).status == status
    assert (await browser.post(f"{own}/match", {"csrf": me.csrf})).status == status


async def test_a_partners_own_account_has_none(partner: Browser, people: People) -> None:
    assert (await partner.get(f"/console/accounts/{people.partner}/presence")).status == 409


@pytest.mark.parametrize("query", ["show=fax", "after=%00", "after=x", "show=nobody&after=%C3%A9"])
async def test_queries_that_are_none_of_ours_find_nothing(
    admin: Browser, people: People, query: str, *, on: None
) -> None:
    assert (await admin.get(f"{page_of(people)}?{query}")).status == 404


async def test_who_is_not_in_sync_is_named_with_the_reason_and_whom_it_might_be(
    admin: Browser, people: People, database: Database, clock: SteppedClock, *, on: None, services: Services
) -> None:
    await connected(services, database, people, clock)
    await sync(database, people, clock, matched_on=clock())
    await matched(database, people, clock, reason=NotSynced.NOBODY, candidate="dora.desk@example.com")
    page = await admin.get(page_of(people))
    assert "Not in the tenant: 1" in page.words
    assert "Dora Desk desk@example.com 101 Not in the tenant Nobody there has this e-mail address" in page.words
    assert "Perhaps it is dora.desk@example.com." in page.words
    assert f'href="/console/accounts/{people.customer}/users/{people.customers_user}"' in page.text
    alone = await admin.get(page_of(people) + "?show=nobody")
    assert ("Dora Desk" in alone.words, "Ada Admin 1" in alone.words) == (True, False)
    assert "Ada Admin admin@example.com" in (await admin.get(page_of(people) + "?show=all&q=ada")).words
    assert "Dora Desk" not in (await admin.get(page_of(people) + "?show=all&q=ada")).words


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
async def test_the_page_is_accessible_and_fits(
    origin: str,
    people: People,
    database: Database,
    clock: SteppedClock,
    *,
    on: None,
    services: Services,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    await connected(services, database, people, clock)
    await sync(database, people, clock, trouble=Trouble.NOT_CONSENTED, trouble_since=clock(), matched_on=clock())
    await matched(database, people, clock, reason=NotSynced.NOBODY, candidate="dora.desk@example.com")
    size = {"width": width, "height": 800}
    async with signed_in(origin, People.admin_email, color_scheme=scheme, viewport=size) as page:
        told = complaints(page)
        await page.goto(origin + page_of(people), wait_until="networkidle")
        assert await violations(page) == told == []
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
