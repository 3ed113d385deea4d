"""Who may ask for what: the token of an application in a tenant, and its roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt

from tests.fakes.entra.minting import STS
from tests.fakes.graph.exchange import Call, Refused, Route

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.fakes.entra import Entra


def claims_of(identity: Entra, audience: str, authorization: str) -> Mapping[str, Any]:
    """The claims of a bearer that Entra ID has signed for ``audience``. Raises ``Refused`` (401)."""
    scheme, _, token = authorization.partition(" ")
    if scheme != "Bearer" or not token:
        raise Refused(401, "InvalidAuthenticationToken", "Access token is empty.")
    try:
        key = next(key for key in identity.keys.published if key.key_id == jwt.get_unverified_header(token).get("kid"))
        claims: Mapping[str, Any] = jwt.decode(
            token,
            key.private.public_key(),
            algorithms=["RS256"],
            audience=audience,
            options={"require": ["exp", "aud", "iss", "tid"], "verify_iat": False},
        )
    except (jwt.PyJWTError, StopIteration) as error:
        raise Refused(401, "InvalidAuthenticationToken", "Access token validation failure.") from error
    if claims["iss"] != f"{STS}/{claims['tid']}/" or claims["tid"] not in identity.tenants:
        raise Refused(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid issuer.")
    return claims


def _check_scopes(route: Route, claims: Mapping[str, Any]) -> None:
    """A token of the application itself has no scopes."""
    if route.scopes.isdisjoint(str(claims.get("scp", "")).split()):
        reason = "The request is not authorized for this user or application."
        message = f"Operation: Create; Exception: [Status Code: Forbidden; Reason: {reason}]"
        raise Refused(403, "ExtensionError", message)


def check_roles(route: Route, call: Call) -> None:
    """Raises ``Refused`` (403) as the service behind the route words it."""
    if route.scopes:
        _check_scopes(route, call.claims)
        return
    roles = call.roles
    if roles & route.roles:
        return
    if route.service == "directory":
        raise denied()
    wanted, there = ", ".join(sorted(route.roles)), ", ".join(sorted(roles))
    message = (
        f"Missing role permissions on the request. API requires one of '{wanted}'. Roles on the request '{there}'."
    )
    raise Refused(403, "Forbidden", message)


def denied() -> Refused:
    """As the directory refuses what a role does not cover."""
    return Refused(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
