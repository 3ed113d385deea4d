"""The contract of our OpenID provider: what its pages in ``auth`` ask of the embedded CloudLink.

Beside ``identity``, whose sessions it builds on. Imports ``identity`` and ``port``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from cloudlink.port import CloudLinkError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.identity import Session


class BadRequest(CloudLinkError):
    """A request that names no application of ours or none of its addresses, so nobody can be sent back."""


class Declined(CloudLinkError):
    """A request that is answered by sending the browser back to ``location``, with OAuth's error in it."""

    def __init__(self, code: str, location: str) -> None:
        super().__init__(code)
        self.code = code
        self.location = location


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """An application asks who somebody is. ``max_age`` is in seconds."""

    client_id: str
    client_name: str
    redirect_uri: str
    scope: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str
    prompt: frozenset[str]
    max_age: int | None
    login_hint: str


@dataclass(frozen=True, slots=True)
class SignOut:
    """An application asks to sign somebody out.

    ``principal_id`` is whom its id token names, and ``session_id`` the session of that application; ``location`` is
    where the browser goes then, ``None`` for a page of ours.
    """

    principal_id: str | None
    session_id: str | None
    location: str | None


class OpenIdProvider(Protocol):
    """Requests of browsers at ``/cloudlink/authorize`` and ``/cloudlink/logout``."""

    async def request(self, query: Mapping[str, str]) -> AuthorizationRequest:
        """The request. Raises ``BadRequest``, ``Declined``."""

    def declined(self, request: AuthorizationRequest, code: str) -> Declined:
        """The error for this request."""

    async def has_consent(self, request: AuthorizationRequest, session: Session) -> bool:
        """Whether the person has allowed it before. Raises ``Declined`` when the application is not for them."""

    async def consent(self, request: AuthorizationRequest, session: Session) -> None:
        """Remembers that the person allows it."""

    async def granted(self, request: AuthorizationRequest, session: Session) -> str:
        """Where the browser goes with its code. Raises ``Declined`` as ``has_consent`` does."""

    async def sign_out(self, query: Mapping[str, str]) -> SignOut:
        """What is asked. Raises ``BadRequest``."""

    async def end(self, sign_out: SignOut) -> None:
        """Ends the application's session."""
