"""A bare echo on microsoft-agents-hosting-aiohttp, without authentication."""

from __future__ import annotations

import logging
import sys
from typing import Any

from aiohttp import web
from microsoft_agents.hosting.aiohttp import CloudAdapter
from microsoft_agents.hosting.core import ActivityHandler, RestChannelServiceClientFactory, TurnContext
from microsoft_agents.hosting.core.authorization import AnonymousTokenProvider, ClaimsIdentity


class Echo(ActivityHandler):  # type: ignore[misc]  # not installed where types are checked
    """Says what it hears."""

    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(turn_context.activity.text or "")


class Anonymous:
    """Connections that need no token."""

    def get_connection(self, connection_name: str) -> AnonymousTokenProvider:
        return AnonymousTokenProvider()

    def get_default_connection(self) -> AnonymousTokenProvider:
        return AnonymousTokenProvider()

    def get_token_provider(self, claims_identity: ClaimsIdentity, service_url: str) -> AnonymousTokenProvider:
        return AnonymousTokenProvider()

    def get_token_provider_from_activity(
        self, claims_identity: ClaimsIdentity, activity: Any
    ) -> AnonymousTokenProvider:
        return AnonymousTokenProvider()


def main() -> None:
    """Serves until it is stopped."""
    # It warns on every turn that there is no app id, which would be measured too.
    logging.disable(logging.WARNING)
    adapter = CloudAdapter(channel_service_client_factory=RestChannelServiceClientFactory(Anonymous()))
    echo = Echo()

    async def messages(request: web.Request) -> web.Response:
        request["claims_identity"] = ClaimsIdentity({}, authentication_type="Anonymous")
        response: web.Response | None = await adapter.process(request, echo)
        assert response is not None
        return response

    app = web.Application()
    app.router.add_post("/api/messages", messages)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
