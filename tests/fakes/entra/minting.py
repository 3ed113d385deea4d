"""The claims of Entra ID's tokens (access-token-claims-reference, id-token-claims-reference)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.fakes.entra.directory import Person, Tenant
    from tests.fakes.openid import Key

# The issuer of version 1 tokens, whatever the authority: ``https://sts.windows.net/{tenant}/``.
STS = "https://sts.windows.net"
# Teams on desktop and mobile, the client that asks for a tab's token.
TEAMS_CLIENT = "1fec8e78-bce4-4aaf-ab1b-5451cc387264"
SCOPE = "access_as_user"
GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"
# What ``wids`` of every other member of a tenant holds: the default permissions of users.
USER_ROLE = "b79fbf4d-3ef9-4689-8143-76b194e85509"

Claims = dict[str, object]


@dataclass(frozen=True)
class Mint:
    """Signs with ``key`` for the application ``app_id``; tokens live from ``now`` for ``lifetime`` seconds.

    ``directory_roles`` is whether the registration has ``groupMembershipClaims`` emit ``wids``.
    """

    key: Key
    url: str
    app_id: str
    now: float
    lifetime: int
    directory_roles: bool = True

    def v2_issuer(self, tenant: Tenant) -> str:
        """As it stands in ``iss``."""
        return f"{self.url}/{tenant.tenant_id}/v2.0"

    def application_claims(self, tenant: Tenant, resource: str, roles: Iterable[str]) -> Claims:
        """For our application itself at ``resource``; without a role there is no ``roles`` claim."""
        granted: Claims = {"roles": sorted(roles)} if roles else {}
        return {
            **self._common(f"{STS}/{tenant.tenant_id}/", tenant, resource, "1.0"),
            **granted,
            "appid": self.app_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": self._pairwise(tenant.tenant_id),
            "sub": self._pairwise(tenant.tenant_id),
        }

    def id_claims(self, tenant: Tenant, person: Person, scopes: Iterable[str], nonce: str | None) -> Claims:
        """Who signed in to our application."""
        claims = self._common(self.v2_issuer(tenant), tenant, self.app_id, "2.0") | self._person(person)
        claims |= {"name": person.name, "preferred_username": person.upn}
        if self.directory_roles:
            claims["wids"] = [GLOBAL_ADMINISTRATOR] if person.administrator else [USER_ROLE]
        if nonce is not None:
            claims["nonce"] = nonce
        if "email" in scopes and person.mail:
            claims["email"] = person.mail
        return claims

    def sso_claims(self, tenant: Tenant, person: Person, *, version: int = 2, audience: str | None = None) -> Claims:
        """What Teams is given for a tab or a bot.

        Version 2 is for the client id, version 1 for the Application ID URI, ``api://`` and more, unless told.
        """
        if version == 2:
            common = self._common(self.v2_issuer(tenant), tenant, audience or self.app_id, "2.0")
            client: Claims = {"azp": TEAMS_CLIENT, "azpacr": "0", "preferred_username": person.upn}
        else:
            issuer = f"{STS}/{tenant.tenant_id}/"
            common = self._common(issuer, tenant, audience or f"api://{self.app_id}", "1.0")
            client = {"appid": TEAMS_CLIENT, "appidacr": "0", "upn": person.upn, "unique_name": person.upn}
        return {**common, **client, **self._person(person), "name": person.name, "scp": SCOPE}

    def delegated_claims(self, tenant: Tenant, person: Person, resource: str, scopes: Iterable[str]) -> Claims:
        """For our application at ``resource`` in a person's name, who has granted ``scopes`` there."""
        client = {"appid": self.app_id, "appidacr": "1", "idtyp": "user"}
        told = {"name": person.name, "upn": person.upn, "unique_name": person.upn, "scp": " ".join(sorted(scopes))}
        issuer = f"{STS}/{tenant.tenant_id}/"
        return {**self._common(issuer, tenant, resource, "1.0"), **client, **self._person(person), **told}

    def sign(self, claims: Mapping[str, object]) -> str:
        """A token."""
        return self.key.sign(claims, x5t=self.key.key_id)

    def _common(self, issuer: str, tenant: Tenant, audience: str, version: str) -> Claims:
        now = int(self.now)
        return {
            "aud": audience,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + self.lifetime,
            "tid": tenant.tenant_id,
            "uti": secrets.token_urlsafe(16),
            "ver": version,
        }

    def _person(self, person: Person) -> Claims:
        idp = {"idp": f"{STS}/{person.home}/"} if person.home else {}
        return {"oid": person.object_id, "sub": self._pairwise(person.object_id), **idp}

    def _pairwise(self, identifier: str) -> str:
        """The same for one application, another for the next."""
        return hashlib.sha256(f"{self.app_id} {identifier}".encode()).hexdigest()[:43]
