"""The whole server as another program sees it: it finds the issuer, signs in and reads with one host to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import ClientSession

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.clients import NewClient
from cloudlink.service.identity.clients import ClientService
from cloudlink.service.provision import known_as
from composition.server import Server
from composition.settings import ServerSettings
from store.database import open_database

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "correct horse battery"


async def test_a_program_signs_in_and_reads_calls(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    settings = ServerSettings(database_url=url, port=0, _env_file=None)
    async with Server(settings, unauthenticated=True) as server, ClientSession() as http:
        account = await server.provisioning.create_account(NewAccount("Main Office"))
        desk = known_as("Front Desk", "desk@example.com", "201", PASSWORD)
        user = await server.provisioning.create_user(account.account_id, desk)
        await _register(url, account.account_id)
        origin = f"http://127.0.0.1:{server.port}"

        async with http.get(f"{origin}/cloudlink/.well-known/openid-configuration") as response:
            issuer = (await response.json())["issuer"]
        fields = {
            "grant_type": "password", "username": "desk@example.com", "password": PASSWORD, "client_id": "direct",
        }  # fmt: skip
        async with http.post(f"{origin}/2017-09-01/token", json=fields) as response:
            tokens = await response.json()
            assert response.status == 200, tokens
        bearer = {"Authorization": tokens["access_token"]}
        async with http.get(f"{origin}/authentication/2017-09-01/token", headers=bearer) as response:
            me = await response.json()
        async with http.get(f"{origin}/media/2017-09-01/calls/records", headers=bearer) as response:
            calls = (response.status, (await response.json())["count"])
        async with http.get(f"{origin}/2017-09-01/nowhere", headers=bearer) as response:
            assert (response.status, (await response.json())["name"]) == (404, "NotFound")
        async with http.get(f"{origin}/cloudlink/authorize", params={"client_id": "unknown"}) as response:
            assert response.status == 400

    assert (me["iss"], me["principalId"]) == (issuer, user.principal_id)
    assert calls == (200, 0)


async def _register(url: str, account_id: str) -> None:
    """Beside the running server, as an operator's command does."""
    database = await open_database(url)
    new = NewClient("Direct", grant_types=("password", "refresh_token"), client_id="direct")
    await ClientService(database).create(Actor(ActorKind.OPERATOR, "Operator"), account_id, new)
    await database.close()
