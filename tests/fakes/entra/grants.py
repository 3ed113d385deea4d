"""The token endpoint: authorization codes with PKCE, client credentials and refresh tokens."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import jwt
from cryptography.x509 import load_pem_x509_certificate

from tests.fakes.entra.answers import Answer, Refusal, document
from tests.fakes.entra.provider import BOT_FRAMEWORK_RESOURCE, MANY_TENANTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.entra.directory import Person, Tenant
    from tests.fakes.entra.provider import Entra

# "Typically, they expire after about 10 minutes."
CODE_SECONDS = 600
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(frozen=True)
class Code:
    """What a person's sign-in has promised to the application. ``ends`` is in seconds since the epoch."""

    person: Person
    tenant: Tenant
    redirect_uri: str
    scopes: frozenset[str]
    nonce: str | None
    challenge: str | None
    challenge_method: str
    ends: float


def sign_in(entra: Entra, person: Person, *scopes: str) -> str:
    """A refresh token, as a sign-in leaves it in which the person has granted the application ``scopes`` of Graph."""
    granted = frozenset({"openid", "offline_access", *(f"{entra.graph_url}/{scope}" for scope in scopes)})
    value = secrets.token_urlsafe(32)
    entra.refresh_tokens[value] = Code(person, entra.home_of(person), "", granted, None, None, "plain", entra.now())
    return value


def token(entra: Entra, authority: str, form: Mapping[str, str]) -> Answer:
    """Any grant. Raises ``Refusal``."""
    entra.grants.append(form)
    entra.authorities.append(authority)
    entra.asked.set()
    entra.open.wait()
    if entra.broken:
        return document({}, 500)
    _authenticate(entra, authority, form)
    match form.get("grant_type"):
        case "client_credentials":
            return _client_credentials(entra, entra.tenant(authority), form)
        case "authorization_code":
            return _authorization_code(entra, authority, form)
        case "refresh_token":
            return _refresh(entra, form)
    raise Refusal("unsupported_grant_type", 70003, "The app requested an unsupported grant type.")


def _authenticate(entra: Entra, authority: str, form: Mapping[str, str]) -> None:
    if form.get("client_id") != entra.app_id:
        text = f"Application with identifier '{form.get('client_id')}' was not found in the directory '{authority}'."
        raise Refusal("unauthorized_client", 700016, text)
    if form.get("client_assertion_type") == _ASSERTION:
        _check_assertion(entra, authority, form.get("client_assertion", ""))
    elif not secrets.compare_digest(form.get("client_secret", "").encode(), entra.secret.encode()):
        raise Refusal("invalid_client", 7000215, "Invalid client secret provided.", status=401)


def _check_assertion(entra: Entra, authority: str, assertion: str) -> None:
    """A JWT about and by the application, signed with the key of the certificate in its registration."""
    if entra.client_certificate is None:
        raise Refusal("invalid_client", 700027, "The certificate used to sign the assertion is unknown.", status=401)
    try:
        jwt.decode(
            assertion,
            load_pem_x509_certificate(entra.client_certificate).public_key(),  # type: ignore[arg-type]
            algorithms=["RS256", "PS256"],
            audience=f"{entra.url}/{authority}/oauth2/v2.0/token",
            issuer=entra.app_id,
            subject=entra.app_id,
            options={"require": ["exp", "jti", "sub"]},
        )
    except jwt.PyJWTError as error:
        text = f"The client assertion failed signature validation: {type(error).__name__}."
        raise Refusal("invalid_client", 700027, text, status=401) from error


def _client_credentials(entra: Entra, tenant: Tenant, form: Mapping[str, str]) -> Answer:
    if not tenant.knows_application:
        text = f"Application with identifier '{entra.app_id}' was not found in the directory '{tenant.domain}'."
        raise Refusal("unauthorized_client", 700016, text)
    resource, default, rest = form.get("scope", "").partition("/.default")
    if not default or rest:
        raise Refusal("invalid_scope", 1002012, "The scope is not valid: it must be a resource and /.default.")
    if resource not in {entra.graph_url, BOT_FRAMEWORK_RESOURCE}:
        raise Refusal("invalid_resource", 500011, f"The resource principal named {resource} was not found.")
    roles = tenant.granted if resource == entra.graph_url else set()
    given = entra.mint.sign(entra.mint.application_claims(tenant, resource, roles))
    entra.issued.append(given)
    return document({"token_type": "Bearer", "expires_in": entra.lifetime, "access_token": given})


def _authorization_code(entra: Entra, authority: str, form: Mapping[str, str]) -> Answer:
    # A code serves once, however the attempt ends.
    code = entra.codes.pop(form.get("code", ""), None)
    if code is None:
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
    if code is None or code.person not in code.tenant.people:
        raise Refusal("invalid_grant", 50173, "The provided grant has expired due to it being revoked.")
    return _tokens_of_person(entra, code)


def _tokens_of_person(entra: Entra, code: Code) -> Answer:
    mint = entra.mint
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
