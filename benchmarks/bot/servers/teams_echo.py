"""A bare echo on microsoft-teams-apps, without authentication."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING

from microsoft_teams.apps import ActivityContext, App

if TYPE_CHECKING:
    from microsoft_teams.api import MessageActivity


async def main() -> None:
    """Serves until it is stopped."""
    logging.disable(logging.INFO)
    app = App(dangerously_allow_unauthenticated_requests=True)

    @app.on_message  # type: ignore[untyped-decorator]  # not installed where types are checked
    async def echo(context: ActivityContext[MessageActivity]) -> None:
        await context.send(context.activity.text or "")

    await app.start(int(sys.argv[1]))


if __name__ == "__main__":
    asyncio.run(main())
