"""What every part of the server is put together from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.tokens import Registration

if TYPE_CHECKING:
    from contextlib import AsyncExitStack

    from aiohttp import web

    from auth.forms import Forms
    from composition.settings import ServerSettings
    from reporting.errors import RecentErrors
    from store.clock import Clock
    from store.database import Database
    from store.outbox import Outbox
    from store.vault import Vault


@dataclass(frozen=True, slots=True)
class Parts:
    """``resources`` are closed with the server; ``forms`` are those of the sign-in pages, ``errors`` those that people
    were told of lately.

    ``unauthenticated`` is the demo, which knows no Microsoft.
    """

    app: web.Application
    settings: ServerSettings
    database: Database
    outbox: Outbox
    vault: Vault
    resources: AsyncExitStack
    now: Clock
    forms: Forms
    errors: RecentErrors
    unauthenticated: bool

    @property
    def public_url(self) -> str:
        return self.settings.public_url

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https."""
        return self.public_url.startswith("https://")

    @property
    def registration(self) -> Registration:
        """Our application at Entra ID."""
        settings = self.settings
        return Registration(settings.app_id, settings.entra_url, settings.app_password.get_secret_value())
