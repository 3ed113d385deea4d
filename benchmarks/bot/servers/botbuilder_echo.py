"""A bare echo on botbuilder 4.17.1, as its samples write it. An empty app id turns authentication off."""

from __future__ import annotations

import sys

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication


class Echo(ActivityHandler):  # type: ignore[misc]  # botbuilder ships no types
    """Says what it hears."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(turn_context.activity.text)


class Config:
    """No credentials."""

    APP_ID = ""
    APP_PASSWORD = ""
    APP_TYPE = "MultiTenant"
    APP_TENANTID = ""


def main() -> None:
    """Serves until it is stopped."""
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(Config()))
    echo = Echo()

    async def messages(request: web.Request) -> web.Response:
        response: web.Response = await adapter.process(request, echo)
        return response

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
