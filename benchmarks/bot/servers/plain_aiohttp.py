"""No SDK at all: parse the activity, post one reply through a shared session. The practical limit in Python."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import ClientSession, web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SESSION = web.AppKey("session", ClientSession)


async def messages(request: web.Request) -> web.Response:
    """Echoes the text."""
    activity = await request.json()
    conversation = quote(activity["conversation"]["id"], safe="")
    url = f"{activity['serviceUrl']}v3/conversations/{conversation}/activities/{quote(activity['id'], safe='')}"
    reply = {
        "type": "message",
        "text": activity["text"],
        "from": activity["recipient"],
        "recipient": activity["from"],
        "conversation": activity["conversation"],
        "replyToId": activity["id"],
    }
    async with request.app[SESSION].post(url, json=reply) as response:
        await response.read()
    return web.Response()


async def session(app: web.Application) -> AsyncIterator[None]:
    """One session for the life of the server."""
    app[SESSION] = ClientSession()
    yield
    await app[SESSION].close()


def main() -> None:
    """Serves until it is stopped."""
    app = web.Application()
    app.cleanup_ctx.append(session)
    app.router.add_post("/api/messages", messages)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
