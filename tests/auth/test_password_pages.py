"""People set their password on our pages, over HTTP and once in a real browser."""

from __future__ import annotations

import json
import logging
import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession, CookieJar, web
from aiohttp.test_utils import TestServer
from playwright.async_api import expect
from sqlalchemy import select, update

from auth.forms import Forms
from auth.pages import add_sign_in_pages
from auth.password_pages import add_password_pages
from cloudlink.identity import LinkPurpose
from cloudlink.service.identity.password_links import send_link
from cloudlink.service.identity.password_setting import MailedPasswordLinks
from store.outbox import Outbox
from store.schema import mails, users
from store.vault import Vault, new_key
from tabs.static_files import static_routes
from tests.axe import violations
from tests.browser import chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from auth.sign_in import SignIn
    from cloudlink.model import User
    from cloudlink.service.embedded import EmbeddedCloudLink
    from store.database import Database
    from tests.auth.conftest import People
    from tests.conftest import SteppedClock

GOOD = "pelican under the bridge"
PUBLIC_URL = "http://127.0.0.1:3978"


class Site:
    """The pages on a real server, the mails behind them, and somebody's browser without scripts."""

    def __init__(self, database: Database, clock: SteppedClock) -> None:
        self.vault = Vault([new_key()])
        self.links = MailedPasswordLinks(
            database, self.vault, Outbox(database, clock), public_url=PUBLIC_URL, now=clock, allowed=self._allowed
        )
        self.single_sign_on = False
        self.server: TestServer
        self.http: ClientSession
        self._database = database
        self._clock = clock

    async def _allowed(self, _: User) -> bool:
        return not self.single_sign_on

    async def invite(self, user: User, purpose: LinkPurpose = LinkPurpose.WELCOME) -> str:
        """Answers the path of the link."""
        now = self._clock()
        await self._database.write(lambda c: send_link(c, self.vault, user, purpose, public_url=PUBLIC_URL, now=now))
        link: str = (await self.mail())["link"]
        return link.removeprefix(PUBLIC_URL)

    async def mail(self) -> dict[str, Any]:
        """What the newest mail says."""
        rows = await self._database.read(select(mails.c.values_encrypted).order_by(mails.c.created_on.desc()))
        told: dict[str, Any] = json.loads(self.vault.decrypt(rows[0][0]))
        return told

    async def mails(self) -> int:
        return len(await self._database.read(select(mails.c.mail_id)))

    async def speak_french(self, user: User) -> None:
        french = update(users).where(users.c.principal_id == user.principal_id).values(language_code="fr-FR")
        await self._database.write(lambda connection: connection.execute(french))

    async def get(self, path: str, language: str = "en") -> tuple[int, str]:
        async with self.http.get(self.server.make_url(path), headers={"Accept-Language": language}) as response:
            assert response.headers["Referrer-Policy"] == "no-referrer"
            assert response.headers["Cache-Control"] == "no-store"
            return response.status, await response.text()

    async def fill_in(self, path: str, **fields: str) -> tuple[int, str]:
        """Opens the page, and posts its form with these fields."""
        _, text = await self.get(path)
        return await self.post(path, {**hidden(text), **fields})

    async def post(self, path: str, fields: dict[str, str]) -> tuple[int, str]:
        async with self.http.post(self.server.make_url(path), data=fields) as response:
            return response.status, await response.text()


