"""What an account has connected to Microsoft Entra ID and Teams, and the secrets that SCIM comes with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cloudlink.administration.actor import Actor


class IntegrationKind(StrEnum):
    """The three that an administrator can add."""

    ENTRA_SSO = "entraSso"
    ENTRA_SYNC = "entraSync"
    TEAMS_PRESENCE = "teamsPresence"


@dataclass(frozen=True, slots=True)
class Integration:
    """One integration. ``configuration`` holds no secret; ``has_secret`` says that one is stored.

    ``ENTRA_SSO``: ``tenantId``; with an application of the customer's own also ``clientId`` and a secret.
    ``TEAMS_PRESENCE``: ``name``, ``tenantId``, ``clientId`` and a secret, with the choices ``ringing`` (counts as a
    call) and ``fromTeams`` (do not disturb reaches the telephone), each ``true`` or empty; its secret may be a
    certificate, whose ``thumbprint`` is then there as well. ``ENTRA_SYNC``: at most ``extensionAttribute``, the SCIM
    path of what holds a user's extension; its secrets are ``ScimToken``.
    """

    kind: str
    enabled: bool
    configuration: Mapping[str, str]
    has_secret: bool
    secret_expires_on: datetime | None
    created_on: datetime
    modified_on: datetime


@dataclass(frozen=True, slots=True)
class ScimToken:
    """A secret of Entra ID's provisioning service; the secret itself is shown once."""

    token_id: str
    created_on: datetime
    expires_at: datetime | None
    used_on: datetime | None


class Integrations(Protocol):
    """Account Admins and their partner. ``Refused`` with ``PARTNER_ACCOUNT`` in a partner's own account."""

    async def all(self, actor: Actor, account_id: str) -> Sequence[Integration]:
        """Those that were added."""

    async def save(
        self,
        actor: Actor,
        account_id: str,
        kind: IntegrationKind,
        configuration: Mapping[str, str],
        *,
        secret: str | None = None,
        secret_expires_on: datetime | None = None,
        certificate: str | None = None,
    ) -> Integration:
        """Adds or changes it, off at first; ``None`` leaves a stored secret. Raises ``Refused`` for a wrong value.

        ``certificate``, of presence alone, stands in for a secret: it is one with its private key in PEM, and tells its
        own end. Another tenant or application switches it off; a new secret, another name or choice does not.
        """

    async def set_enabled(self, actor: Actor, account_id: str, kind: IntegrationKind, *, enabled: bool) -> Integration:
        """Switches it. Raises ``Refused`` (``STATE``) while what it needs, a proved tenant above all, is not there."""

    async def remove(self, actor: Actor, account_id: str, kind: IntegrationKind) -> None:
        """Ends it with its secret. Without SSO, people sign in by password again; without Sync, its tokens are void."""

    async def secret(self, account_id: str, kind: IntegrationKind) -> str | None:
        """The stored secret, or certificate with its key in PEM, for the service's own use; never for a page."""


class ScimTokens(Protocol):
    """Account Admins and their partner; the tokens of ``ENTRA_SYNC``."""

    async def all(self, actor: Actor, account_id: str) -> Sequence[ScimToken]:
        """Newest first."""

    async def create(self, actor: Actor, account_id: str, *, days: int = 365) -> tuple[ScimToken, str]:
        """A new secret beside those that are there, so that it can be rotated without a gap."""

    async def revoke(self, actor: Actor, account_id: str, token_id: str) -> None:
        """Void at once. Raises ``UnknownId``."""
