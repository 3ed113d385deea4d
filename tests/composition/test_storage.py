"""Copies of the database from the command line, and addresses of databases that must not be told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from app import main
from composition.settings import ServerSettings, SettingsError, load_settings
from composition.storage import open_configured
from store.database import open_database
from store.schema import outbox_cursors
from tests.fakes.relay import Relay

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Of a file that is not there yet."""
    return f"sqlite:///{tmp_path / 'store.db'}"


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)


async def _add(url: str, consumer: str) -> list[str]:
    database = await open_database(url)
    await database.write(lambda c: c.execute(insert(outbox_cursors).values(consumer=consumer, position=0)))
    rows = await database.read(select(outbox_cursors.c.consumer).order_by(outbox_cursors.c.consumer))
    await database.close()
    return [row[0] for row in rows]


def test_what_is_backed_up_can_be_restored(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(_add(url, "a"))
    assert main(["backup", "copy.db"]) == 0
    assert "copy.db is a copy" in capsys.readouterr().out
    asyncio.run(_add(url, "b"))
    assert main(["restore", "copy.db"]) == 0
    assert ".replaced-" in capsys.readouterr().out
    assert asyncio.run(_add(url, "c")) == ["a", "c"]


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_what_cannot_be_copied_is_said(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "missing/copy.db"]) == 2
    assert "mitel-assistant: " in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("command", "tool"), [("backup", "pg_dump"), ("restore", "pg_restore")])
def test_postgresql_has_its_own_tools(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, tool: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://user:hunter2@127.0.0.1/name")
    assert main([command, "copy.db"]) == 2
    said = capsys.readouterr().err
    assert tool in said
    assert "hunter2" not in said


async def test_a_password_is_in_no_error_and_no_settings_that_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Relay("127.0.0.1", 1) as relay:
        nobody = relay.address
    for url in (f"postgresql://user:hunter2@{nobody}/name", "postgresql://user:hunter2/#@host/name", "x://:hunter2@h"):
        monkeypatch.setenv("DATABASE_URL", url)
        settings = load_settings(ServerSettings)
        with pytest.raises(SettingsError, match="DATABASE_URL: ") as refused:
            await open_configured(settings.database_url)
        assert "hunter2" not in f"{refused.value}{settings!r}"