def hidden(text: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', text))


def error(text: str) -> str:
    found = re.search(r'role="alert"[^>]*>([^<]+)<', text)
    return unescape(found[1]) if found else ""


@pytest.fixture
async def site(
    database: Database, clock: SteppedClock, sign_in: SignIn, cloudlink: EmbeddedCloudLink
) -> AsyncIterator[Site]:
    site = Site(database, clock)
    app = web.Application()
    app.add_routes(static_routes())
    add_password_pages(app, site.links, public_url=PUBLIC_URL)
    add_sign_in_pages(app, sign_in, cloudlink, forms=Forms(secure=True), forgot=True)
    site.server = TestServer(app)
    async with site.server, ClientSession(cookie_jar=CookieJar(unsafe=True)) as site.http:
        yield site
        await site.links.close()


async def test_a_password_is_set_and_signs_in(site: Site, people: People, cloudlink: EmbeddedCloudLink) -> None:
    path = await site.invite(people.desk)
    status, text = await site.get(path)
    assert status == 200
    assert "Choose a password for desk@example.com" in text
    status, text = await site.fill_in(path, password=GOOD)
    assert (status, "Your password is set" in text) == (200, True)
    assert await cloudlink.sign_in("desk@example.com", GOOD, address="192.0.2.1") == [people.desk]


@pytest.mark.parametrize(
    ("password", "sentence"),
    [("short", "at least 8"), ("password1", "Too many people"), ("x" * 1001, "shorter"), ("", "at least 8")],
)
async def test_a_refused_password_is_asked_for_again(site: Site, people: People, password: str, sentence: str) -> None:
    path = await site.invite(people.desk)
    status, text = await site.fill_in(path, password=password)
    assert status == 400
    assert sentence in error(text)
    assert (await site.fill_in(path, password=GOOD))[0] == 200


async def test_a_used_link_says_so_and_brings_a_new_mail(site: Site, people: People) -> None:
    path = await site.invite(people.desk)
    await site.fill_in(path, password=GOOD)
    status, text = await site.get(path)
    assert status == 410
    assert "It has set a password already" in text
    status, text = await site.fill_in(path)
    assert (status, "Look into your mailbox" in text) == (200, True)
    again = (await site.mail())["link"].removeprefix(PUBLIC_URL)
    assert again != path
    assert (await site.get(again))[0] == 200


async def test_an_expired_link_says_so_and_asks_not_too_often(site: Site, people: People, clock: SteppedClock) -> None:
    path = await site.invite(people.desk)
    clock.advance(days=4)
    status, text = await site.get(path)
    assert (status, "for four days" in text) == (404, True)
    assert [(await site.fill_in(path))[0] for _ in range(4)] == [200, 200, 200, 429]


async def test_an_unknown_link_looks_like_an_expired_one_and_sends_nothing(site: Site, people: People) -> None:
    status, text = await site.get("/password/unknown")
    assert (status, "for four days" in text) == (404, True)
    assert (await site.fill_in("/password/unknown"))[0] == 200
    assert await site.mails() == 0


async def test_without_a_mail_server_it_says_where_the_message_waits(site: Site) -> None:
    app = web.Application()
    add_password_pages(app, site.links, public_url=PUBLIC_URL, mailed=False)
    site.server = TestServer(app)
    async with site.server:
        _, text = await site.fill_in("/forgot", email="desk@example.com")
    assert "a message waits for you with your administrator" in text
    assert "mailbox" not in text


@pytest.mark.parametrize("path", ["/forgot", "/password/unknown", None])
async def test_a_form_from_elsewhere_changes_nothing(site: Site, people: People, path: str | None) -> None:
    link = await site.invite(people.desk)
    forged = {"proof": "x", "password": GOOD, "email": "desk@example.com", **({"renew": "1"} if path else {})}
    assert (await site.post(path or link, forged))[0] == 403
    assert (await site.get(link))[0] == 200
    assert await site.mails() == 1


async def test_the_code_of_the_mail_leads_to_the_page(site: Site, people: People) -> None:
    status, text = await site.fill_in("/forgot", email="desk@example.com")
    assert status == 200
    await site.links.close()
    sent = hidden(text)
    status, again = await site.post("/forgot", {**sent, "code": "12"})
    assert status == 400
    assert "This code is not right" in error(again)
    status, text = await site.post("/forgot", {**sent, "code": (await site.mail())["code"]})
    assert (status, "Choose a password for desk@example.com" in text) == (200, True)


async def test_forgot_answers_alike_whether_somebody_has_the_address(site: Site, people: People) -> None:
    answers = [await site.fill_in("/forgot", email=email) for email in ("desk@example.com", "none@example.com")]
    known, unknown = (
        (status, text.replace(name, "*")) for (status, text), name in zip(answers, ("desk", "none"), strict=True)
    )
    assert known == unknown
    await site.links.close()
    assert await site.mails() == 1


async def test_forgot_has_limits(site: Site, people: People) -> None:
    assert [(await site.fill_in("/forgot", email="a@example.com"))[0] for _ in range(4)] == [200, 200, 200, 429]
    assert (await site.fill_in("/forgot", email=" "))[0] == 400
    assert (await site.fill_in("/forgot", email="x" * 321))[0] == 400


async def test_a_company_with_single_sign_on_gets_a_sentence(site: Site, people: People) -> None:
    path = await site.invite(people.desk)
    site.single_sign_on = True
    status, text = await site.get(path)
    assert (status, "signs in with Microsoft" in text) == (403, True)


async def test_the_page_speaks_the_users_language_else_the_browsers(site: Site, people: People) -> None:
    path = await site.invite(people.desk)
    assert 'lang="fr"' in (await site.get(path, "fr-CA,fr;q=0.9"))[1]
    assert 'lang="fr"' in (await site.get("/forgot", "fr"))[1]
    await site.speak_french(people.desk)
    assert 'lang="fr"' in (await site.get(path, "en"))[1]


async def test_the_log_holds_neither_token_nor_password(
    site: Site, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        path = await site.invite(people.desk)
        await site.fill_in(path, password=GOOD)
    logged = str([vars(record) for record in caplog.records if record.name.startswith(("auth", "cloudlink", "store"))])
    assert "a password was set" in logged
    assert path.rpartition("/")[2] not in logged
    assert GOOD not in logged


async def test_in_a_browser_somebody_forgets_and_sets_their_password(
    site: Site, people: People, token: str, cloudlink: EmbeddedCloudLink
) -> None:
    async with chromium() as browser:
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        await page.goto(str(site.server.make_url(f"/sign-in/{token}")))
        await page.get_by_role("link", name="Forgot your password?").click()
        assert await violations(page) == []
        await page.get_by_label("E-mail address").fill("desk@example.com")
        await page.get_by_role("button", name="Send").click()
        await expect(page.get_by_label("Code of six digits")).to_be_focused()
        assert await violations(page) == []
        await site.links.close()
        await page.get_by_label("Code of six digits").fill((await site.mail())["code"])
        await page.get_by_role("button", name="Continue").click()
        await expect(page.get_by_text("Choose a password for desk@example.com")).to_be_visible()
        assert await violations(page) == []
        await page.get_by_label("New password").fill(GOOD)
        await page.get_by_role("button", name="Complete").click()
        await expect(page.get_by_role("heading", name="Your password is set")).to_be_visible()
        assert await violations(page) == []
        assert complaints == []
    assert await cloudlink.sign_in("desk@example.com", GOOD, address="192.0.2.1") == [people.desk]
