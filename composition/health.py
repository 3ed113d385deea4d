"""Whether the server lives, and whether it can serve: for whoever restarts it or sends it traffic."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from store.database import DatabaseUnavailable
from store.schema import outbox_cursors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.database import Database

logger = logging.getLogger(__name__)

_PROBE = select(outbox_cursors.c.consumer).limit(1)


def health_routes(database: Database) -> Sequence[web.RouteDef]:
    """``/healthz`` answers 200 while the process lives, ``/readyz`` 200 or 503 as the database can be read."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "alive"})

    async def readyz(_: web.Request) -> web.Response:
        try:
            await database.read(_PROBE)
        except (DatabaseUnavailable, SQLAlchemyError):
            logger.exception("the database cannot be read")
            return web.json_response({"status": "the database cannot be read"}, status=503)
        return web.json_response({"status": "ready"})

    return [web.get("/healthz", healthz), web.get("/readyz", readyz)]
