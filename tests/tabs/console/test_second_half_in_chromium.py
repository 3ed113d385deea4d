"""The pages of gateways, integrations, roll-outs, applications, mail and reports in a real browser: whether everybody
can use them in both themes, both languages and on a telephone, and their main actions by keyboard alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from cloudlink.administration.clients import NewClient
from cloudlink.administration.gateways import PbxModel
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.model import Principal
from rollout.model import Scope, ScopeKind
from tests.axe import violations
from tests.pictures import PICTURE
from tests.reports import file_report
from tests.tabs.console.conftest import OPERATOR, People
from tests.tabs.console.test_in_chromium import FILE, complaints, signed_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.service.administration.own_reports import OwnReportService
    from tabs.console import Services

TENANT = "11111111-2222-4333-8444-555555555555"
CLIENT = "99999999-2222-4333-8444-555555555555"
# Words of these pages that French writes otherwise.
_ENGLISH = {"Save", "Settings", "Remove", "Users", "Written", "Known", "Open", "Read", "State", "Sign", "The", "the"}


@pytest.fixture
async def everything(services: Services, own: OwnReportService, people: People) -> Sequence[str]:
    """Something on every page; answers their paths."""
    customer = people.customer
    gateway = (await services.gateways.create(OPERATOR, customer, "Head office", PbxModel.OFFICE_400)).gateway
    imported = await services.imports.preview(OPERATOR, customer, "people.csv", FILE.encode())
    await services.tenants.prove(OPERATOR, customer, TENANT)
    await services.domains.add(OPERATOR, customer, "example.com")
    told = {"name": "Presence", "tenantId": TENANT, "clientId": CLIENT}
    for kind in IntegrationKind:
        await services.integrations.save(OPERATOR, customer, kind, {} if kind == "entraSync" else told, secret="s")
    await services.scim_tokens.create(OPERATOR, customer)
    wallboard = NewClient(
        "Wallboard", redirect_uris=("https://a.example.com/back",), grant_types=("authorization_code",)
    )
    client, _ = await services.clients.create(OPERATOR, customer, wallboard)
    assert services.rollouts
    desk = Scope(ScopeKind.PEOPLE, "", ("desk@example.com",))
    rollout = await services.rollouts.start(OPERATOR, customer, TENANT, desk)
    text = "The call log shows no calls since Monday, neither in the tab nor in the chat.\nThe PBX has them."
    who = Principal(customer, people.customers_user)
    report = await file_report(own, who, "callLog", text, {"version": "1.2.3", "client": "Teams · web"}, PICTURE)
    await services.users.invite(OPERATOR, customer, people.customers_user)
    rest = (
        "", "imports", f"imports/{imported.import_id}", "gateways", f"gateways/{gateway.gateway_id}", "gateways/new",
        "integrations", *(f"integrations/{kind}" for kind in IntegrationKind), "presence", "rollouts",
        f"rollouts/{rollout.rollout_id}", "applications", f"applications/{client.client_id}", "applications/new",
        "mails", "audit", "settings", "reports", f"reports/{report.report_id}",
    )  # fmt: skip
    return [f"/console/accounts/{customer}/{each}".rstrip("/") for each in rest]


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
async def test_every_page_is_accessible_and_fits(
    origin: str, everything: Sequence[str], width: int, scheme: Literal["light", "dark"]
) -> None:
    wrong = []
    size = {"width": width, "height": 800}
    async with signed_in(origin, People.admin_email, color_scheme=scheme, viewport=size) as page:
        told = complaints(page)
        for path in everything:
            answer = await page.goto(origin + path, wait_until="networkidle")
            assert answer is not None
            assert answer.ok, path
            wrong += [f"{path}: {each}" for each in await violations(page)]
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{path} is wider than the window")
    assert wrong == told == []


async def test_every_page_speaks_french(origin: str, everything: Sequence[str]) -> None:
    wrong = []
    async with signed_in(origin, People.admin_email, locale="fr-FR") as page:
        for path in everything:
            await page.goto(origin + path)
            await expect(page.locator("html")).to_have_attribute("lang", "fr")
            words = set(await page.locator("nav, h1, h2, label, th, button, .hint").all_inner_texts())
            english = _ENGLISH & {word for text in words for word in text.split()}
            wrong += [f"{path}: {word}" for word in english]
    assert wrong == []


async def test_a_gateway_is_made_by_keyboard_alone_and_its_code_shown_once(
    origin: str, people: People, services: Services
) -> None:
    async with signed_in(origin, People.admin_email) as page:
        await page.goto(f"{origin}/console/accounts/{people.customer}/gateways/new")
        await page.get_by_label("Name", exact=True).focus()
        await page.keyboard.type("Annex")
        await page.keyboard.press("Tab")
        await page.keyboard.type("MiVoice MX")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Pair Annex")
        code = await page.locator("p.code").inner_text()
        await page.get_by_role("link", name="Back to the gateways").press("Enter")
        await page.get_by_role("link", name="Annex").press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Annex")
        await expect(page.get_by_text(code)).to_have_count(0)
    (gateway,) = await services.gateways.all(OPERATOR, people.customer)
    assert (gateway.name, gateway.pbx) == ("Annex", PbxModel.MX_ONE)
