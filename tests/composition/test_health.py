"""A supervisor hears that the server lives, and whether its database answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from composition.health import health_routes
from tests import postgres

if TYPE_CHECKING:
    from pytest_aiohttp import AiohttpClient


async def test_a_server_is_ready_while_its_database_answers_and_again_when_that_comes_back(
    postgresql_url: str, aiohttp_client: AiohttpClient
) -> None:
    async with postgres.relayed(postgresql_url) as (database, relay):
        app = web.Application()
        app.add_routes(health_routes(database))
        client = await aiohttp_client(app)

        async def statuses() -> list[int]:
            return [(await client.get(path)).status for path in ("/healthz", "/readyz")]

        assert await statuses() == [200, 200]
        await relay.cut()
        assert await statuses() == [200, 503]
        await relay.mend()
        assert await statuses() == [200, 200]
