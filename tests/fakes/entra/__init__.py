"""Microsoft Entra ID on loopback: an OpenID provider for several tenants that know one application,
and may have registrations of their own besides.

It speaks https as MSAL demands, with a certificate of its own (``Entra.environment`` makes a process trust it), and
runs in a thread, since MSAL blocks.

- ``directory``  tenants, the people in them, and their own registrations
- ``clients``    who asks for a token: which application, known by its secret or certificate
- ``provider``   ``Entra``: its state, its metadata and keys, what a test may change while it runs
- ``browser``    what a person's browser asks for: sign-in, an administrator's consent, signing out
- ``grants``     the token endpoint: codes with PKCE, client credentials, refresh tokens
- ``minting``    the claims of its tokens, version 1 and 2, and of Teams' tokens for single sign-on
- ``forgery``    tokens that nobody may accept, by name
- ``answers``    answers and errors as Entra ID words them
- ``server``     http.server in front of it: ``entra`` runs one

Shapes and error codes are those of the Microsoft identity platform's documentation (v2-oauth2-auth-code-flow,
v2-oauth2-client-creds-grant-flow, v2-protocols-oidc, v2-admin-consent, access-token-claims-reference).
"""

from tests.fakes.entra.directory import Application, Person, Tenant
from tests.fakes.entra.forgery import FORGERIES, forge
from tests.fakes.entra.provider import Entra
from tests.fakes.entra.server import entra

__all__ = ["FORGERIES", "Application", "Entra", "Person", "Tenant", "entra", "forge"]
