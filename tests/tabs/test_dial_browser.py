"""The dial page in a real Chromium: what each device shows, and that nothing dials without a tap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import expect

from tests.tabs.conftest import IOS_TEMPLATE, Pages

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

WINDOWS: dict[str, Any] = {
    "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
}
MAC: dict[str, Any] = {
    "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15"
}
IPAD: dict[str, Any] = {**MAC, "viewport": {"width": 820, "height": 1180}}
IPHONE: dict[str, Any] = {
    "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
}
ANDROID: dict[str, Any] = {
    "user_agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/140.0 Mobile"
}
UNKNOWN: dict[str, Any] = {"user_agent": "Telephone/1.0"}

TEL = "tel:+33199001234"
MICOLLAB = "softphone://call?to=%2B33199001234"


async def opened(browser: Browser, url: str, device: dict[str, Any], **options: Any) -> Page:
    context = await browser.new_context(locale="en-GB", **device, **options)
    page = await context.new_page()
    if device is IPAD:
        # Playwright's own has_touch gives one touch point; an iPad has five.
        session = await context.new_cdp_session(page)
        await session.send("Emulation.setTouchEmulationEnabled", {"enabled": True, "maxTouchPoints": 5})
    page.problems = []  # type: ignore[attr-defined]
    await page.goto(url)
    return page


def problems_on(page: Page) -> list[str]:
    """Fills with what the console complains of: a refused script, a missing file, an error."""
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    return problems


async def shows(page: Page, *links: str) -> None:
    """These links and no other; a browser that has just been told of its touch screen takes a moment to hide one."""
    await expect(page.locator("a:visible")).to_have_count(len(links))
    assert [await link.get_attribute("href") for link in await page.locator("a:visible").all()] == list(links)


@pytest.mark.parametrize(
    ("device", "links"),
    [
        (WINDOWS, [TEL]),
        (MAC, [TEL]),
        (ANDROID, [TEL]),
        (IPHONE, [MICOLLAB]),
        (IPAD, [MICOLLAB]),
        (UNKNOWN, [TEL, MICOLLAB]),
    ],
    ids=["windows", "mac", "android", "iphone", "ipad that says it is a mac", "unknown"],
)
async def test_each_device_shows_its_own_link(
    pages: Pages, browser: Browser, device: dict[str, Any], links: list[str]
) -> None:
    page = await opened(browser, await pages.link("01 99 00 12 34", ios=IOS_TEMPLATE), device)
    problems = problems_on(page)
    await page.reload()
    await shows(page, *links)
    assert problems == []


@pytest.mark.parametrize("device", [WINDOWS, MAC, ANDROID, IPHONE, UNKNOWN])
async def test_without_a_script_the_link_is_there_as_well(
    pages: Pages, browser: Browser, device: dict[str, Any]
) -> None:
    page = await opened(browser, await pages.link("0199001234", ios=IOS_TEMPLATE), device, java_script_enabled=False)
    assert await page.locator("a").first.is_visible()


async def test_an_ipad_holds_no_link_to_its_own_dialler(pages: Pages, browser: Browser) -> None:
    page = await opened(browser, await pages.link("0199001234"), IPAD)
    assert await page.locator("a").count() == 0
    assert await page.get_by_text("install MiCollab 9.7.10 or newer").is_visible()


async def test_an_ipad_without_scripts_shows_no_link_to_its_own_dialler(pages: Pages, browser: Browser) -> None:
    url = await pages.link("0199001234", ios=IOS_TEMPLATE)
    page = await opened(browser, url, IPAD, java_script_enabled=False)
    await page.reload()
    await shows(page, MICOLLAB)


async def test_an_ipad_whose_script_does_not_load_shows_no_link_to_its_own_dialler(
    pages: Pages, browser: Browser
) -> None:
    page = await opened(browser, await pages.link("0199001234", ios=IOS_TEMPLATE), IPAD)
    await page.route("**/dial.js", lambda route: route.abort())
    await page.reload()
    await shows(page, MICOLLAB)


async def test_nothing_dials_without_a_tap(pages: Pages, browser: Browser) -> None:
    context = await browser.new_context(**WINDOWS)
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    await session.send("Page.enable")
    wanted: list[str] = []
    session.on("Page.frameRequestedNavigation", lambda event: wanted.append(event["url"]))
    await page.goto(await pages.link("0199001234"))
    await page.wait_for_load_state("networkidle")
    assert wanted == []
    await page.get_by_role("link", name="Call with MiCollab").click()
    assert wanted == [TEL]


async def test_the_number_can_be_copied(pages: Pages, browser: Browser) -> None:
    page = await opened(browser, await pages.link("01 99 00 12 34"), WINDOWS)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("button", name="Copy number").click()
    await page.get_by_role("button", name="Number copied").wait_for()
    assert await page.evaluate("navigator.clipboard.readText()") == "+33199001234"


async def test_a_barred_number_can_still_be_copied(pages: Pages, browser: Browser) -> None:
    page = await opened(browser, await pages.link("0899123456"), WINDOWS)
    await shows(
        page,
    )
    assert await page.get_by_role("alert").is_visible()
    assert await page.get_by_role("button", name="Copy number").is_visible()


async def test_the_keyboard_reaches_the_link_and_shows_where_it_is(pages: Pages, browser: Browser) -> None:
    page = await opened(browser, await pages.link("0199001234"), WINDOWS)
    await page.keyboard.press("Tab")
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert await page.evaluate("document.activeElement.getAttribute('href')") == TEL
    assert outline == "solid"


# WCAG 2.2, "relative luminance" and "contrast ratio", of every text against the nearest painted background.
CONTRASTS = """() => {
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map((v) => linear(Number(v) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return colour === "rgba(0, 0, 0, 0)" ? background(element.parentElement) : colour;
  };
  return [...document.querySelectorAll("h1, h2, p, a, button")].map((element) => {
    const both = [getComputedStyle(element).color, background(element)].map(luminance);
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("number", ["0199001234", "0899123456"])
async def test_every_text_has_the_contrast_of_wcag_aa(pages: Pages, browser: Browser, scheme: str, number: str) -> None:
    page = await opened(browser, await pages.link(number, ios=IOS_TEMPLATE), UNKNOWN, color_scheme=scheme)
    contrasts = await page.evaluate(CONTRASTS)
    assert len(contrasts) >= 4
    assert min(contrasts) >= 4.5
