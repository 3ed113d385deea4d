"""Reporting a problem in a real browser: pasting, dropping, a lost connection, and that everybody can use it."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from tests.axe import violations
from tests.cloudlink.conftest import PASSWORD
from tests.pictures import PICTURE, png
from tests.reports import file_report

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Frame, Page

    from tests.cloudlink.conftest import People
    from tests.tabs.personal.conftest import Site

# As the clipboard or a file manager hands over a picture.
HAND_OVER = """([kind, base64, type]) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const files = new DataTransfer();
    files.items.add(new File([bytes], "shot", { type }));
    const event = kind === "paste"
        ? new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true })
        : new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true });
    document.querySelector("#text").dispatchEvent(event);
}"""


async def hand_over(page: Page | Frame, kind: str, content: bytes, media_type: str = "image/png") -> None:
    await page.evaluate(HAND_OVER, [kind, b64encode(content).decode(), media_type])


async def fill_in(page: Page | Frame) -> None:
    await page.get_by_label("What is it about?").select_option("Call log")
    await page.get_by_label("What is wrong?").fill("Nothing from +33 1 99 00 12 34")


async def test_a_pasted_screenshot_is_seen_before_it_is_sent(site: Site, people: People) -> None:
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/report")
        await fill_in(page)
        await hand_over(page, "paste", png(60, 40))
        chosen = page.get_by_role("img", name="The screenshot that you have chosen")
        await expect(chosen).to_be_visible()
        assert await chosen.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
        # The sheet's rules hold to its end.
        assert await chosen.evaluate("image => getComputedStyle(image).maxHeight") == "420px"
        await page.get_by_role("button", name="See what will be sent").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("This will be sent")
        await expect(page.get_by_text("Nothing from +33 1 99 00 •• ••")).to_be_visible()
        await expect(page.get_by_role("row", name="Version of the app")).to_contain_text("1.2.3")
        shown = page.get_by_role("img", name="Your screenshot")
        assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 60
        await page.get_by_role("button", name="Send").click()
        (report,) = [await site.reports.get(people.desk.principal, await _report_id(page))]
        await expect(page.locator(".code")).to_have_text(report.reference)
        assert (await site.reports.picture(people.desk.principal, report.report_id)).content == png(60, 40)


async def _report_id(page: Page) -> str:
    await page.wait_for_url("**/tabs/report/sent/*")
    return page.url.rpartition("/")[2]


async def test_what_is_dropped_is_judged_at_once_and_can_be_removed(site: Site, people: People) -> None:
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/report")
        await hand_over(page, "drop", b"a text", "text/plain")
        await expect(page.get_by_role("alert").filter(has_text="This file is no picture.")).to_be_visible()
        await hand_over(page, "drop", bytes(5 * 1024 * 1024))
        await expect(page.get_by_role("alert").filter(has_text="larger than 4 MB")).to_be_visible()
        await hand_over(page, "drop", png())
        await expect(page.get_by_role("alert").filter(has_text="larger than 4 MB")).to_be_hidden()
        await page.get_by_role("button", name="Remove").press("Enter")
        await expect(page.get_by_role("img", name="The screenshot")).to_be_hidden()
        assert await page.locator("#picture").evaluate("input => input.files.length") == 0


async def test_a_lost_connection_takes_nothing_away(site: Site, people: People, tmp_path: Path) -> None:
    picture = tmp_path / "shot.png"
    picture.write_bytes(png())
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/report")
        await fill_in(page)
        await page.locator("#picture").set_input_files(picture)
        await page.context.set_offline(True)
        await page.get_by_role("button", name="See what will be sent").click()
        await expect(page.get_by_text("There is no connection at the moment.")).to_be_visible()
        await page.context.set_offline(False)
        await page.get_by_role("button", name="See what will be sent").click()
        await expect(page.get_by_role("img", name="Your screenshot")).to_be_visible()
        await expect(page.get_by_role("row", name="Requests without an answer")).to_contain_text("none")


async def sign_in(page: Page) -> None:
    await page.get_by_label("E-mail address").fill("desk@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()


async def test_a_session_that_ends_takes_no_words_away_and_shows_them_to_nobody_else(
    site: Site, people: People
) -> None:
    """The front desk signs in where the warehouse was writing, and then where it was writing itself."""
    async with site.browser(people.warehouse) as page:
        await page.goto(f"{site.origin}/tabs/report")
        for writer, words in ((people.warehouse, ""), (people.desk, "Nothing from +33 1 99 00 12 34")):
            await fill_in(page)
            await page.get_by_label("Leave telephone numbers").check()
            await hand_over(page, "paste", png())
            await site.sessions.end_all(writer.principal)
            await page.get_by_role("button", name="See what will be sent").click()
            await sign_in(page)
            await expect(page.locator("form.report")).to_have_attribute("data-person", people.desk.principal_id)
            await expect(page.get_by_label("What is wrong?")).to_have_value(words)
            await expect(page.get_by_label("Leave telephone numbers")).to_be_checked(checked=bool(words))
            await expect(page.get_by_text("Please add the screenshot once more.")).to_be_visible(visible=bool(words))
            assert await page.evaluate("sessionStorage.length") == 0
            assert await violations(page) == []


async def test_a_session_that_began_anew_in_another_tab_takes_no_words_away(site: Site, people: People) -> None:
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/report")
        await fill_in(page)
        renewed = await site.cookie(people.desk)
        await page.context.add_cookies([{"name": "session", "value": renewed, "url": site.origin}])
        await page.get_by_role("button", name="See what will be sent").click()
        await expect(page.get_by_text("What you had written is here again.")).to_be_visible()
        await expect(page.get_by_text("Please add the screenshot once more.")).to_be_hidden()
        await page.get_by_role("button", name="See what will be sent").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("This will be sent")


async def test_a_refused_report_says_so_and_keeps_the_words(site: Site, people: People) -> None:
    async with site.browser(people.desk) as page:
        await page.goto(f"{site.origin}/tabs/report")
        await fill_in(page)
        await hand_over(page, "paste", png()[:-8])
        await page.get_by_role("button", name="See what will be sent").click()
        await expect(page.get_by_role("link", name="This picture is damaged")).to_be_visible()
        await expect(page.get_by_label("What is wrong?")).to_have_value("Nothing from +33 1 99 00 12 34")


@pytest.mark.parametrize(("scheme", "width"), [("light", 320), ("dark", 768), ("light", 1200)])
async def test_everybody_can_use_each_step(
    site: Site, people: People, width: int, scheme: Literal["light", "dark"]
) -> None:
    await file_report(site.reports, people.desk.principal, "callLog", "No calls", {"version": "1.0"}, PICTURE)
    size = {"width": width, "height": 800}
    async with site.browser(people.desk, color_scheme=scheme, viewport=size) as page:
        await page.goto(f"{site.origin}/tabs/report")
        await fill_in(page)
        await hand_over(page, "paste", png(2_000, 30))
        await expect(page.get_by_role("button", name="Remove")).to_be_visible()
        for button in ("See what will be sent", "Send", ""):
            assert await violations(page) == []
            assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
            if button:
                heading = await page.get_by_role("heading", level=1).inner_text()
                await page.get_by_role("button", name=button).click()
                await expect(page.get_by_role("heading", level=1)).not_to_have_text(heading)
