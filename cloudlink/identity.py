"""The contracts of signing in: sessions, password links, and links to Entra ID.

Beside ``port``, since only the embedded CloudLink fulfils them: the hosted one keeps its own identities. Imports
``model``, ``port`` and ``administration``. Tokens, cookies and codes are plain text here and nowhere else; only hashes
are stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.port import CloudLinkError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cloudlink.model import Principal, User


class AuthProvider(StrEnum):
    """Who has checked a person: CloudLink by a password, or Entra ID. The public API's ``authProvider``."""

    CLOUDLINK = "cloudlink"
    ENTRA = "entra"


class SessionKind(StrEnum):
    """What carries a session."""

    CONSOLE = "console"  # a cookie of a browser
    TEAMS = "teams"  # a bearer of our own pages inside Teams, got for a Teams token
    TAB = "tab"  # a bearer of the personal tabs, got for the code of a sign-in window
    API = "api"  # refresh tokens of an application


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in that goes on, with the user as they are now (active, in an active account)."""

    session_id: str
    user: User
    kind: str
    auth_provider: str
    authenticated_on: datetime
    expires_at: datetime


class Sessions(Protocol):
    """Sessions that a secret carries: a cookie's value or a bearer."""

    async def open(self, who: Principal, kind: SessionKind, provider: AuthProvider, *, address: str) -> str:
        """Signs somebody in; answers the secret. Raises ``UnknownId``."""

    async def find(self, secret: str) -> Session | None:
        """Whose secret it is; ``None`` when unknown, ended, expired, or when user or account are inactive."""

    async def end(self, secret: str) -> None:
        """Signs out."""

    async def end_all(self, who: Principal) -> None:
        """Ends every session of a person, applications' included."""


class InvalidToken(CloudLinkError):
    """An access token that opens nothing: not ours, expired, revoked, or without the scope that is asked for."""

    def __init__(self, *, scope: bool = False) -> None:
        super().__init__("insufficient scope" if scope else "invalid token")
        self.scope = scope


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an API with an access token: a user, by an application, or (``user`` is ``None``) an application.

    ``role`` is what they may do now, whatever it was when the token was made.
    """

    account_id: str
    client_id: str
    role: str
    name: str
    scope: frozenset[str]
    claims: Mapping[str, Any]
    user: User | None = None

    def actor(self, *, address: str = "", correlation_id: str = "") -> Actor:
        """As the audit log names them."""
        if self.user is not None:
            return Actor.of_user(self.user, address=address, correlation_id=correlation_id)
        return Actor(ActorKind.CLIENT, self.name, self.account_id, self.client_id, self.role, address, correlation_id)


class Bearers(Protocol):
    """Judges the access tokens of the public API."""

    async def caller(self, authorization: str | None, scope: str = "read") -> Caller:
        """Whose token the ``Authorization`` header holds, as ``Bearer x`` or as a bare ``x``.

        ``scope`` is what the request needs: ``read``, ``write``, ``openid``. Raises ``InvalidToken``.
        """


class DeadLink(CloudLinkError):
    """A link that was never given, is used, expired or replaced; ``used`` when it has served."""

    def __init__(self, *, used: bool = False) -> None:
        super().__init__("used" if used else "expired or unknown")
        self.used = used


class WeakPassword(CloudLinkError):
    """Too short (``common`` false) or among the commonest leaked passwords."""

    def __init__(self, *, common: bool) -> None:
        super().__init__("too common" if common else "too short")
        self.common = common


class PasswordTooLong(CloudLinkError):
    """More than a form may carry: 1,000 bytes."""


class PasswordNotAllowed(CloudLinkError):
    """The account signs in by Entra ID alone, so nobody sets a password there."""


class LinkPurpose(StrEnum):
    """What a password link is for."""

    WELCOME = "welcome"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class PasswordLink:
    """An open link: whose password it sets."""

    purpose: str
    user: User
    expires_at: datetime


class PasswordLinks(Protocol):
    """Setting a password by the link, or the e-mail address and the six-digit code, of a mail."""

    async def of_link(self, token: str) -> PasswordLink:
        """The link behind ``/password/{token}``. Raises ``DeadLink``, ``PasswordNotAllowed``."""

    async def set_password(self, token: str, password: str, *, address: str) -> User:
        """Sets it, uses the link up and ends the person's sessions.

        Raises as ``of_link`` does, and ``WeakPassword``, ``PasswordTooLong``. ``address`` is for the audit log.
        """

    async def token_of_code(self, email: str, code: str, *, address: str) -> str:
        """A fresh token for who types the code of their reset mail. Raises ``DeadLink``, ``TooManyAttempts``."""

    async def forgot(self, email: str, *, address: str) -> None:
        """Sends reset mails to this address; says nothing of whether there is such a user. ``TooManyAttempts``."""

    async def renew(self, token: str, *, address: str) -> None:
        """Sends a new mail in place of a dead link's, if the link was ever given. Raises ``TooManyAttempts``."""


@dataclass(frozen=True, slots=True)
class EntraIdentity:
    """Whom a validated Entra ID token names. ``login`` is the UPN (v2: ``preferred_username``) and proves nothing.

    ``guest`` is somebody of another tenant, who was invited into this one: that other tenant writes their names.
    """

    tenant_id: str
    object_id: str
    login: str
    email: str | None = None
    name: str = ""
    guest: bool = False


class NotLinked(CloudLinkError):
    """A person of Entra ID whom no user can be found for; ``reason`` says why, for the administrator's eyes."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class OwnApplication:
    """A customer's own application at Entra ID, for single sign-on in their tenant alone."""

    client_id: str
    secret: str = field(repr=False)


class EntraSignIn(Protocol):
    """From an Entra ID identity to the user."""

    async def user_of(self, identity: EntraIdentity) -> User:
        """The user who is linked; the first time by UPN, then mail, inside the account that has proved the tenant.

        Guests are never found so. Afterwards tenant and object id alone decide: a re-used UPN never relinks. Where Sync
        is on, only users whom it assigned. Raises ``NotLinked``.
        """

    async def tenant_for_email(self, email: str) -> str | None:
        """The tenant that a verified domain routes to, when that account signs in by Entra ID."""

    async def own_application(self, tenant_id: str) -> OwnApplication | None:
        """The application by which the account of a proved tenant signs in, when it does not use ours."""

    async def password_allowed(self, user: User) -> bool:
        """Whether *Enable Mitel credentials* (or the absence of SSO) lets the user sign in by password."""
