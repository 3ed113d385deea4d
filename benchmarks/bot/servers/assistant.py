"""The assistant as ``serve`` composes it, with everything a signed-in ``call log`` needs.

An issuer of its own signs the token, which is verified on every turn; the store is a SQLite file that holds an account
with as many signed-in people as there are messages in flight, each with 200 calls. What is left out is Entra ID: the
token for replies, which is fetched once an hour, is a constant.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import jwt
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric import rsa

from auth.botframework import ConnectorVerifier
from auth.keys import SigningKeys
from auth.service_urls import ServiceUrls
from auth.sign_in import SignIn
from benchmarks.bot.load import IN_FLIGHT
from bot.connector import Connector, connector_session
from bot.routes import add_bot
from cloudlink.administration.accounts import NewAccount
from cloudlink.model import Call, Direction
from cloudlink.service import facts
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import Provisioning, known_as
from cloudlink.uplink import CallRecorded
from composition.event_loop import new_event_loop
from composition.heap import settle
from store.database import open_database
from store.directory import Directory
from store.identity import TeamsUser
from store.outbox import Outbox
from store.sign_ins import SignIns

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloudlink.model import User
    from store.database import Database

APP_ID = "00000000-0000-0000-0000-00000000b07a"
ISSUER = "https://api.botframework.com"
CALLS = 200


class Issuer:
    """Publishes one key for the channel ``msteams``, and signs with it."""

    def __init__(self, url: str) -> None:
        self.metadata_url = f"{url}/bench/metadata"
        self._keys_url = f"{url}/bench/keys"
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def routes(self) -> list[web.RouteDef]:
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        keys = {"keys": [{**jwk, "kid": "bench", "use": "sig", "endorsements": ["msteams"]}]}

        async def metadata(_: web.Request) -> web.Response:
            return web.json_response({"issuer": ISSUER, "jwks_uri": self._keys_url})

        async def published(_: web.Request) -> web.Response:
            return web.json_response(keys)

        async def authorization(request: web.Request) -> web.Response:
            return web.Response(text=f"Bearer {self._token(request.query['serviceUrl'])}")

        return [
            web.get("/bench/metadata", metadata),
            web.get("/bench/keys", published),
            web.get("/bench/authorization", authorization),
        ]

    def _token(self, service_url: str) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": APP_ID, "nbf": now - 60, "exp": now + 3600, "serviceurl": service_url}
        return jwt.encode(claims, self._key, "RS256", headers={"kid": "bench"})


class OneToken:
    """Stands for Entra ID."""

    async def bearer(self, service_url: str) -> str:
        return "x" * 1_200


async def fill(database: Database) -> None:
    """The account, its signed-in people and their calls."""
    provisioning = Provisioning(database, Outbox(database))
    account = await provisioning.create_account(NewAccount("Main Office"))
    for person in range(IN_FLIGHT):
        new = known_as(f"Person {person}", f"person-{person}@example.com", str(200 + person))
        user = await provisioning.create_user(account.account_id, new)
        await Directory(database).connect(TeamsUser(APP_ID, "tenant", f"29:person-{person}"), user.principal)
        await _record_calls(database, user)


async def _record_calls(database: Database, user: User) -> None:
    now = datetime.now(UTC)
    assert user.extension is not None
    recorded = [CallRecorded(user.extension, _call(number, now)) for number in range(CALLS)]

    def work(connection: Connection) -> None:
        for fact in recorded:
            facts.write(connection, user.account_id, [fact], now)

    await database.write(work)


def _call(number: int, now: datetime) -> Call:
    """Every other call outgoing, every fourth missed, from fifty numbers, some with names."""
    is_inbound = number % 2 == 0
    peer, name = f"+33199{number % 50:06}", f"Supplier {number % 50}" if number % 3 else None
    return Call(
        call_id=f"call-{number}",
        direction=Direction.INBOUND if is_inbound else Direction.OUTBOUND,
        created_on=now - timedelta(minutes=37 * number),
        from_=peer if is_inbound else "200",
        from_name=name if is_inbound else None,
        from_number_e164=is_inbound,
        to="200" if is_inbound else peer,
        to_name=None if is_inbound else name,
        to_number_e164=not is_inbound,
        completed=number % 4 != 0,
        ring_time=5.0,
        billing_time=0.0 if number % 4 == 0 else 30.0 + number,
    )


async def serve(port: int, path: Path) -> None:
    """On a fresh database at ``path``."""
    database = await open_database(f"sqlite:///{path}")
    await fill(database)
    issuer = Issuer(f"http://127.0.0.1:{port}")
    async with ClientSession() as keys, connector_session() as replies:
        app = web.Application()
        app.add_routes(issuer.routes())
        add_bot(
            app,
            app_id=APP_ID,
            public_url="https://assistant.example.com",
            database=database,
            cloudlink=EmbeddedCloudLink(database),
            sign_in=SignIn(SignIns(database), Directory(database)),
            desk=None,
            verifier=ConnectorVerifier(
                SigningKeys(keys, issuer.metadata_url), ServiceUrls(["127.0.0.1"]), app_id=APP_ID, issuer=ISSUER
            ),
            connector=Connector(replies, OneToken()),
        )
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        settle()
        await asyncio.Event().wait()


def main() -> None:
    """Serves until it is stopped."""
    with TemporaryDirectory() as folder, asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), Path(folder) / "bench.db"))


if __name__ == "__main__":
    main()
