"""Teams' tokens for single sign-on as an attacker would make or borrow them. None may be accepted."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.fakes.entra.directory import Tenant
from tests.fakes.openid import Key

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.fakes.entra.directory import Person
    from tests.fakes.entra.provider import Entra


class _Forger:
    """One method a forgery; each answers a token that claims to be ``person``'s."""

    def __init__(self, entra: Entra, person: Person) -> None:
        self.entra = entra
        self.person = person
        self.mint = entra.mint
        self.home = entra.home_of(person)
        self.claims = self.mint.sso_claims(self.home, person)

    def wrong_key(self) -> str:
        """Under the id of a published key."""
        return Key(self.mint.key.key_id).sign(self.claims)

    def unknown_key(self) -> str:
        return Key("nobody-knows-this-key").sign(self.claims)

    def embedded_key(self) -> str:
        """The token brings the key that signed it."""
        own = Key("brought-along")
        return own.sign(self.claims, jwk=own.jwk)

    def no_algorithm(self) -> str:
        return f"{_unsigned({'typ': 'JWT', 'alg': 'none', 'kid': self.mint.key.key_id}, self.claims)}."

    def public_key_as_secret(self) -> str:
        """HS256, keyed with what everybody knows."""
        key = self.mint.key
        signed = _unsigned({"typ": "JWT", "alg": "HS256", "kid": key.key_id}, self.claims)
        return f"{signed}.{_base64(hmac.digest(key.public_pem, signed.encode(), hashlib.sha256))}"

    def changed_claims(self) -> str:
        """Another person's id under a good signature."""
        header, _, signature = self.mint.sign(self.claims).split(".")
        return f"{header}.{_base64(json.dumps(self.claims | {'oid': str(uuid4())}).encode())}.{signature}"

    def wrong_audience(self) -> str:
        """Meant for another application."""
        return self.mint.sign(self.claims | {"aud": str(uuid4())})

    def wrong_issuer(self) -> str:
        return self.mint.sign(self.claims | {"iss": f"https://login.example.com/{self.home.tenant_id}/v2.0"})

    def issuer_of_another_tenant(self) -> str:
        """``tid`` and ``iss`` disagree."""
        return self.mint.sign(self.claims | {"iss": self.mint.v2_issuer(Tenant())})

    def foreign_tenant(self) -> str:
        """All is well but for the tenant, which nobody has connected."""
        return self.mint.sign(self.mint.sso_claims(Tenant(domain="foreign.example.com"), self.person))

    def expired(self) -> str:
        past = int(self.entra.now()) - 7200
        return self.mint.sign(self.claims | {"iat": past, "nbf": past, "exp": past + 3600})

    def without_expiry(self) -> str:
        return self.mint.sign({name: value for name, value in self.claims.items() if name != "exp"})

    def not_yet_valid(self) -> str:
        return self.mint.sign(self.claims | {"nbf": int(self.entra.now()) + 3600})

    def without_scope(self) -> str:
        return self.mint.sign({name: value for name, value in self.claims.items() if name != "scp"})

    def other_scope(self) -> str:
        return self.mint.sign(self.claims | {"scp": "access_as_user_too"})

    def id_token(self) -> str:
        """Signed for our application, but no access token."""
        return self.mint.sign(self.mint.id_claims(self.home, self.person, {"email"}, "nonce"))

    def application_token(self) -> str:
        """Of an application, not of a person."""
        return self.mint.sign(self.mint.application_claims(self.home, self.mint.app_id, {"access_as_user"}))

    def without_object_id(self) -> str:
        return self.mint.sign({name: value for name, value in self.claims.items() if name != "oid"})


_MADE: Mapping[str, Callable[[_Forger], str]] = {
    name: made for name, made in vars(_Forger).items() if not name.startswith("_")
}
FORGERIES = tuple(_MADE)
"""The names that ``forge`` knows, for ``pytest.mark.parametrize``."""


def forge(entra: Entra, person: Person, name: str) -> str:
    """A token that must be refused."""
    return _MADE[name](_Forger(entra, person))


def _unsigned(header: Mapping[str, object], claims: Mapping[str, object]) -> str:
    return f"{_base64(json.dumps(header).encode())}.{_base64(json.dumps(claims).encode())}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
