"""The server as it is wired."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

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
