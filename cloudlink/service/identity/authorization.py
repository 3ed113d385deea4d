"""Reading and judging a request to ``/cloudlink/authorize``: the code flow of OpenID Connect with PKCE, nothing else.

Before the application and its address are known to be right, nobody is sent anywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from cloudlink.openid import AuthorizationRequest, BadRequest, Declined
from cloudlink.service.identity.grants import scope_of
from cloudlink.service.identity.oauth import OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.administration.clients import Client

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_LONGEST_STATE = 2000
_LONGEST_NONCE = 400
_LONGEST_HINT = 320


def checked_address(client: Client | None, query: Mapping[str, str]) -> str:
    """The address to send the browser back to. Raises ``BadRequest``."""
    address = query.get("redirect_uri")
    if client is None or "authorization_code" not in client.grant_types:
        raise BadRequest("no such application")
    if address is None or address not in client.redirect_uris:
        raise BadRequest("not an address of the application")
    return address


def read(client: Client, query: Mapping[str, str], issuer: str) -> AuthorizationRequest:
    """The request of an application whose address is right. Raises ``Declined``."""
    try:
        return _read(client, query)
    except OAuthError as error:
        raise Declined(
            error.code, location(query["redirect_uri"], query.get("state"), issuer, error=error.code)
        ) from None


def location(address: str, state: str | None, issuer: str, **answer: str) -> str:
    """An address of an application with our answer in it, and who answers (RFC 9207)."""
    fields = {**answer, **({"state": state} if state is not None else {}), "iss": issuer}
    return f"{address}{'&' if '?' in address else '?'}{urlencode(fields)}"


def _read(client: Client, query: Mapping[str, str]) -> AuthorizationRequest:
    _refuse_what_we_do_not_speak(query)
    challenge, prompt = query.get("code_challenge", ""), frozenset(query.get("prompt", "").split())
    state, nonce = query.get("state"), query.get("nonce")
    good = (
        query.get("code_challenge_method") == "S256" and _CHALLENGE.fullmatch(challenge) is not None,
        prompt <= PROMPTS and ("none" not in prompt or len(prompt) == 1),
        len(state or "") <= _LONGEST_STATE and len(nonce or "") <= _LONGEST_NONCE,
        (nonce or "").isprintable(),
    )
    if not all(good):
        raise OAuthError("invalid_request", "A parameter is missing or malformed.")
    return AuthorizationRequest(
        client_id=client.client_id,
        client_name=client.name,
        redirect_uri=query["redirect_uri"],
        scope=tuple(scope_of(query.get("scope")).split()),
        state=state,
        nonce=nonce,
        code_challenge=challenge,
        prompt=prompt,
        max_age=_max_age(query.get("max_age")),
        login_hint=query.get("login_hint", "")[:_LONGEST_HINT],
    )


def _refuse_what_we_do_not_speak(query: Mapping[str, str]) -> None:
    for name in ("request", "request_uri"):
        if name in query:
            raise OAuthError(f"{name}_not_supported", "Requests are read from the address alone.")
    if query.get("response_type") != "code":
        raise OAuthError("unsupported_response_type", "response_type must be code.")
    if query.get("response_mode", "query") != "query":
        raise OAuthError("invalid_request", "response_mode must be query.")


def _max_age(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise OAuthError("invalid_request", "max_age must be a number of seconds.")
    return int(text)
