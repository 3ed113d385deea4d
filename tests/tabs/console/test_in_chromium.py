"""The console in a real browser: whole journeys, by mouse, by keyboard, without a script, in French, in both themes."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.async_api import expect

from cloudlink.administration.gateways import PbxModel
from cloudlink.administration.users import NewUser
from tests.axe import violations
from tests.browser import chromium
from tests.tabs.console.conftest import OPERATOR, PASSWORD, People

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from playwright.async_api import Page

    from cloudlink.service.administration.imports import ImportService
    from tabs.console import Services

FILE = "First name,Last name,Email\nAnna,Example,anna@example.com\nBert,Example,nobody\n"


@asynccontextmanager
async def signed_in(origin: str, email: str, **options: Any) -> AsyncIterator[Page]:
    async with chromium() as browser:
        context = await browser.new_context(**{"locale": "en-GB", **options})
        page = await context.new_page()
        await page.goto(f"{origin}/console")
        await page.locator("#email").fill(email)
        await page.locator("#password").fill(PASSWORD)
        await page.locator("main button").click()
        await expect(page.locator("header.bar")).to_be_visible()
        yield page


def complaints(page: Page) -> list[str]:
    """What the browser complains of: a policy that was broken, a script that failed."""
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    return told


async def test_a_partner_makes_a_customer_adds_a_user_and_imports_others(
    origin: str, services: Services, imports: ImportService, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text(FILE, encoding="utf-8")
    async with signed_in(origin, People.partner_email) as page:
        told = complaints(page)
        await page.get_by_role("link", name="Accounts").click()
        await page.get_by_role("link", name="New account").click()
        await page.get_by_label("Name", exact=True).fill("Example Hotel")
        await page.get_by_label("Time zone").select_option("Europe/Paris")
        await page.get_by_role("button", name="Create account").click()
        await expect(page.get_by_role("status")).to_contain_text("The account is there")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Example Hotel")

        await page.get_by_role("link", name="Users", exact=True).click()
        await page.get_by_role("link", name="New user").click()
        await page.get_by_label("First name").fill("Rita")
        await page.get_by_label("Last name").fill("Reception")
        await page.get_by_label("E-mail address").fill("rita@example.com")
        await page.get_by_label("Extension").fill("100")
        await page.get_by_label("Role", exact=True).select_option(label="Account Admin")
        await page.get_by_role("button", name="Create user").click()
        await expect(page.get_by_role("status")).to_contain_text("the welcome e-mail is on its way")

        await page.get_by_role("link", name="Import users").click()
        await page.get_by_label("CSV file").set_input_files(file)
        await page.get_by_role("button", name="Upload and check").click()
        await expect(page.get_by_text("This is not an e-mail address.")).to_be_visible()
        await page.get_by_role("button", name="Make 1 user").click()
        await expect(page.get_by_text("Lines done: 1 of 2")).to_be_visible()
        # The page is not touched any more: its script sees that the import has come to its end.
        await imports.run_pending()
        await expect(page.get_by_text("1 user is made.")).to_be_visible()
        await page.get_by_role("link", name="Users", exact=True).click()
        await expect(page.get_by_role("link", name="Anna Example")).to_be_visible()
        assert told == []
    (account,) = (await services.accounts.find(OPERATOR, "Example Hotel")).items
    assert (await services.users.find(OPERATOR, account.account_id)).total == 2


async def test_a_user_is_made_by_keyboard_alone(origin: str, people: People, services: Services) -> None:
    async with signed_in(origin, People.admin_email) as page:
        await page.goto(f"{origin}/console/accounts/{people.customer}/users/new")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        await expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")  # the way back to the list
        for text in ("Kim", "Keyboard", "kim@example.com"):
            await page.keyboard.press("Tab")
            await page.keyboard.type(text)
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("The user is there")
    assert (await services.users.find(OPERATOR, people.customer, text="Kim Keyboard")).total == 1


async def test_without_a_script_everything_works(origin: str, people: People, services: Services) -> None:
    async with signed_in(origin, People.admin_email, java_script_enabled=False) as page:
        await page.goto(f"{origin}/console/accounts/{people.customer}/users/{people.customers_user}")
        await expect(page.locator("fluent-badge")).to_have_text("Registered")
        await page.get_by_label("Mobile").fill("soon")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("alert")).to_contain_text("Mobile: This is not a telephone number.")
        await page.get_by_label("Mobile").fill("+33 6 99 00 12 34")
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("status")).to_have_text("Your changes are saved.")
    record = await services.users.get(OPERATOR, people.customer, people.customers_user)
    assert record.user.mobile == "+33699001234"


async def test_a_form_in_haste_is_sent_once(origin: str, people: People, services: Services) -> None:
    async with signed_in(origin, People.admin_email) as page:
        await page.goto(f"{origin}/console/accounts/{people.customer}/users/new")
        await page.get_by_label("First name").fill("Hasty")
        await page.get_by_label("Last name").fill("Hand")
        await page.get_by_label("E-mail address").fill("hasty@example.com")
        await page.get_by_role("button", name="Create user").dblclick()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Hasty Hand")
    assert (await services.users.find(OPERATOR, people.customer, text="Hasty")).total == 1


async def test_the_console_speaks_french(origin: str, people: People) -> None:
    async with signed_in(origin, People.admin_email, locale="fr-FR") as page:
        own = f"/console/accounts/{people.customer}"
        for path, heading in {
            "/console": "Example Company",
            f"{own}/users": "Utilisateurs",
            f"{own}/users/new": "Nouvel utilisateur",
            f"{own}/imports": "Importer des utilisateurs",
            f"{own}/audit": "Journal d\u2019audit",
            f"{own}/settings": "Paramètres",
            f"{own}/users/nobody": "Cette page n\u2019existe pas",
        }.items():
            await page.goto(origin + path)
            await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
            await expect(page.locator("html")).to_have_attribute("lang", "fr")
            words = await page.locator("body").inner_text()
            assert not {"Save", "Settings", "Users", "Search", "optional", "Sign out"} & set(words.split())


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 1280)])
async def test_every_page_is_accessible_and_fits(
    origin: str, people: People, services: Services, width: int, scheme: Literal["light", "dark"]
) -> None:
    await services.gateways.create(OPERATOR, people.customer, "Head office", PbxModel.MIVOICE_5000)
    imported = await services.imports.preview(OPERATOR, people.customer, "people.csv", FILE.encode())
    await services.users.create(OPERATOR, people.customer, NewUser("Ina", "Invited", "ina@example.com"))
    own = f"/console/accounts/{people.customer}"
    paths = ["/console", "/console/accounts", "/console/accounts/new", own, f"{own}/users", f"{own}/users/new",
             f"{own}/users/{people.customers_user}", f"{own}/users/{people.customers_user}/delete", f"{own}/delete",
             f"{own}/settings?note=saved", f"{own}/imports", f"{own}/imports/{imported.import_id}", f"{own}/audit",
             f"{own}/users/nobody"]  # fmt: skip
    size = {"width": width, "height": 800}
    async with signed_in(origin, People.partner_email, color_scheme=scheme, viewport=size) as page:
        wrong = []
        for path in paths:
            await page.goto(origin + path, wait_until="networkidle")
            wrong += [f"{path}: {each}" for each in await violations(page)]
            if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{path} is wider than the window")
        await page.goto(f"{origin}{own}/users/new")
        await page.locator("form.card").evaluate("form => form.noValidate = true")
        await page.get_by_role("button", name="Create user").click()
        await expect(page.get_by_role("alert")).to_be_visible()
        wrong += [f"refused: {each}" for each in await violations(page)]
        await page.get_by_role("button", name="Sign out").click()
        await expect(page.get_by_label("Password")).to_be_visible()
        wrong += [f"sign-in: {each}" for each in await violations(page)]
    assert wrong == []


async def test_the_capacity_of_a_pbx_is_drawn_and_reads_as_a_table(
    origin: str, people: People, services: Services
) -> None:
    await services.gateways.create(OPERATOR, people.customer, "Head office", PbxModel.OFFICE_400)
    async with signed_in(origin, People.admin_email) as page:
        row = page.get_by_role("row", name="Head office")
        await expect(row).to_contain_text("MiVoice Office 400")
        await expect(row).to_contain_text("2 of 800")
        await expect(row).to_contain_text("0 of 4,200")
        assert await row.locator("meter").first.evaluate("meter => [meter.value, meter.max]") == [2, 800]
        await expect(page.get_by_text("1 gateway is not paired.")).to_be_visible()
