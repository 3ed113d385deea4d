"""A page that fails unforeseen apologises, with a reference that leads to the log."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from tabs.failures import apologise

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


async def fail(_: web.Request) -> web.Response:
    raise RuntimeError("the disk is full")


async def refuse(_: web.Request) -> web.Response:
    raise web.HTTPRequestEntityTooLarge(max_size=1, actual_size=2)


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    app = web.Application(middlewares=[apologise])
    app.router.add_get("/dial/refused", refuse)
    app.router.add_get("/dial/{dial_id}", fail)
    app.router.add_post("/sign-in/{token}", fail)
    app.router.add_get("/console/accounts/{account_id}", fail)
    app.router.add_get("/api/calls", fail)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/")).rstrip("/")


async def ask(method: str, url: str, language: str = "en-GB") -> tuple[int, str, dict[str, str]]:
    async with ClientSession(headers={"Accept-Language": language}) as session, session.request(method, url) as answer:
        return answer.status, await answer.text(), dict(answer.headers)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/dial/opaque-id"), ("POST", "/sign-in/opaque-token"), ("GET", "/console/accounts/opaque-id")],
)
async def test_the_page_and_the_log_have_the_same_reference_and_no_secret(
    origin: str, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    status, text, headers = await ask(method, origin + path)
    found = re.search(r"Reference: ([0-9a-f]{8})<", text)
    assert found, text
    (record,) = [each for each in caplog.records if each.name == "tabs.failures"]
    assert record.__dict__["reference"] == found[1]
    assert record.exc_info
    assert isinstance(record.exc_info[1], RuntimeError)
    assert "opaque" not in logging.Formatter().format(record)
    assert status == 500
    assert "load this page again" in text
    assert "disk" not in text
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


async def test_the_apology_speaks_the_language_of_the_browser(origin: str) -> None:
    _, text, _ = await ask("GET", f"{origin}/dial/opaque-id", "fr-FR")
    assert '<html lang="fr">' in text
    assert "Référence" in text
    assert "Please" not in text
    assert "Something" not in text


async def test_a_foreseen_refusal_passes(origin: str) -> None:
    assert (await ask("GET", f"{origin}/dial/refused"))[0] == 413


async def test_what_is_no_page_gets_no_page(origin: str) -> None:
    status, text, _ = await ask("GET", f"{origin}/api/calls")
    assert status == 500
    assert "<html" not in text
