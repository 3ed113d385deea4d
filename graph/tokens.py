"""Tokens at Microsoft Entra ID, through MSAL: an application's own by the client credentials grant, and those of a
person who has signed in to it, by refresh tokens.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

logger = logging.getLogger(__name__)

# A token is replaced this long before it ends, so that none ends on its way.
_MARGIN_SECONDS = 300.0
_PAUSE_SECONDS = 10.0
_TIMEOUT_SECONDS = 10.0


class TokenUnavailable(Exception):
    """Entra ID gave no token.

    ``code`` is its error, such as ``invalid_client`` (our secret is wrong) or ``unauthorized_client`` (the tenant does
    not know the application: nobody has consented), or ``unreachable``, or ``unknown_authority`` for a tenant that it
    does not know.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"Entra ID gave no token: {code}")
        self.code = code

    @property
    def not_consented(self) -> bool:
        """Whether our application is not in that tenant, or the tenant is no longer there."""
        return self.code in {"unauthorized_client", "unknown_authority"}

    @property
    def signed_out(self) -> bool:
        """Whether a person has to sign in again: what they granted is void, or their company asks for more of them."""
        return self.code in {"invalid_grant", "interaction_required", "consent_required", "login_required"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate of the registration and its private key, both PEM; the key without a password."""

    certificate: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Registration:
    """An application at Entra ID, known by a client secret or, if there is one, by a certificate.

    ``entra_url`` is ``https://login.microsoftonline.com`` but for sovereign clouds.
    """

    app_id: str
    entra_url: str
    secret: str = field(default="", repr=False)
    certificate: Certificate | None = None

    @property
    def credential(self) -> str | dict[str, str]:
        """As MSAL takes it."""
        if self.certificate is None:
            return self.secret
        return {
            "private_key": self.certificate.private_key,
            "public_certificate": self.certificate.certificate,
        }

    @property
    def kept(self) -> str:
        """The credential as one text, which ``known_by`` takes again."""
        told = self.certificate
        return self.secret if told is None else f"{told.certificate}\n{told.private_key}"


_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)


def known_by(app_id: str, entra_url: str, credential: str) -> Registration:
    """By a client secret, or by a certificate and its private key when ``credential`` holds these two in PEM."""
    certificate, private_key = _CERTIFICATE.search(credential), _PRIVATE_KEY.search(credential)
    if certificate is None or private_key is None:
        return Registration(app_id, entra_url, credential)
    return Registration(app_id, entra_url, certificate=Certificate(certificate[0], private_key[0]))


class TokenSource:
    """One token for one resource, asked of one authority when first needed and shared until shortly before it ends.

    ``authority`` is a tenant's id or domain; ``resource`` is whom the token is for, a URL. ``clock`` is monotonic
    seconds. While Entra ID gives no token it is asked every ten seconds at most, so that callers fail at once instead
    of queueing.
    """

    def __init__(
        self, registration: Registration, authority: str, resource: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._registration = registration
        self._authority = authority
        self._resource = resource
        self._clock = clock
        self._token = ""
        self._ends_at = self._ask_at = self._asked_at = clock()
        self._refusal = ""
        self._asking = asyncio.Lock()

    async def bearer(self) -> str:
        """Raises ``TokenUnavailable``."""
        if self._clock() >= self._ask_at:
            async with self._asking:
                if self._clock() >= self._ask_at:
                    await self._renew()
        if self._clock() >= self._ends_at:
            raise TokenUnavailable(self._refusal)
        return self._token

    async def fresh(self) -> str:
        """A new token, since what it grants may have changed. Raises ``TokenUnavailable``; an older one then stays."""
        async with self._asking:
            await self._renew()
        if self._refusal:
            raise TokenUnavailable(self._refusal)
        return self._token

    def forget(self, token: str) -> None:
        """The resource has refused ``token``: another one is asked for, unless this one is only seconds old."""
        if token == self._token and self._clock() >= self._asked_at + _PAUSE_SECONDS:
            self._ends_at = self._ask_at = self._clock()

    async def _renew(self) -> None:
        asked_at = self._asked_at = self._clock()
        try:
            self._token, lifetime = await asyncio.to_thread(self._ask)
        except TokenUnavailable as refusal:
            logger.warning("Entra ID gave no token", extra={"cause": refusal.code, "authority": self._authority})
            self._refusal = refusal.code
            self._ask_at = self._clock() + _PAUSE_SECONDS
            return
        self._refusal = ""
        self._ends_at = asked_at + lifetime
        self._ask_at = max(self._ends_at - _MARGIN_SECONDS, self._clock() + _PAUSE_SECONDS)

    def _ask(self) -> tuple[str, float]:
        """A token and its lifetime in seconds. Blocks, since MSAL does."""
        answer = self._told_by(lambda msal: msal.acquire_token_for_client([f"{self._resource}/.default"]))
        return str(answer["access_token"]), float(answer["expires_in"])

    def _told_by(self, ask: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """What Entra ID gives. Raises ``TokenUnavailable``.

        MSAL is built anew each time: the token is kept above, and what MSAL keeps besides is its memory of failures,
        which would outlast them by a minute.
        """
        import msal  # noqa: PLC0415 - slow to import, and the first token can wait for it
        import requests  # noqa: PLC0415 - what MSAL asks with, and whose errors it lets through

        try:
            application = msal.ConfidentialClientApplication(
                self._registration.app_id,
                client_credential=self._registration.credential,
                authority=f"{self._registration.entra_url}/{self._authority}",
                # The authority is a setting, not something that a user typed: no need to ask Microsoft about it.
                instance_discovery=False,
                timeout=_TIMEOUT_SECONDS,
            )
            answer = ask(application)
        except (requests.RequestException, msal.exceptions.MsalError) as error:
            logger.info("Entra ID gave no answer to use", extra={"cause": type(error).__name__})
            raise TokenUnavailable("unreachable") from error
        except ValueError as error:
            # MSAL's word for metadata of an authority that are refused or cannot be used.
            raise TokenUnavailable("unknown_authority") from error
        if "access_token" not in answer:
            raise TokenUnavailable(str(answer.get("error", "unknown"))[:80])
        return answer


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a person's sign-in has left: the ``scopes`` of a resource that they granted, and a refresh token.

    Entra ID gives a new one with each token, which ``keep`` is told. The older one stays good until it ends
    (refresh-tokens), so that nothing is lost when ``keep`` fails.
    """

    scopes: Sequence[str]
    refresh_token: str = field(repr=False)
    keep: Callable[[str], Awaitable[None]]


class PersonTokens(TokenSource):
    """As ``TokenSource``, in the name of somebody who has signed in."""

    def __init__(
        self,
        registration: Registration,
        authority: str,
        resource: str,
        signed_in: SignedIn,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(registration, authority, resource, clock)
        self._scopes = [f"{resource}/{scope}" for scope in signed_in.scopes]
        self._refresh_token = signed_in.refresh_token
        self._keep = signed_in.keep

    async def _renew(self) -> None:
        before = self._refresh_token
        await super()._renew()
        if self._refresh_token != before:
            await self._keep(self._refresh_token)

    def _ask(self) -> tuple[str, float]:
        answer = self._told_by(
            lambda msal: msal.acquire_token_by_refresh_token(self._refresh_token, scopes=self._scopes)
        )
        self._refresh_token = str(answer.get("refresh_token") or self._refresh_token)
        return str(answer["access_token"]), float(answer["expires_in"])
