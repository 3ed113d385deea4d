"""Entra ID on loopback with two tenants: one of ours, one that nobody has connected."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, TCPConnector

from tests.fakes.entra import Entra, Person, Tenant, entra

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

APP_ID = "00000000-0000-0000-0000-00000000b07a"
SECRET = "secret-of-the-bot"
RETURN = "http://127.0.0.1:3978/auth/entra/return"


@pytest.fixture
def tenant() -> Tenant:
    return Tenant(domain="example.com")


@pytest.fixture
def desk(tenant: Tenant) -> Person:
    return tenant.add("desk@example.com", name="Front Desk", mail="front.desk@example.com")


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tenant: Tenant, desk: Person) -> Iterator[Entra]:
    with entra(tmp_path, APP_ID, SECRET, tenant, Tenant(domain="foreign.example.com")) as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        running.redirect_uris.add(RETURN)
        running.signed_in = desk
        yield running


@pytest.fixture
async def session(identity: Entra) -> AsyncIterator[ClientSession]:
    """Trusts the stand-in's certificate."""
    connector = TCPConnector(ssl=ssl.create_default_context(cafile=str(identity.certificate)))
    async with ClientSession(connector=connector) as session:
        yield session
