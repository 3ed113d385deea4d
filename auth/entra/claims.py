"""Whom the claims of a verified token name, whichever of Entra ID's tokens it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from cloudlink.identity import EntraIdentity

if TYPE_CHECKING:
    from collections.abc import Mapping


def identity_of(claims: Mapping[str, Any]) -> EntraIdentity:
    """Raises ``ValueError`` for a token that names no person of a tenant.

    ``idp`` names the issuer of the person's own tenant where that is another one, as with guests, and is the same as
    ``iss`` or not there at all for members (Microsoft identity platform, "Access token claims reference"). The tenants
    are compared, not the texts: one tenant has an issuer for each version of its tokens.
    """
    login = claims.get("preferred_username") or claims.get("upn") or claims.get("unique_name") or ""
    email = claims.get("email")
    tenant_id = _guid(claims, "tid")
    return EntraIdentity(
        tenant_id=tenant_id,
        object_id=_guid(claims, "oid"),
        login=str(login),
        email=email if isinstance(email, str) else None,
        name=str(claims.get("name") or ""),
        guest="idp" in claims and tenant_id not in str(claims["idp"]).lower().split("/"),
    )


def _guid(claims: Mapping[str, Any], claim: str) -> str:
    try:
        return str(UUID(str(claims.get(claim))))
    except ValueError:
        raise ValueError(f"{claim} is no GUID") from None
