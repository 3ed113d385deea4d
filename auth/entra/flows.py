"""The authorization code flow of OpenID Connect in a browser, with PKCE and nonce, through MSAL.

MSAL makes and checks state, nonce and verifier and takes the id token from Entra ID itself over https, which stands for
its signature (OpenID Connect Core, 3.1.3.7); since version 1.38 it checks nothing else of it. So audience, time, tenant
and issuer are checked here. What a flow needs again waits in ``store.entra_states``, for ten minutes and one use, and
the browser must be the one that began it.

The answer comes in the query, not by form_post as MSAL recommends: a browser sends no SameSite=Lax cookie with a form
that another site posts, so it could not be recognised. A code that leaks from a log is void without the verifier.
"""

from __future__ import annotations

import asyncio
import logging
import time
import warnings
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from auth.entra.claims import identity_of
from cloudlink.port import CloudLinkUnavailable, TooManyAttempts
from graph.tokens import known_by

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.identity import EntraIdentity
    from graph.tokens import Registration
    from store.entra_states import EntraStates

logger = logging.getLogger(__name__)

warnings.filterwarnings("ignore", "response_mode='form_post' is recommended", UserWarning, "msal")

LIFETIME = timedelta(minutes=10)
MANY_TENANTS = "organizations"
_PURPOSE = "sign-in"
_TIMEOUT_SECONDS = 10.0
_LEEWAY_SECONDS = 300
_EMAIL_SCOPES = ["email"]


class FlowFailed(PermissionError):
    """The browser came back without a sign-in: ``code`` is Entra ID's error, ``state``, or ``issuer``.

    ``account_id`` and ``step`` say for which account and what for, once it is sure that this browser began it.
    """

    def __init__(self, code: str, account_id: str = "", step: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.account_id = account_id
        self.step = step


@dataclass(frozen=True, slots=True)
class Returned:
    """Who signed in, all claims of the id token, and what the flow was begun for.

    ``refresh_token`` goes on in their name with the scopes that were asked for; empty where none was.
    """

    identity: EntraIdentity
    claims: Mapping[str, Any]
    details: Mapping[str, Any]
    refresh_token: str = field(default="", repr=False)


class EntraFlows:
    """Sends browsers to Entra ID and takes them back at ``redirect_uri``."""

    def __init__(self, registration: Registration, states: EntraStates, redirect_uri: str) -> None:
        self._registration = registration
        self._states = states
        self._redirect_uri = redirect_uri

    async def begin(
        self,
        browser: str,
        details: Mapping[str, Any],
        *,
        opener: str,
        tenant: str = MANY_TENANTS,
        registration: Registration | None = None,
        login_hint: str = "",
        prompt: str = "",
        scopes: Sequence[str] = (),
    ) -> str:
        """The address to send the browser to.

        ``browser`` is a secret of that browser alone (``EntraStates``). ``details`` (JSON values, no secrets of
        others) come back with the answer. ``opener`` (a network address, or a user) may have so many flows open at
        once. ``registration`` is a customer's own application in place of ours. ``scopes`` are asked for besides the
        sign-in.

        Raises ``TooManyAttempts``, ``CloudLinkUnavailable`` when Entra ID does not answer.
        """
        registration = registration or self._registration
        wanted = [*_EMAIL_SCOPES, *scopes]
        flow = await asyncio.to_thread(self._initiate, registration, tenant, wanted, login_hint, prompt)
        kept = {
            "flow": {name: value for name, value in flow.items() if name != "auth_uri"},
            "tenant": tenant,
            "app_id": registration.app_id,
            "secret": "" if registration is self._registration else registration.kept,
            "scoped": bool(scopes),
            "details": dict(details),
        }
        state = flow["state"]
        if wait := await self._states.keep(state, _PURPOSE, kept, LIFETIME, browser=browser, opener=opener):
            raise TooManyAttempts(wait)
        return str(flow["auth_uri"])

    async def finish(self, browser: str, answer: Mapping[str, str]) -> Returned:
        """Who has signed in, from the query with which Entra ID sent the browser back.

        Raises ``FlowFailed``, ``CloudLinkUnavailable``.
        """
        kept = await self._states.take(answer.get("state", ""), _PURPOSE, browser)
        if kept is None:
            raise FlowFailed("state")
        try:
            claims, refresh_token = await asyncio.to_thread(self._redeem, kept, dict(answer))
            identity = self._identity(claims, kept["tenant"], kept["app_id"])
            return Returned(identity, claims, kept["details"], refresh_token if kept.get("scoped") else "")
        except FlowFailed as failed:
            failed.account_id, failed.step = (kept["details"].get(name, "") for name in ("account", "step"))
            raise

    def _initiate(
        self, registration: Registration, tenant: str, scopes: Sequence[str], login_hint: str, prompt: str
    ) -> dict[str, Any]:
        application = self._application(registration, tenant)
        flow: dict[str, Any] = application.initiate_auth_code_flow(
            list(scopes),
            redirect_uri=self._redirect_uri,
            login_hint=login_hint or None,
            prompt=prompt or None,
        )
        return flow

    def _redeem(self, kept: Mapping[str, Any], answer: Mapping[str, str]) -> tuple[Mapping[str, Any], str]:
        """The claims of the id token, and the refresh token."""
        import requests  # noqa: PLC0415 - what MSAL asks with, and whose errors it lets through

        registration = self._registration
        # Whoever names our application as theirs has not our secret thereby.
        if kept["secret"]:
            registration = known_by(kept["app_id"], registration.entra_url, kept["secret"])
        try:
            result = self._application(registration, kept["tenant"]).acquire_token_by_auth_code_flow(
                kept["flow"], answer
            )
        except requests.RequestException as error:
            raise CloudLinkUnavailable("Entra ID did not answer") from error
        except (ValueError, RuntimeError) as error:
            # MSAL's words for an answer that does not belong to the flow, or an id token that is not for us.
            raise FlowFailed("state") from error
        claims = result.get("id_token_claims")
        if not isinstance(claims, dict):
            logger.info("Entra ID gave no sign-in", extra={"cause": str(result.get("error"))[:80]})
            raise FlowFailed(str(result.get("error") or "unknown")[:80])
        return claims, str(result.get("refresh_token") or "")

    def _application(self, registration: Registration, tenant: str) -> Any:
        import msal  # noqa: PLC0415 - slow to import, and the first sign-in can wait for it
        import requests  # noqa: PLC0415 - as above

        try:
            return msal.ConfidentialClientApplication(
                registration.app_id,
                client_credential=registration.credential,
                authority=f"{registration.entra_url}/{tenant}",
                # The authority is a setting or a stored tenant, not something that a user typed.
                instance_discovery=False,
                timeout=_TIMEOUT_SECONDS,
            )
        except (requests.RequestException, ValueError) as error:
            raise CloudLinkUnavailable("Entra ID did not answer") from error

    def _identity(self, claims: Mapping[str, Any], tenant: str, app_id: str) -> EntraIdentity:
        try:
            identity = identity_of(claims)
        except ValueError:
            raise FlowFailed("issuer") from None
        if claims.get("aud") != app_id:
            raise FlowFailed("audience")
        if not isinstance(ends := claims.get("exp"), int | float) or ends + _LEEWAY_SECONDS < time.time():
            raise FlowFailed("expired")
        if claims.get("iss") != f"{self._registration.entra_url}/{identity.tenant_id}/v2.0":
            raise FlowFailed("issuer")
        if tenant not in {MANY_TENANTS, identity.tenant_id}:
            raise FlowFailed("issuer")
        return identity
