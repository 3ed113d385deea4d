"""The server as it is wired."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import ClientSession

from composition.server import Server
from composition.settings import ServerSettings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


async def test_a_page_that_fails_apologises_with_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "store.db"
    settings = ServerSettings(database_url=f"sqlite:///{file}", host="127.0.0.1", port=0)
    async with Server(settings, unauthenticated=True) as server, ClientSession() as http:
        with sqlite3.connect(file) as damage:
            damage.execute("DROP TABLE dial_links")
        damage.close()
        async with http.get(f"http://127.0.0.1:{server.port}/dial/{'x' * 22}") as answer:
            assert answer.status == 500
            assert "Reference: " in await answer.text()
            assert "Content-Security-Policy" in answer.headers


async def test_microsoft_can_call_about_presence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it knows nothing of is taken and dropped, as it asks."""
    monkeypatch.chdir(tmp_path)
    settings = ServerSettings(
        database_url=f"sqlite:///{tmp_path / 'store.db'}",
        host="127.0.0.1",
        port=0,
        app_id=str(uuid4()),
        app_password="a secret of the registration",
        app_type="MultiTenant",
        public_url="https://assistant.example.com",
    )
    async with Server(settings) as server, ClientSession() as http:
        await server.opened()
        address = f"http://127.0.0.1:{server.port}/graph/presence/{uuid4()}"
        async with http.post(address, json={"value": [{"clientState": "x"}]}) as answer:
            assert (answer.status, await answer.text()) == (202, "")
        async with http.post(address, params={"validationToken": "x"}) as answer:
            assert answer.status == 404
        async with http.get(address) as answer:
            assert answer.status == 405
