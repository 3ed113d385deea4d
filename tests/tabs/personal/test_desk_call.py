"""Call buttons that ring the desk phone: offered where that can be, chosen in the settings, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from playwright.async_api import expect

from cloudlink.commands import MakeCall, Result
from store.preferences import Preferences, PreferenceStore
from tests.axe import violations
from tests.cloudlink.conftest import inbound
from tests.cloudlink.telephones import PER_MINUTE

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from cloudlink.model import User
    from store.database import Database
    from tests.cloudlink.conftest import People, Record
    from tests.cloudlink.telephones import Telephones
    from tests.tabs.personal.conftest import Site

SETTINGS = {"from": "20:00", "until": "07:00", "language": "", "time_zone": ""}
NUMBER = "+33199000001"


async def choose(database: Database, user: User) -> None:
    await PreferenceStore(database).save(user.principal, Preferences(desk_phone=True), zone="UTC")


async def press(http: ClientSession, site: Site, user: User, number: str = NUMBER) -> tuple[int, str]:
    form = {"number": number, "back": "/tabs/contacts"}
    async with http.post(f"{site.origin}/tabs/call", data=form, headers=await site.bearer(user)) as answer:
        return answer.status, await answer.text()


async def test_it_is_offered_where_the_telephone_system_can_and_kept(
    http: ClientSession, site: Site, people: People, telephones: Telephones, database: Database
) -> None:
    bearer = await site.bearer(people.desk)
    async with http.get(f"{site.origin}/tabs/settings", headers=bearer) as page:
        assert "desk phone" not in await page.text()
    async with telephones.working():
        async with http.get(f"{site.origin}/tabs/settings", headers=bearer) as page:
            assert "My desk phone, which rings first" in await page.text()
        for sent, kept in (("deskPhone", True), ("micollab", False), ("somebodyElses", False)):
            form = {**SETTINGS, "call_with": sent}
            async with http.post(f"{site.origin}/tabs/settings", data=form, headers=bearer) as page:
                assert page.status == 200
            assert (await PreferenceStore(database).of(people.desk.principal)).desk_phone is kept


async def test_buttons_ring_the_desk_phone_only_of_who_has_chosen_it(
    http: ClientSession, site: Site, people: People, record: Record, database: Database
) -> None:
    await record(people.desk, inbound("c1"))
    bearer = await site.bearer(people.desk)
    texts = []
    for _ in range(2):
        for tab in ("calls", "contacts"):
            async with http.get(f"{site.origin}/tabs/{tab}", headers=bearer) as page:
                texts.append(await page.text())
        await choose(database, people.desk)
    for text in texts[:2]:
        assert "tel:" in text
        assert "desk-call" not in text
    for text in texts[2:]:
        assert "tel:" not in text
        assert 'form="desk-call"' in text
    assert f'value="{NUMBER}"' in texts[2]


async def test_a_press_calls_from_ones_own_telephone(
    http: ClientSession, site: Site, people: People, telephones: Telephones
) -> None:
    async with telephones.working() as gateway:
        status, text = await press(http, site, people.desk)
        again = await press(http, site, people.desk)
    assert status == 200
    assert "Your desk phone 201 rings. Lift it, and +33 1 99 00 00 01 is called." in text
    assert 'href="/tabs/contacts"' in text
    assert again[1].count("Your desk phone 201 rings") == 1
    assert gateway.done == [MakeCall("201", NUMBER)]


async def test_what_did_not_work_is_said_with_another_way(
    http: ClientSession, site: Site, people: People, telephones: Telephones
) -> None:
    async with telephones.working() as gateway:
        gateway.result = Result.NOT_CONNECTED
        _, away = await press(http, site, people.desk)
        _, barred = await press(http, site, people.desk, "0899000001")
        _, code = await press(http, site, people.desk, "*21*202#")
    assert "is not connected at the moment" in away
    assert f'href="tel:{NUMBER}"' in away
    assert "does not allow calls to this number" in barred
    assert "Codes with * or #" in code
    assert "tel:" not in barred
    assert len(gateway.done) == 1


async def test_who_presses_too_often_waits(
    http: ClientSession, site: Site, people: People, telephones: Telephones
) -> None:
    async with telephones.working() as gateway:
        for extension in range(300, 300 + PER_MINUTE):
            await press(http, site, people.desk, str(extension))
        _, text = await press(http, site, people.desk, "399")
    assert "many calls within a minute" in text
    assert len(gateway.done) == PER_MINUTE


async def test_no_other_page_and_no_stranger_can_press(
    http: ClientSession, site: Site, people: People, telephones: Telephones
) -> None:
    cookie = {"Cookie": f"session={await site.cookie(people.desk)}"}
    async with telephones.working() as gateway:
        async with http.post(f"{site.origin}/tabs/call", data={"number": "202"}, headers=cookie) as forged:
            assert forged.status == 403
        async with http.post(f"{site.origin}/tabs/call", data={"number": "202"}, allow_redirects=False) as nobody:
            assert nobody.status in {303, 401}
        assert (await press(http, site, people.desk, ""))[0] == 400
        assert (await press(http, site, people.desk, "2" * 129))[0] == 400
        _, text = await press(http, site, people.stranger, "202")
    assert "cannot call from your desk phone" in text
    assert gateway.done == []


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 360)])
async def test_in_a_browser_nobody_leaves_the_list(
    site: Site,
    people: People,
    record: Record,
    telephones: Telephones,
    *,
    database: Database,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    await record(people.desk, inbound("c1"))
    await choose(database, people.desk)
    viewport = {"width": width, "height": 700}
    async with (
        telephones.working() as gateway,
        site.browser(people.desk, color_scheme=scheme, viewport=viewport) as page,
    ):
        await page.goto(f"{site.origin}/tabs/calls")
        button = page.get_by_role("button", name=f"Call {NUMBER}")
        await button.click()
        await expect(page.locator("li [data-called]")).to_contain_text("Your desk phone 201 rings.")
        assert page.url.endswith("/tabs/calls")
        assert await violations(page) == []
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        gateway.result = Result.NOT_CONNECTED
        await page.goto(f"{site.origin}/tabs/contacts")
        await page.get_by_role("button", name="Call Warehouse").click()
        await expect(page.get_by_role("alert")).to_contain_text("is not connected at the moment")
        await expect(page.get_by_role("link", name="Call with MiCollab")).to_have_attribute("href", "tel:202")
        await page.goto(f"{site.origin}/tabs/settings")
        await expect(page.get_by_label("My desk phone, which rings first")).to_be_checked()
        assert await violations(page) == []
    assert gateway.done == [MakeCall("201", NUMBER), MakeCall("201", "202")]
