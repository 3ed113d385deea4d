"""Applications that may ask for tokens (OAuth 2.0 clients)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor

# ``direct_authorize`` is CloudLink's POST /authorize with a password in it; it and ``password`` are off by default.
GRANT_TYPES = ("authorization_code", "refresh_token", "client_credentials", "password", "direct_authorize")


@dataclass(frozen=True, slots=True)
class Client:
    """An application. ``role`` is what client credentials may do, ``None`` for an application without them.

    Redirect addresses are compared exactly; https, or loopback for native applications (RFC 8252).
    """

    client_id: str
    account_id: str
    name: str
    description: str = ""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    role: str | None = None
    confidential: bool = False
    active: bool = True
    created_on: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewClient:
    """An application to register; a confidential one gets a secret."""

    name: str
    description: str = ""
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    role: str | None = None
    confidential: bool = False
    client_id: str = field(default="")


class Clients(Protocol):
    """Account Admins and their partner."""

    async def all(self, actor: Actor, account_id: str) -> Sequence[Client]:
        """By name."""

    async def create(self, actor: Actor, account_id: str, new: NewClient) -> tuple[Client, str | None]:
        """Registers it; answers its secret, shown once. Raises ``Refused``."""

    async def change(self, actor: Actor, account_id: str, client_id: str, new: NewClient, *, active: bool) -> Client:
        """Replaces all but id and secret. Raises ``UnknownId``, ``Refused``."""

    async def new_secret(self, actor: Actor, account_id: str, client_id: str) -> str:
        """A new secret; the old one is void."""

    async def remove(self, actor: Actor, account_id: str, client_id: str) -> None:
        """Ends it with its sessions."""
