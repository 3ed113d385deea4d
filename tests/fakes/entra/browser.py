"""What a person's browser asks Entra ID for: to sign in, to consent for a tenant, to sign out."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from tests.fakes.entra.answers import Answer, Refusal, choice, form_post, page, redirect
from tests.fakes.entra.grants import CODE_SECONDS, Code
from tests.fakes.entra.provider import MANY_TENANTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.entra.directory import Person, Tenant
    from tests.fakes.entra.provider import Entra

CANCEL = ("", "Cancel")


def authorize(entra: Entra, authority: str, query: Mapping[str, str], pressed: Mapping[str, str] | None) -> Answer:
    """A page to choose an account, or back to the application. ``pressed`` is the form of that page.

    Raises ``Refusal`` when the application cannot be told.
    """
    _check_application(entra, authority, query)
    if query.get("response_type") != "code":
        return _back(query, {"error": "unsupported_response_type", "error_description": "AADSTS700054: only code."})
    if entra.declines or (pressed is not None and not pressed.get("upn")):
        return _back(query, {"error": "access_denied", "error_description": "the user canceled the authentication"})
    person = _named(entra, authority, pressed["upn"]) if pressed else _without_asking(entra, query)
    if person is None and query.get("prompt") == "none":
        return _back(query, {"error": "login_required", "error_description": "AADSTS50058: nobody is signed in."})
    if person is None:
        return choice("Pick an account", "upn", [*_accounts(entra, authority), CANCEL])
    entra.signed_in = person
    return _back(query, {"code": _code(entra, person, _tenant_of(entra, authority, person), query)})


def admin_consent(entra: Entra, authority: str, query: Mapping[str, str], pressed: Mapping[str, str] | None) -> Answer:
    """The page that asks an administrator, or back to the application with the tenant that has consented.

    With ``Entra.asks`` the page is shown; without, the administrator who is signed in accepts at once. Raises
    ``Refusal`` when the application cannot be told.
    """
    _check_application(entra, authority, query)
    person = entra.signed_in
    if pressed and "upn" in pressed:
        person = entra.signed_in = _named(entra, authority, pressed["upn"])
    if person is None:
        return choice("Pick an account", "upn", _accounts(entra, authority))
    tenant = _tenant_of(entra, authority, person)
    if not person.administrator:
        return page("Need admin approval", "<p>AADSTS90094: an administrator must grant these permissions.</p>")
    if entra.declines or (pressed and pressed.get("consent") == "cancel"):
        text = "AADSTS65004: The resource owner or authorization server denied the request."
        return _back(query, {"admin_consent": "True", "error": "consent_required", "error_description": text})
    if entra.asks and not (pressed and "consent" in pressed):
        return choice("Permissions requested", "consent", [("accept", "Accept"), ("cancel", "Cancel")])
    return _back(query, _grant(entra, tenant, query))


def sign_out(entra: Entra, query: Mapping[str, str]) -> Answer:
    """Back to the application if the address that it names is registered."""
    entra.signed_in = None
    address = query.get("post_logout_redirect_uri", "")
    return redirect(address, {}) if address in entra.redirect_uris else page("You signed out", "")


def _grant(entra: Entra, tenant: Tenant, query: Mapping[str, str]) -> dict[str, str]:
    tenant.knows_application = True
    scope = query.get("scope", "")
    # "In order to request app permissions, you must use the /.default value."
    if f"{entra.graph_url}/.default" in scope.split():
        tenant.granted |= entra.required
    return {"admin_consent": "True", "tenant": tenant.tenant_id, "scope": scope}


def _check_application(entra: Entra, authority: str, query: Mapping[str, str]) -> None:
    """What a browser must not be sent away for: an unknown application, or an address that is not registered."""
    registered = {entra.app_id: entra.redirect_uris}
    if authority not in MANY_TENANTS:
        registered |= {each.app_id: each.redirect_uris for each in entra.tenant(authority).applications.values()}
    if query.get("client_id") not in registered:
        raise Refusal("unauthorized_client", 700016, "The application was not found in the directory.")
    if query.get("redirect_uri") not in registered[query["client_id"]]:
        text = "The redirect URI specified in the request does not match those configured for the application."
        raise Refusal("invalid_request", 50011, text)


def _without_asking(entra: Entra, query: Mapping[str, str]) -> Person | None:
    asks = entra.asks or query.get("prompt") in {"login", "select_account", "consent"}
    return None if asks else entra.signed_in


def _members(entra: Entra, authority: str) -> list[Person]:
    tenants = entra.tenants.values() if authority in MANY_TENANTS else [entra.tenant(authority)]
    return [person for tenant in tenants for person in tenant.people]


def _accounts(entra: Entra, authority: str) -> list[tuple[str, str]]:
    return [(person.upn, person.upn) for person in _members(entra, authority)]


def _named(entra: Entra, authority: str, upn: str) -> Person:
    for person in _members(entra, authority):
        if person.upn == upn:
            return person
    raise Refusal("invalid_grant", 50034, "The user account does not exist in the directory.")


def _tenant_of(entra: Entra, authority: str, person: Person) -> Tenant:
    home = entra.home_of(person)
    if authority not in MANY_TENANTS and entra.tenant(authority) is not home:
        text = f"User account '{person.upn}' from identity provider does not exist in tenant '{authority}'."
        raise Refusal("invalid_request", 50020, text)
    return home


def _code(entra: Entra, person: Person, tenant: Tenant, query: Mapping[str, str]) -> str:
    value = secrets.token_urlsafe(32)
    entra.codes[value] = Code(
        app_id=query["client_id"],
        person=person,
        tenant=tenant,
        redirect_uri=query["redirect_uri"],
        scopes=frozenset(query.get("scope", "").split()),
        nonce=query.get("nonce"),
        challenge=query.get("code_challenge"),
        challenge_method=query.get("code_challenge_method", "plain"),
        ends=entra.now() + CODE_SECONDS,
    )
    return value


def _back(query: Mapping[str, str], parameters: Mapping[str, str]) -> Answer:
    """To the application, with the state that it gave."""
    state = {"state": query["state"]} if "state" in query else {}
    send = form_post if query.get("response_mode") == "form_post" else redirect
    return send(query["redirect_uri"], {**parameters, **state})
