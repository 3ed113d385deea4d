"""What the stand-in knows: tenants, one application, keys; its metadata; and what a test may change while it runs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from tests.fakes.entra.answers import Answer, Refusal, document
from tests.fakes.entra.directory import Person, Tenant
from tests.fakes.entra.minting import Mint
from tests.fakes.openid import Keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.fakes.entra.grants import Code

# Where multi-tenant bots get their tokens.
BOT_FRAMEWORK = Tenant("d6d49420-f39b-4df7-a1dc-d59a935871db", "botframework.com")
BOT_FRAMEWORK_RESOURCE = "https://api.botframework.com"
# Authorities that stand for every tenant.
MANY_TENANTS = frozenset({"organizations", "common"})


class Entra:
    """A provider that knows one application; every attribute may be changed while it runs.

    ``url`` is the base URL, ``certificate`` a file to trust, ``environment`` what makes a process trust it.
    ``redirect_uris`` are those of the registration; ``required`` the application permissions that it asks for, which
    an administrator grants; ``client_certificate`` the PEM of the certificate that may sign its assertions.
    ``signed_in`` is the person in every browser (a page asks when there is nobody), ``asks`` shows the pages also to
    somebody signed in, and ``declines`` presses Cancel on them.
    ``directory_roles`` is whether id tokens name a person's directory roles, which is up to the registration.
    ``grants`` are the forms that asked for tokens, ``authorities`` whom they asked, ``issued`` the access tokens that
    were given, ``fetches`` counts readings of the keys. ``lifetime`` of access tokens is in seconds. ``broken`` answers
    500 to whoever asks for a token; ``open`` cleared keeps them waiting, ``asked`` is set when they come.
    """

    def __init__(self, app_id: str, secret: str, *tenants: Tenant) -> None:
        self.url = ""
        self.certificate: Path
        self.app_id = app_id
        self.secret = secret
        self.client_certificate: bytes | None = None
        self.tenants = {tenant.tenant_id: tenant for tenant in (*tenants, BOT_FRAMEWORK)}
        self.graph_url = "https://graph.microsoft.com"
        self.redirect_uris: set[str] = set()
        self.required: set[str] = set()
        self.signed_in: Person | None = None
        self.asks = False
        self.directory_roles = True
        self.declines = False
        self.grants: list[Mapping[str, str]] = []
        self.authorities: list[str] = []
        self.issued: list[str] = []
        self.fetches = 0
        self.lifetime = 3600
        self.broken = False
        self.asked = threading.Event()
        self.open = threading.Event()
        self.open.set()
        self.now: Callable[[], float] = time.time
        self.keys = Keyring()
        self.codes: dict[str, Code] = {}
        self.refresh_tokens: dict[str, Code] = {}

    @property
    def environment(self) -> dict[str, str]:
        """For a process, or for ``monkeypatch.setenv``: what MSAL (requests) and what ``ssl`` trust."""
        return {"REQUESTS_CA_BUNDLE": str(self.certificate), "SSL_CERT_FILE": str(self.certificate)}

    @property
    def mint(self) -> Mint:
        """What makes tokens now."""
        return Mint(self.keys.current, self.url, self.app_id, self.now(), self.lifetime, self.directory_roles)

    def tenant(self, name: str) -> Tenant:
        """By id or domain. Raises ``Refusal``."""
        for tenant in self.tenants.values():
            if name in {tenant.tenant_id, tenant.domain}:
                return tenant
        raise Refusal("invalid_tenant", 90002, f"Tenant '{name}' not found.")

    def home_of(self, person: Person) -> Tenant:
        """The tenant that a person is a member of."""
        return next(tenant for tenant in self.tenants.values() if person in tenant.people)

    def metadata(self, authority: str) -> Answer:
        """The v2.0 OpenID configuration of a tenant, or of all (its issuer then holds ``{tenantid}``)."""
        base = f"{self.url}/{authority}"
        return document(
            {
                "issuer": f"{self.url}/{self._issuer_part(authority)}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "form_post"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
                "scopes_supported": ["openid", "profile", "email", "offline_access"],
            }
        )

    def published_keys(self, authority: str) -> Answer:
        """The JWK set; each key names the issuer that it may sign for."""
        self.fetches += 1
        issuer = f"{self.url}/{self._issuer_part(authority)}/v2.0"
        return document({"keys": [key.jwk | {"issuer": issuer} for key in self.keys.published]})

    def _issuer_part(self, authority: str) -> str:
        return "{tenantid}" if authority in MANY_TENANTS else self.tenant(authority).tenant_id
