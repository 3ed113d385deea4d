"""Access tokens: ours, everybody else's, and what revokes them."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from cloudlink.identity import InvalidToken
from cloudlink.model import Role
from cloudlink.service.identity.sessions import end_all_in
from cloudlink.service.identity.tokens import ID_TYPE, Tokens
from store.schema import accounts, clients, users
from tests.cloudlink.identity.authentication import PUBLIC_URL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Table

    from cloudlink.service.identity.keys import Keys
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

HOUR = timedelta(hours=1)


def _claims(session_id: str, **more: Any) -> dict[str, Any]:
    return {"sub": "desk", "sid": session_id, "client_id": "app", "scope": "read write", **more}


@pytest.fixture
async def token(tokens: Tokens, session_id: str) -> str:
    return await tokens.access(_claims(session_id), HOUR)


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "{}", "  {}  "])
async def test_a_token_opens_with_or_without_the_word_bearer(
    tokens: Tokens, token: str, people: People, form: str
) -> None:
    caller = await tokens.caller(form.format(token))

    assert caller.user == people.desk
    assert (caller.account_id, caller.role, caller.client_id) == (people.account.account_id, Role.USER, "app")
    assert caller.actor(address="192.0.2.1").actor_id == people.desk.principal_id


async def test_an_independent_library_accepts_it(tokens: Tokens, keys: Keys, token: str, clock: SteppedClock) -> None:
    jwks = jwt.PyJWKSet.from_dict(dict(await keys.public()))
    key = jwks[jwt.get_unverified_header(token)["kid"]]

    claims = jwt.decode(
        token,
        key,
        ["RS256"],
        audience=tokens.audience,
        issuer=tokens.issuer,
        options={"verify_exp": False, "verify_iat": False},
    )

    assert claims["iss"] == f"{PUBLIC_URL}/cloudlink"
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["iat"] == int(clock().timestamp())


async def test_a_token_ends_at_its_time(tokens: Tokens, token: str, clock: SteppedClock) -> None:
    clock.advance(minutes=59, seconds=59)
    await tokens.caller(token)
    clock.advance(seconds=1)

    with pytest.raises(InvalidToken):
        await tokens.caller(token)
    assert (await tokens.verify(token, "at+jwt", expired=True))["sub"] == "desk"


@pytest.mark.parametrize("table", [users, accounts])
async def test_a_token_of_who_is_deactivated_is_void_at_once(
    tokens: Tokens, token: str, people: People, database: Database, table: Table
) -> None:
    await tokens.caller(token)
    off = update(table).where(table.c.account_id == people.account.account_id).values(active=False)

    await database.write(lambda connection: connection.execute(off))

    with pytest.raises(InvalidToken):
        await tokens.caller(token)


async def test_a_token_whose_session_has_ended_is_void_at_once(
    tokens: Tokens, token: str, people: People, database: Database
) -> None:
    await database.write(lambda connection: end_all_in(connection, people.account.account_id, people.desk.principal_id))

    with pytest.raises(InvalidToken):
        await tokens.caller(token)


async def test_what_a_role_allows_is_what_it_allows_now(
    tokens: Tokens, token: str, people: People, database: Database
) -> None:
    promote = update(users).where(users.c.principal_id == people.desk.principal_id).values(role=Role.ACCOUNT_ADMIN)
    await database.write(lambda connection: connection.execute(promote))

    assert (await tokens.caller(token)).role == Role.ACCOUNT_ADMIN


async def test_a_token_without_the_scope_is_refused(tokens: Tokens, session_id: str) -> None:
    token = await tokens.access(_claims(session_id, scope="openid read"), HOUR)

    await tokens.caller(token, "openid")
    with pytest.raises(InvalidToken) as refusal:
        await tokens.caller(token, "write")
    assert refusal.value.scope


async def test_an_application_is_known_as_long_as_it_is_active(
    tokens: Tokens, people: People, database: Database, clock: SteppedClock
) -> None:
    row = {
        "client_id": "robot", "account_id": people.account.account_id, "name": "Robot", "description": "",
        "redirect_uris": [], "post_logout_redirect_uris": [], "grant_types": ["client_credentials"],
        "role": Role.ACCOUNT_ADMIN, "active": True, "created_on": clock(), "modified_on": clock(),
    }  # fmt: skip
    await database.write(lambda connection: connection.execute(insert(clients), row))
    token = await tokens.access({"sub": "robot", "client_id": "robot", "scope": "read"}, HOUR)

    caller = await tokens.caller(token)
    assert (caller.user, caller.role, caller.account_id) == (None, Role.ACCOUNT_ADMIN, people.account.account_id)
    assert caller.actor().actor_id == "robot"
    await database.write(lambda connection: connection.execute(update(clients).values(active=False)))
    with pytest.raises(InvalidToken):
        await tokens.caller(token)


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def _unsigned(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    encoded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
        for part in (dict(header), dict(claims))
    ]
    return ".".join([*encoded, ""])


async def test_forged_tokens_are_refused(tokens: Tokens, keys: Keys, token: str) -> None:
    header, claims = _parts(token)
    mine = await keys.signing()
    theirs = rsa.generate_private_key(65537, 2048)
    pem = mine.public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    # PyJWT refuses to sign so; an attacker's library does not.
    hmac_key = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    confused = _unsigned({**header, "alg": "HS256"}, claims)[:-1]
    confused += "." + base64.urlsafe_b64encode(hmac_key.sign(confused.encode(), pem)).rstrip(b"=").decode()

    def signed(key: rsa.RSAPrivateKey, more_header: Mapping[str, Any] = {}, **more: Any) -> str:
        return jwt.encode({**claims, **more}, key, "RS256", headers={**header, **more_header})

    forged = {
        "alg none": _unsigned({**header, "alg": "none"}, claims),
        "no signature": _unsigned(header, claims),
        "HS256 with the public key": confused,
        "another key": signed(theirs),
        "another key under its own id": signed(theirs, {"kid": "theirs"}),
        "no key id": jwt.encode(claims, mine.private, "RS256", headers={"typ": "at+jwt"}),
        "the key in the header": signed(theirs, {"jwk": dict(mine.jwk)}),
        "another type": signed(mine.private, {"typ": "JWT"}),
        "PS256": jwt.encode(claims, mine.private, "PS256", headers={**header, "alg": "PS256"}),
        "another audience": signed(mine.private, aud="https://other.example.com"),
        "another issuer": signed(mine.private, iss="https://other.example.com"),
        "another session": signed(mine.private, sid="unknown"),
        "a client in place of a session": signed(theirs, sid=None),
        "another payload": _unsigned(header, {**claims, "sub": "other"}) + token.rpartition(".")[2],
    }  # fmt: skip

    for name, forgery in forged.items():
        with pytest.raises(InvalidToken):
            pytest.fail(f"{name}: {await tokens.caller(forgery)}")


async def test_an_id_token_is_no_access_token(tokens: Tokens, session_id: str) -> None:
    identity = await tokens.identity(_claims(session_id), tokens.audience, HOUR)

    await tokens.verify(identity, ID_TYPE)
    with pytest.raises(InvalidToken):
        await tokens.caller(identity)


@pytest.mark.parametrize(
    "text", [None, "", ".", "..", "Bearer", "Bearer ", "a.b.c", "é", "x" * 9000, "\x00", "W10.W10."]
)
async def test_what_is_no_token_is_refused(tokens: Tokens, text: str | None) -> None:
    with pytest.raises(InvalidToken):
        await tokens.caller(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(data=st.data())
async def test_a_token_with_any_character_changed_is_refused(tokens: Tokens, token: str, data: st.DataObject) -> None:
    # The last character of a part also holds bits that are not used.
    head = token.rpartition(".")[0]
    place = data.draw(st.integers(0, len(head) - 1))
    character = data.draw(st.sampled_from("AZaz09-_.=+ \n"))
    changed = token[:place] + character + token[place + 1 :]
    if changed != token:
        with pytest.raises(InvalidToken):
            await tokens.caller(changed)
