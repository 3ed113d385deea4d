"""The dial page over HTTP: languages, headers, and links that are of no use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from cloudlink.port import CloudLinkUnavailable
from tabs.dial import dial_routes
from tests.tabs.conftest import IOS_TEMPLATE, Pages

if TYPE_CHECKING:
    from tests.conftest import SteppedClock

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"


async def get(url: str, **headers: str) -> tuple[int, str, dict[str, str]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with ClientSession() as session, session.get(url, headers=named) as response:
        return response.status, await response.text(), dict(response.headers)


async def test_the_page_runs_nothing_but_our_own_files_and_leaves_no_trace(pages: Pages) -> None:
    _, text, headers = await get(await pages.link("0199001234"))
    policy = headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"} <= set(policy)
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "noindex" in headers["X-Robots-Tag"]
    assert "<style" not in text
    assert " style=" not in text


async def test_the_number_is_not_in_the_address(pages: Pages) -> None:
    assert "199001234" not in await pages.link("0199001234")


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("sv,fr;q=0.5,en;q=0.4", "fr"),
        ("en;q=0.4, fr;q=0.8", "fr"),
        ("de-DE,fr;q=0.5,en;q=0.4", "de"),
        ("en-GB,fr;q=0.9", "en"),
        ("fr;q=0,en;q=0.1", "en"),
        ("sv-SE", "en"),
        ("*", "en"),
        (";;;q=,,fr fr", "en"),
        ("sv," * 2000, "en"),
        ("", "en"),
    ],
)
async def test_the_page_speaks_the_language_of_the_browser(pages: Pages, accepted: str, language: str) -> None:
    _, text, headers = await get(f"{pages.origin}/dial/{'x' * 22}", Accept_Language=accepted)
    assert f'<html lang="{language}">' in text
    assert headers["Content-Language"] == language


@pytest.mark.parametrize("dial_id", ["x" * 22, "short", "%27%20or%201%3D1%20--%20aaaaaaa", "x" * 2000, "é" * 20])
async def test_an_unknown_link_is_a_page_that_says_what_to_do(pages: Pages, dial_id: str) -> None:
    status, text, headers = await get(f"{pages.origin}/dial/{dial_id}")
    assert status == 404
    assert "open your call log again" in text
    assert "script-src" not in headers["Content-Security-Policy"]


async def test_an_expired_link_is_unknown(pages: Pages, clock: SteppedClock) -> None:
    url = await pages.link("0199001234")
    assert (await get(url))[0] == 200
    clock.advance(hours=2)
    assert (await get(url))[0] == 404


async def test_a_barred_number_is_named_without_a_link(pages: Pages) -> None:
    status, text, _ = await get(await pages.link("0899123456"), User_Agent=WINDOWS)
    assert status == 200
    assert "does not allow calls" in text
    assert "0899123456" in text
    assert 'href="tel:' not in text


async def test_what_is_no_number_is_shown_without_a_link(pages: Pages) -> None:
    _, text, _ = await get(await pages.link("<b>anonymous</b>"), User_Agent=WINDOWS)
    assert "not a number that can be called" in text
    assert "&lt;b&gt;anonymous" in text
    assert "tel:" not in text.replace("telephone", "")


async def test_a_name_is_text_and_never_markup(pages: Pages) -> None:
    _, text, _ = await get(await pages.link("0199001234", '"><script>alert(1)</script>'))
    assert "<script>alert" not in text


@pytest.mark.parametrize("ios", ["", "tel:{number}", "javascript:{number}"])
async def test_ios_without_a_usable_link_says_what_to_install(pages: Pages, ios: str) -> None:
    _, text, _ = await get(await pages.link("0199001234", ios=ios), User_Agent=IPHONE)
    assert "install MiCollab 9.7.10 or newer" in text
    assert "<a " not in text


@pytest.mark.parametrize(("version", "warned"), [("", False), ("9.7.10", False), ("9.7.9", True)])
async def test_an_iphone_is_warned_of_a_micollab_that_is_too_old(pages: Pages, version: str, warned: bool) -> None:
    url = await pages.link("0199001234", ios=IOS_TEMPLATE, micollab=version)
    _, iphone, _ = await get(url, User_Agent=IPHONE)
    _, windows, _ = await get(url, User_Agent=WINDOWS)
    told = f"Your company has MiCollab {version}. Calling from an iPhone or iPad needs MiCollab 9.7.10"
    assert (told in iphone, told in windows) == (warned, False)
    assert ("Needs MiCollab 9.7.10 or newer on this device." in iphone) is not warned


async def test_a_caching_proxy_is_told_that_devices_differ(pages: Pages) -> None:
    url = await pages.link("0199001234", ios=IOS_TEMPLATE)
    _, windows, headers = await get(url, User_Agent=WINDOWS)
    _, iphone, _ = await get(url, User_Agent=IPHONE)
    assert windows != iphone
    assert headers["Vary"] == "Accept-Language, User-Agent"


class SilentCloudLink:
    """CloudLink at a bad time: the port's documented answer to every question."""

    async def account(self, who: object) -> object:
        raise CloudLinkUnavailable


async def test_without_cloudlink_the_page_asks_for_patience(pages: Pages) -> None:
    url = await pages.link("0199001234")
    app = web.Application()
    app.add_routes(dial_routes(pages.links, SilentCloudLink()))  # type: ignore[arg-type]
    async with TestServer(app, host="127.0.0.1") as server:
        status, text, _ = await get(str(server.make_url(url.removeprefix(pages.origin))))
    assert status == 503
    assert "try again in a few minutes" in text
