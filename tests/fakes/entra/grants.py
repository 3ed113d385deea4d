"""The token endpoint: authorization codes with PKCE, client credentials and refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.fakes.entra.answers import Answer, Refusal, document
from tests.fakes.entra.clients import authenticated
from tests.fakes.entra.provider import BOT_FRAMEWORK_RESOURCE, MANY_TENANTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.entra.directory import Application, Person, Tenant
    from tests.fakes.entra.provider import Entra

# "Typically, they expire after about 10 minutes."
CODE_SECONDS = 600


@dataclass(frozen=True)
class Code:
    """What a person's sign-in has promised to an application. ``ends`` is in seconds since the epoch."""

    app_id: str
    person: Person
    tenant: Tenant
    redirect_uri: str
    scopes: frozenset[str]
    nonce: str | None
    challenge: str | None
    challenge_method: str
    ends: float


def sign_in(entra: Entra, person: Person, *scopes: str, app_id: str = "") -> str:
    """A refresh token, as a sign-in leaves it in which the person has granted the application ``scopes`` of Graph."""
    granted = frozenset({"openid", "offline_access", *(f"{entra.graph_url}/{scope}" for scope in scopes)})
    value, home = secrets.token_urlsafe(32), entra.home_of(person)
    entra.refresh_tokens[value] = Code(
        app_id or entra.app_id, person, home, "", granted, None, None, "plain", entra.now()
    )
    return value


def token(entra: Entra, authority: str, form: Mapping[str, str]) -> Answer:
    """Any grant. Raises ``Refusal``."""
    entra.grants.append(form)
    entra.authorities.append(authority)
    entra.asked.set()
    entra.open.wait()
    if entra.broken:
        return document({}, 500)
    application = authenticated(entra, authority, form)
    if form.get("grant_type") == "client_credentials":
        return _client_credentials(entra, entra.tenant(authority), form, application)
    match form.get("grant_type"):
        case "authorization_code":
            return _authorization_code(entra, authority, form)
        case "refresh_token":
            return _refresh(entra, form)
    raise Refusal("unsupported_grant_type", 70003, "The app requested an unsupported grant type.")


def _client_credentials(
    entra: Entra, tenant: Tenant, form: Mapping[str, str], application: Application | None
) -> Answer:
    if application is None and not tenant.knows_application:
        text = f"Application with identifier '{entra.app_id}' was not found in the directory '{tenant.domain}'."
        raise Refusal("unauthorized_client", 700016, text)
    resource, default, rest = form.get("scope", "").partition("/.default")
    if not default or rest:
        raise Refusal("invalid_scope", 1002012, "The scope is not valid: it must be a resource and /.default.")
    if resource not in {entra.graph_url, BOT_FRAMEWORK_RESOURCE}:
        raise Refusal("invalid_resource", 500011, f"The resource principal named {resource} was not found.")
    granted = tenant.granted if application is None else application.granted
    mint = entra.mint if application is None else replace(entra.mint, app_id=application.app_id)
    given = mint.sign(mint.application_claims(tenant, resource, granted if resource == entra.graph_url else ()))
    entra.issued.append(given)
    return document({"token_type": "Bearer", "expires_in": entra.lifetime, "access_token": given})


def _authorization_code(entra: Entra, authority: str, form: Mapping[str, str]) -> Answer:
    # A code serves once, however the attempt ends.
    code = entra.codes.pop(form.get("code", ""), None)
    if code is None or code.app_id != form["client_id"]:
        raise Refusal("invalid_grant", 54005, "OAuth2 Authorization code was already redeemed.")
    if entra.now() >= code.ends:
        raise Refusal("invalid_grant", 70008, "The provided authorization code or refresh token has expired.")
    if form.get("redirect_uri") != code.redirect_uri:
        raise Refusal("invalid_client", 500112, "The reply address does not match that of the authorization request.")
    if authority not in MANY_TENANTS and entra.tenant(authority) is not code.tenant:
        raise Refusal("invalid_grant", 70000, "The code was issued by another tenant.")
    _check_verifier(code, form.get("code_verifier", ""))
    return _tokens_of_person(entra, code)


def _check_verifier(code: Code, verifier: str) -> None:
    if code.challenge is None:
        return
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    proof = digest if code.challenge_method == "S256" else verifier
    if proof != code.challenge:
        text = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
        raise Refusal("invalid_grant", 501481, text)


def _refresh(entra: Entra, form: Mapping[str, str]) -> Answer:
    code = entra.refresh_tokens.get(form.get("refresh_token", ""))
    if code is None or code.app_id != form["client_id"] or code.person not in code.tenant.people:
        raise Refusal("invalid_grant", 50173, "The provided grant has expired due to it being revoked.")
    return _tokens_of_person(entra, code)


def _tokens_of_person(entra: Entra, code: Code) -> Answer:
    mint = replace(entra.mint, app_id=code.app_id)
    prefix = f"{entra.graph_url}/"
    granted = [scope.removeprefix(prefix) for scope in code.scopes if scope.startswith(prefix)]
    access = mint.delegated_claims(code.tenant, code.person, entra.graph_url, ["openid", *granted])
    body: dict[str, object] = {
        "token_type": "Bearer",
        "scope": " ".join(sorted(code.scopes)),
        "expires_in": entra.lifetime,
        "access_token": mint.sign(access),
    }
    entra.issued.append(str(body["access_token"]))
    if "openid" in code.scopes:
        body["id_token"] = mint.sign(mint.id_claims(code.tenant, code.person, code.scopes, code.nonce))
    if "offline_access" in code.scopes:
        body["refresh_token"] = secrets.token_urlsafe(32)
        entra.refresh_tokens[str(body["refresh_token"])] = code
    return document(body)
