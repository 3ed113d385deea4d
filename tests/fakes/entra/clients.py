"""Which application asks for a token, and whether it is that one: by its secret, or by an assertion that it signed."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import jwt
from cryptography.x509 import load_pem_x509_certificate

from tests.fakes.entra.answers import Refusal
from tests.fakes.entra.provider import MANY_TENANTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.fakes.entra.directory import Application
    from tests.fakes.entra.provider import Entra

_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def authenticated(entra: Entra, authority: str, form: Mapping[str, str]) -> Application | None:
    """A tenant's own registration, ``None`` for the application that all tenants know. Raises ``Refusal``."""
    app_id = form.get("client_id", "")
    if app_id == entra.app_id:
        certificates = [] if entra.client_certificate is None else [entra.client_certificate]
        _check(entra, authority, form, {entra.secret}, certificates)
        return None
    application = None if authority in MANY_TENANTS else entra.tenant(authority).applications.get(app_id)
    if application is None:
        text = f"Application with identifier '{app_id}' was not found in the directory '{authority}'."
        raise Refusal("unauthorized_client", 700016, text)
    _check(entra, authority, form, application.secrets, application.certificates)
    return application


def _check(
    entra: Entra, authority: str, form: Mapping[str, str], known: Iterable[str], certificates: Iterable[bytes]
) -> None:
    shown = form.get("client_secret", "").encode()
    if form.get("client_assertion_type") == _ASSERTION:
        _check_assertion(entra, authority, form, certificates)
    elif not any(secrets.compare_digest(shown, secret.encode()) for secret in known):
        raise Refusal("invalid_client", 7000215, "Invalid client secret provided.", status=401)


def _check_assertion(entra: Entra, authority: str, form: Mapping[str, str], certificates: Iterable[bytes]) -> None:
    """A JWT about and by the application, signed with the key of a certificate in its registration."""
    text = "The certificate used to sign the assertion is unknown."
    for certificate in certificates:
        try:
            jwt.decode(
                form.get("client_assertion", ""),
                load_pem_x509_certificate(certificate).public_key(),  # type: ignore[arg-type]
                algorithms=["RS256", "PS256"],
                audience=f"{entra.url}/{authority}/oauth2/v2.0/token",
                issuer=form["client_id"],
                subject=form["client_id"],
                options={"require": ["exp", "jti", "sub"]},
            )
        except jwt.PyJWTError as error:
            text = f"The client assertion failed signature validation: {type(error).__name__}."
        else:
            return
    raise Refusal("invalid_client", 700027, text, status=401)
