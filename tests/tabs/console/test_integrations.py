"""Integrations with Entra ID and Teams, their tenants, domains and secrets."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aiohttp import FormData
from sqlalchemy import insert

from cloudlink.administration.integrations import IntegrationKind
from store.schema import contact_syncs
from tests.axe import violations
from tests.certificates import bundle, certificate, private_key, rsa_key
from tests.tabs.console.conftest import OPERATOR, Browser, People
from tests.tabs.console.test_in_chromium import signed_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from store.database import Database
    from tabs.console import Services
    from tests.conftest import SteppedClock

TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT = "99999999-2222-4333-8444-555555555555"
CREATED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def page_of(people: People, name: str = "integrations") -> str:
    return f"/console/accounts/{people.customer}/{name}"


async def test_single_sign_on_is_set_up_switched_on_and_removed(
    admin: Browser, people: People, services: Services
) -> None:
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    own = page_of(people, "integrations/entraSso")
    opened = await admin.get(own)
    assert "http://127.0.0.1:3978/auth/entra/return" in opened.text
    saved = await admin.fill_in(own, {"tenantId": TENANT, "clientId": CLIENT, "secret": "s3cret-value"})
    assert ("Your changes are saved." in saved.words, "One is stored." in saved.words) == (True, True)
    assert "s3cret-value" not in saved.text
    assert await services.integrations.secret(people.customer, IntegrationKind.ENTRA_SSO) == "s3cret-value"
    on = await admin.fill_in(own, {}, action=f"{own}/on")
    assert ("The integration is switched on." in on.words, "It is on." in on.words) == (True, True)
    off = await admin.fill_in(own, {}, action=f"{own}/off")
    assert "It is off." in off.words
    await admin.fill_in(own, {}, action=f"{own}/remove")
    assert await services.integrations.all(OPERATOR, people.customer) == []


async def test_what_is_missing_is_said_before_it_is_switched_on(
    admin: Browser, people: People, services: Services
) -> None:
    own = page_of(people, "integrations/teamsPresence")
    refused = await admin.fill_in(own, {"name": "Presence", "tenantId": "", "clientId": CLIENT})
    assert (refused.status, "Tenant: Please fill this in." in refused.alert) == (400, True)
    await admin.fill_in(own, {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT})
    unproved = await admin.fill_in(own, {}, action=f"{own}/on")
    assert (unproved.status, "Connect the tenant first" in unproved.alert) == (400, True)
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    assert "Client secret is missing." in (await admin.fill_in(own, {}, action=f"{own}/on")).alert


async def test_the_choices_of_presence_are_boxes_to_tick(admin: Browser, people: People, services: Services) -> None:
    own = page_of(people, "integrations/teamsPresence")
    told = {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT}
    opened = await admin.get(own)
    assert "checked" not in opened.text
    saved = await admin.fill_in(own, {**told, "fromTeams": "on"})
    assert re.search(r'name="(\w+)" type="checkbox" value="on" checked', saved.text)[1] == "fromTeams"  # type: ignore[index]
    (stored,) = await services.integrations.all(OPERATOR, people.customer)
    assert stored.configuration == {**told, "ringing": "", "fromTeams": "true"}


async def test_presence_is_led_from_the_registration_to_the_consent(
    admin: Browser, people: People, services: Services
) -> None:
    own = page_of(people, "integrations/teamsPresence")
    first = await admin.get(own)
    assert "adminconsent" not in first.text
    assert {"Presence.ReadWrite.All", "User.ReadBasic.All"} <= set(first.words.split())
    assert "grant User.Read.All in its place" in first.words
    saved = await admin.fill_in(own, {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT})
    assert f'href="https://login.example.com/{TENANT}/adminconsent?client_id={CLIENT}"' in saved.text


@pytest.mark.parametrize("way", ["file", "text"])
async def test_a_certificate_comes_as_a_file_or_as_text(
    admin: Browser, people: People, services: Services, clock: SteppedClock, *, way: str
) -> None:
    own, pem = page_of(people, "integrations/teamsPresence"), bundle(clock(), days=90)
    form = FormData({"csrf": (await admin.get(own)).csrf, "name": "P", "tenantId": TENANT, "clientId": CLIENT})
    form.add_field("certificate", pem if way == "text" else "", content_type="text/plain")
    file = pem if way == "file" else ""
    form.add_field("certificate_file", file.encode(), filename="presence.pem", content_type="application/x-pem-file")
    saved = await admin.post(own, form)
    (stored,) = await services.integrations.all(OPERATOR, people.customer)
    assert "Your changes are saved." in saved.words
    assert f"Thumbprint of the certificate {stored.configuration['thumbprint']} Ends" in saved.words
    assert "PRIVATE KEY-----" not in saved.text
    assert await services.integrations.secret(people.customer, IntegrationKind.TEAMS_PRESENCE) == pem


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: b"\x30\x82\xff\x00 a file of another kind", "This is not a certificate with its private key in PEM"),
        (
            lambda: certificate(rsa_key(), CREATED) + private_key(rsa_key(which=1)),
            "The private key belongs to another certificate.",
        ),
        (lambda: bundle(CREATED, days=-300).encode(), "The certificate has ended, or has not begun yet."),
    ],
)
async def test_a_certificate_that_cannot_serve_is_refused_at_its_field(
    admin: Browser, people: People, services: Services, *, make: Callable[[], bytes], told: str
) -> None:
    own = page_of(people, "integrations/teamsPresence")
    form = FormData({"csrf": (await admin.get(own)).csrf, "name": "P", "tenantId": TENANT, "clientId": CLIENT})
    form.add_field("certificate_file", make(), filename="presence.pem", content_type="application/x-pem-file")
    refused = await admin.post(own, form)
    assert (refused.status, f"Certificate and private key: {told}" in refused.alert) == (400, True)
    assert "PRIVATE KEY-----" not in refused.text
    assert await services.integrations.all(OPERATOR, people.customer) == []


async def test_the_end_of_a_secret_is_on_the_dashboard_from_30_days_ahead(
    admin: Browser, people: People, services: Services, clock: SteppedClock
) -> None:
    kind, told = IntegrationKind.TEAMS_PRESENCE, {"name": "P", "tenantId": TENANT, "clientId": CLIENT}
    own = page_of(people, "integrations/teamsPresence")
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    await admin.fill_in(
        own, {**told, "secret": "value", "secret_expires_on": f"{clock() + timedelta(days=35):%Y-%m-%d}"}
    )
    await services.integrations.set_enabled(OPERATOR, people.customer, kind, enabled=True)
    assert "Entered: 6 Apr 2026" in (await admin.get(own)).words
    home = page_of(people, "").rstrip("/")
    assert "Presence in Teams" not in (await admin.get(home)).words
    clock.advance(days=6)
    await admin.sign_in(people.admin_email)
    soon = await admin.get(home)
    assert "The secret or certificate of “Presence in Teams” ends on 6 Apr 2026." in soon.words
    assert f'href="{own}"' in soon.text
    clock.advance(days=30)
    await admin.sign_in(people.admin_email)
    over = "“Presence in Teams” does not work: its secret or certificate ended on 6 Apr 2026."
    assert over in (await admin.get(home)).words


async def test_a_secret_of_scim_is_shown_once_and_revoked(admin: Browser, people: People, services: Services) -> None:
    own = page_of(people, "integrations/entraSync")
    await admin.fill_in(own, {"extensionAttribute": ""})
    assert "Make a secret token first" in (await admin.fill_in(own, {}, action=f"{own}/on")).alert
    made = await admin.fill_in(own, {}, action=f"{own}/tokens")
    secret = re.search(r'id="secret">([^<]+)<', made.text)
    assert secret
    assert f"http://127.0.0.1:3978/scim/v2/{people.customer}" in made.text
    listed = await admin.get(own)
    assert secret[1] not in listed.text
    assert "It is on." in (await admin.fill_in(own, {}, action=f"{own}/on")).words
    (token,) = await services.scim_tokens.all(OPERATOR, people.customer)
    revoked = await admin.fill_in(own, {}, action=f"{own}/tokens/{token.token_id}/revoke")
    assert "The secret token is void." in revoked.words
    assert await services.scim_tokens.all(OPERATOR, people.customer) == []


async def test_a_secret_that_is_asked_for_twice_is_made_once(
    admin: Browser, people: People, services: Services
) -> None:
    own = page_of(people, "integrations/entraSync")
    await admin.fill_in(own, {"extensionAttribute": ""})
    opened = await admin.get(own)
    form_id = re.search(r'name="form_id" value="([^"]+)"', opened.text)
    assert form_id
    sent = {"csrf": opened.csrf, "form_id": form_id[1]}
    answers = await asyncio.gather(*(admin.post(f"{own}/tokens", sent) for _ in range(3)))
    again = await admin.post(f"{own}/tokens", sent)
    shown = {found[1] for each in (*answers, again) if (found := re.search(r'id="secret">([^<]+)<', each.text))}
    assert len(shown) == 1
    assert len(await services.scim_tokens.all(OPERATOR, people.customer)) == 1


async def test_domains_and_tenants_come_and_go(admin: Browser, people: People, services: Services) -> None:
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    wrong = await admin.fill_in(page_of(people), {"domain": "no domain"}, action=page_of(people, "domains"))
    assert (wrong.status, "This is not a domain" in wrong.alert) == (400, True)
    added = await admin.fill_in(page_of(people), {"domain": "Example.com"}, action=page_of(people, "domains"))
    (domain,) = await services.domains.all(OPERATOR, people.customer)
    assert (domain.domain, domain.verification in added.text) == ("example.com", True)
    await admin.fill_in(page_of(people), {"domain": "example.com"}, action=page_of(people, "domains/remove"))
    await admin.fill_in(page_of(people), {"tenant_id": TENANT}, action=page_of(people, "tenants/forget"))
    assert await services.domains.all(OPERATOR, people.customer) == []
    assert await services.tenants.all(OPERATOR, people.customer) == []


async def test_add_to_tenant_leads_to_the_consent_of_microsoft(admin: Browser, people: People) -> None:
    path = page_of(people, "tenants/connect")
    assert f'href="{path}"' in (await admin.get(page_of(people))).text
    sent = await admin.get(path, follow=False)
    there = sent.headers["Location"]
    assert there.startswith("https://login.example.com/organizations/v2.0/adminconsent?client_id=app-id")
    assert (sent.status, "entra=" in sent.headers["Set-Cookie"]) == (303, True)


async def test_only_administrators_of_a_customer_add_a_tenant(browser: Browser, people: People) -> None:
    await browser.sign_in(people.user_email)
    assert (await browser.get(page_of(people, "tenants/connect"), follow=False)).status == 403


async def test_the_way_back_from_microsoft_has_a_sentence(admin: Browser, people: People) -> None:
    assert "The tenant is connected" in (await admin.get(page_of(people) + "?note=tenant-proved")).words


@pytest.mark.parametrize("name", ["integrations", "integrations/entraSso"])
async def test_a_partners_own_account_has_none(partner: Browser, people: People, name: str) -> None:
    refused = await partner.get(f"/console/accounts/{people.partner}/{name}")
    assert (refused.status, "not possible in a partner's own account" in refused.words) == (409, True)


@pytest.mark.parametrize("name", ["integrations", "integrations/entraSso"])
async def test_others_see_nothing(browser: Browser, people: People, name: str) -> None:
    await browser.sign_in(people.foreign_email)
    assert (await browser.get(page_of(people, name))).status == 404


async def test_an_unknown_kind_is_not_there(admin: Browser, people: People) -> None:
    assert (await admin.get(page_of(people, "integrations/fax"))).status == 404


async def test_axe_has_nothing_to_say(origin: str, people: People, services: Services) -> None:
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    await services.domains.add(OPERATOR, people.customer, "example.com")
    await services.scim_tokens.create(OPERATOR, people.customer)
    size = {"width": 320, "height": 800}
    async with signed_in(origin, People.admin_email, viewport=size) as page:
        for name in ("", "/entraSso", "/entraSync", "/teamsPresence"):
            await page.goto(origin + page_of(people) + name, wait_until="networkidle")
            assert await violations(page) == []
            assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (None, "7 contacts, read"),
        ("notPermitted", "Its contacts are not read: a permission for that has not been granted."),
        ("unreachable", "Microsoft did not answer"),
        ("rejected", "Microsoft refused to give the contacts"),
        ("tooMany", "the others are left out"),
    ],
)
async def test_the_reading_of_contacts_is_told_with_the_permissions_that_it_needs(
    admin: Browser,
    people: People,
    services: Services,
    database: Database,
    clock: SteppedClock,
    *,
    trouble: str,
    told: str,
) -> None:
    await services.tenants.prove(OPERATOR, people.customer, TENANT)
    row = {"account_id": people.customer, "tenant_id": TENANT, "source": "users", "contacts": 7, "next_at": clock()}
    row |= {"finished_on": clock(), "trouble": trouble}
    await database.write(lambda connection: connection.execute(insert(contact_syncs), row))
    page = await admin.get(page_of(people))
    assert told in page.words
    assert {"User.Read.All", "OrgContact.Read.All"} <= set(page.words.split())
