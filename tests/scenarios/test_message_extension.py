"""The message extension as its user sees it, in Agents Playground: search, insert, press; numbers; a pasted link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from tests.scenarios.test_in_the_playground import company, signed_in, teams, write

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from tests.scenarios.conftest import Company

__all__ = ["company", "teams"]

pytestmark = pytest.mark.timeout(240)


async def choose_command(teams: Page, kind: str) -> None:
    await teams.get_by_label("Trigger Message Extension App").click()
    await teams.get_by_text(kind, exact=True).click()


async def dialled_by(teams: Page, card: Locator) -> str:
    """What the page behind a card's call button dials."""
    async with teams.context.expect_page() as opening:
        await card.locator(".ac-actionSet button").filter(has_text=re.compile("^Call$")).click()
    page = await opening.value
    link = page.locator("a[href^='tel:']")
    await expect(link).to_be_visible()
    return await link.get_attribute("href") or ""


@pytest.fixture
async def employee(company: Company, teams: Page) -> Page:
    """The front desk has signed in, and a supplier has called."""
    company.pbx.ring("+33199001234", "201", "Supplier").far_end_hangs_up()
    await company.recorded(1)
    await write(teams, "sign in")
    await signed_in(teams)
    await expect(teams.locator(".ac-adaptiveCard").last).to_contain_text("You are signed in.", timeout=20_000)
    return teams


async def test_a_caller_is_found_and_shared_and_called(employee: Page) -> None:
    await choose_command(employee, "Search Command")
    # The Playground reads no manifest, so it has to be told what the package says.
    await employee.get_by_role("button", name="Specify Command ID or Parameter").click()
    await employee.get_by_placeholder("Command ID").fill("findContact")
    await employee.get_by_placeholder("Parameter name").fill("search")
    await employee.get_by_placeholder("Enter a search term").fill("suppl")
    await employee.get_by_text("+33 1 99 00 12 34").click()
    await employee.get_by_role("button", name="Send Message").click()

    shared = employee.locator(".ac-adaptiveCard").filter(has_text="Supplier").last
    await expect(shared).to_contain_text("+33 1 99 00 12 34")
    assert await dialled_by(employee, shared) == "tel:+33199001234"


async def test_the_numbers_of_a_message_can_be_called_and_shared(employee: Page) -> None:
    await write(employee, "Warehouse: 01 99 00 56 78, order 123456789")
    message = employee.get_by_text("Warehouse: 01 99 00 56 78").first
    await expect(message).to_be_visible()
    await expect(employee.locator(".ac-adaptiveCard").last).to_contain_text("What you can write", timeout=20_000)
    await employee.get_by_role("button", name="Show more information").nth(-2).click()
    await employee.get_by_text("Action Command").click()
    await employee.get_by_placeholder("Input command id or leave blanks").fill("callNumbers")
    await employee.get_by_role("button", name="Create").click()

    dialog = employee.get_by_role("dialog").filter(has_text="Numbers in this message")
    await expect(dialog).to_contain_text("+33 1 99 00 56 78")
    await expect(dialog).not_to_contain_text("123")
    assert await dialled_by(employee, dialog) == "tel:+33199005678"

    await dialog.get_by_role("button", name="Share").click()
    await employee.get_by_role("button", name="Send Message").click()
    shared = employee.locator(".ac-adaptiveCard").filter(has_text="+33 1 99 00 56 78").last
    assert await dialled_by(employee, shared) == "tel:+33199005678"


async def test_a_link_to_the_call_log_becomes_a_card_that_names_nobody(company: Company, employee: Page) -> None:
    await choose_command(employee, "Link Unfurling")
    await employee.get_by_role("textbox", name="Enter an URL").fill(f"{company.url}/tabs/calls")

    card = employee.get_by_role("dialog").locator(".ac-adaptiveCard")
    await expect(card).to_contain_text("Whoever opens it sees their own calls.")
    await expect(card).not_to_contain_text("Supplier")
