"""The Authentication API over HTTP: every grant good and bad, in every form that the sources show."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from sqlalchemy import func, select, update

from cloudlink.administration.clients import NewClient
from cloudlink.model import Role
from store.schema import accounts, clients, sessions, users
from tests.cloudlink.conftest import PASSWORD
from tests.cloudlink.identity.authentication import CALLBACK, OPERATOR

if TYPE_CHECKING:
    from tests.cloudlink.identity.authentication import Setup

SIGN_IN = {"username": "desk@example.com", "password": PASSWORD}


async def _sessions(api: Setup) -> int:
    rows = await api.database.read(select(func.count()).select_from(sessions))
    return int(rows[0][0])


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("named", [True, False])
async def test_a_password_gives_tokens_in_the_form_of_the_samples(api: Setup, *, as_json: bool, named: bool) -> None:
    who = {"client_id": "direct"} if named else {"account_id": api.account_id}

    status, body = await api.post("/token", {"grant_type": "password", **SIGN_IN, **who}, json=as_json)

    assert status == 200
    assert set(body) == {"token_type", "expires_in", "access_token", "refresh_token", "scope"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("bearer", 3600, "read write")
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert claims["accountId"] == api.account_id
    assert claims["principalId"] == claims["userId"] == api.people.desk.principal_id
    assert (claims["email"], claims["role"], claims["languageCode"]) == ("desk@example.com", "USER", "fr-FR")


async def test_who_am_i_is_told_in_strings(api: Setup) -> None:
    tokens = await api.by_password()

    status, body = await api.who_am_i(tokens["access_token"])

    assert status == 200
    assert all(isinstance(value, str) for value in body.values())
    assert body["loginId"] == "desk@example.com"
    assert body["emailVerified"] in {"true", "false"}
    assert int(body["exp"]) - int(body["iat"]) == 3600


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
async def test_nobody_is_told_who_they_are_without_a_token(api: Setup, token: str) -> None:
    status, body = await api.who_am_i(token)

    assert status == 401
    assert set(body) == {"name", "message"}


async def test_direct_authorize_gives_a_code_that_gives_tokens(api: Setup) -> None:
    fields = {"response_type": "code", **SIGN_IN, "account_id": api.account_id, "client_id": "direct"}

    status, body = await api.post("/authorize", fields)
    exchange = {"grant_type": "authorization_code", "code": body["code"], "client_id": "direct"}
    exchanged, tokens = await api.post("/token", exchange, json=True)

    assert (status, set(body), exchanged) == (200, {"code"}, 200)
    assert (await api.who_am_i(tokens["access_token"]))[0] == 200


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/authorize", {"response_type": "code", **SIGN_IN, "client_id": "web"}),
        ("/token", {"grant_type": "password", **SIGN_IN, "client_id": "web"}),
        ("/token", {"grant_type": "client_credentials", "client_id": "web"}),
    ],
)
async def test_an_application_gets_only_what_it_is_registered_for(
    api: Setup, path: str, fields: dict[str, str]
) -> None:
    status, body = await api.post(path, fields)

    assert (status, body["error"]) == (400, "unauthorized_client")


async def test_without_a_registered_application_no_password_is_asked_for(api: Setup) -> None:
    await api.database.write(lambda connection: connection.execute(update(clients).values(active=False)))

    for fields in (
        {"account_id": api.account_id},
        {"client_id": "direct"},
        {"client_id": "unknown"},
        {"client_id": "\0"},
    ):
        status, body = await api.token(grant_type="password", **SIGN_IN, **fields)
        assert (status, body["error"], body["name"]) == (401, "invalid_client", "Unauthorized")


async def test_wrong_passwords_are_slowed_down_as_at_the_sign_in_page(api: Setup) -> None:
    answers = [
        await api.token(grant_type="password", client_id="direct", username="desk@example.com", password="wrong")
        for _ in range(6)
    ]

    assert [status for status, _ in answers] == [400] * 5 + [429]
    assert answers[0][1]["error"] == "invalid_grant"
    assert PASSWORD not in str(answers)
    good, _ = await api.token(grant_type="password", client_id="direct", **SIGN_IN)
    assert good == 429


@pytest.mark.parametrize("username", ["nobody@example.com", "night@example.com", "a\0b", "x" * 2000])
async def test_who_is_not_of_the_account_looks_like_a_wrong_password(api: Setup, username: str) -> None:
    _, wrong = await api.token(grant_type="password", client_id="direct", username="desk@example.com", password="x")

    status, body = await api.token(grant_type="password", client_id="direct", username=username, password=PASSWORD)

    assert (status, body) == (400, wrong)


async def _share(api: Setup) -> None:
    """Makes the desk's e-mail address one of the other account too, and both accounts a partner's customers."""
    partner = await api.database.read(select(accounts.c.account_id).where(accounts.c.name == "Other Office"))
    assert partner

    def work(connection: Any) -> None:
        same = update(users).where(users.c.email_folded == "night@example.com")
        connection.execute(same.values(email="desk@example.com", email_folded="desk@example.com"))
        connection.execute(
            update(accounts).where(accounts.c.account_id == api.account_id).values(partner_id=partner[0][0])
        )

    await api.database.write(work)


async def test_a_person_in_two_accounts_names_one(api: Setup) -> None:
    await _share(api)
    partner_id = api.people.other_account.account_id
    new = NewClient("Partner's", grant_types=("password",), client_id="partners")
    await api.clients.create(OPERATOR, partner_id, new)
    fields = {"grant_type": "password", "client_id": "partners", **SIGN_IN}

    status, body = await api.token(**fields)
    answers = [await api.token(**fields, account_id=one) for one in (api.account_id, partner_id, "unknown")]

    assert (status, body["error"]) == (400, "invalid_request")
    assert "account_id" in body["message"]
    assert [status for status, _ in answers] == [200, 200, 400]
    claims = [jwt.decode(b["access_token"], options={"verify_signature": False}) for _, b in answers[:2]]
    assert [claim["accountId"] for claim in claims] == [api.account_id, partner_id]
    assert claims[0]["partnerId"] == partner_id
    assert "refresh_token" not in answers[0][1]


async def test_a_customers_application_opens_no_other_account(api: Setup) -> None:
    await _share(api)

    tokens = await api.by_password()
    status, _ = await api.token(
        grant_type="password", client_id="direct", account_id=api.people.other_account.account_id, **SIGN_IN
    )

    _, me = await api.who_am_i(tokens["access_token"])
    assert me["accountId"] == api.account_id
    assert status == 400


async def test_a_secret_gives_an_application_its_token(api: Setup) -> None:
    basic = base64.b64encode(f"robot:{api.secret}".encode()).decode()
    answers = [
        await api.token(grant_type="client_credentials", client_id="robot", client_secret=api.secret),
        await api.token(
            grant_type="client_credentials", client_id="robot", client_secret=api.secret, account_id=api.account_id
        ),
        await api.post("/token", {"grant_type": "client_credentials"}, authorization=f"Basic {basic}"),
    ]

    for status, body in answers:
        assert status == 200
        assert "refresh_token" not in body
        _, me = await api.who_am_i(body["access_token"])
        assert (me["client_id"], me["role"], me["accountId"]) == ("robot", Role.ACCOUNT_ADMIN, api.account_id)


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({"client_id": "robot"}, None),
        ({"client_id": "robot", "client_secret": "wrong"}, None),
        ({"client_id": "robot", "client_secret": ""}, None),
        ({}, "Basic " + base64.b64encode(b"robot:wrong").decode()),
        ({}, "Basic " + base64.b64encode(b"robot").decode()),
        ({}, "Basic \xa7"),
        ({}, None),
    ],
)
async def test_an_application_without_its_secret_gets_nothing(
    api: Setup, fields: dict[str, str], header: str | None
) -> None:
    status, body = await api.post("/token", {"grant_type": "client_credentials", **fields}, authorization=header)

    assert (status, body["error"]) == (401, "invalid_client")


async def test_a_public_application_that_shows_a_secret_is_another_one(api: Setup) -> None:
    status, body = await api.redeem(await api.code(), client_secret="made up")

    assert (status, body["error"]) == (401, "invalid_client")


async def test_a_code_gives_tokens_and_an_id_token(api: Setup) -> None:
    status, body = await api.redeem(await api.code())

    assert status == 200
    identity = jwt.decode(body["id_token"], options={"verify_signature": False})
    assert identity["aud"] == "web"
    assert (identity["sub"], identity["nonce"]) == (api.people.desk.principal_id, "n-1")
    assert (identity["email"], identity["name"]) == ("desk@example.com", "Front Desk")
    assert identity["auth_time"] == int(api.clock().timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "unknown"},
        {"client_id": "direct"},
        {"redirect_uri": CALLBACK + "/"},
        {"redirect_uri": None},
        {"code_verifier": "w" * 43},
        {"code_verifier": None},
    ],
)
async def test_a_code_is_good_only_for_what_it_was_made_for(api: Setup, changes: dict[str, str | None]) -> None:
    code = await api.code()

    status, body = await api.redeem(**{"code": code, **changes})  # type: ignore[arg-type]

    assert (status, body["error"]) == (400, "invalid_grant")
    assert await _sessions(api) == 0


async def test_a_code_is_over_after_a_minute(api: Setup) -> None:
    code = await api.code()
    api.clock.advance(seconds=60)

    assert (await api.redeem(code))[1]["error"] == "invalid_grant"


async def test_a_code_without_challenge_takes_no_verifier(api: Setup) -> None:
    status, body = await api.redeem(await api.code(code_challenge=None))

    assert (status, body["error"]) == (400, "invalid_grant")


async def test_a_code_that_is_used_twice_ends_what_it_opened(api: Setup) -> None:
    code = await api.code()
    _, first = await api.redeem(code)
    assert (await api.who_am_i(first["access_token"]))[0] == 200

    status, _ = await api.redeem(code)

    assert status == 400
    assert (await api.who_am_i(first["access_token"]))[0] == 401
    assert (await api.token(grant_type="refresh_token", token=first["refresh_token"]))[0] == 400


async def test_a_code_of_who_was_deactivated_since_opens_nothing(api: Setup) -> None:
    code = await api.code()
    await api.database.write(lambda connection: connection.execute(update(users).values(active=False)))

    assert (await api.redeem(code))[1]["error"] == "invalid_grant"


@pytest.mark.parametrize("field", ["token", "refresh_token"])
@pytest.mark.parametrize("named", [True, False])
async def test_a_refresh_token_gives_the_next_one(api: Setup, field: str, *, named: bool) -> None:
    tokens = await api.by_password()
    who = {"client_id": "direct"} if named else {}

    status, body = await api.token(grant_type="refresh_token", **{field: tokens["refresh_token"]}, **who)

    assert status == 200
    assert body["refresh_token"] != tokens["refresh_token"]
    assert (await api.who_am_i(body["access_token"]))[0] == 200
    assert (await api.token(grant_type="refresh_token", token=body["refresh_token"]))[0] == 200


async def _refresh(api: Setup, token: str) -> tuple[int, Any]:
    return await api.token(grant_type="refresh_token", refresh_token=token, client_id="direct")


async def test_whoever_lost_the_answer_gets_the_same_again_for_half_a_minute(api: Setup) -> None:
    old = (await api.by_password())["refresh_token"]
    _, first = await _refresh(api, old)
    api.clock.advance(seconds=30)

    status, second = await _refresh(api, old)

    assert (status, second["refresh_token"]) == (200, first["refresh_token"])


async def test_processes_that_refresh_at_once_get_the_same_token(api: Setup) -> None:
    old = (await api.by_password())["refresh_token"]

    answers = await asyncio.gather(*(_refresh(api, old) for _ in range(4)))

    assert {status for status, _ in answers} == {200}
    assert len({body["refresh_token"] for _, body in answers}) == 1


async def test_a_code_that_two_use_at_once_opens_nothing_for_long(api: Setup) -> None:
    code = await api.code()

    answers = await asyncio.gather(*(api.redeem(code) for _ in range(3)))

    assert sorted(status for status, _ in answers) == [200, 400, 400]
    assert await _sessions(api) == 0


async def test_an_account_that_leaves_its_partner_leaves_the_partners_applications(api: Setup) -> None:
    await _share(api)
    new = NewClient("Partner's", grant_types=("password", "refresh_token"), client_id="partners")
    await api.clients.create(OPERATOR, api.people.other_account.account_id, new)
    tokens = await api.by_password(client_id="partners", account_id=api.account_id)
    await api.database.write(lambda connection: connection.execute(update(accounts).values(partner_id=None)))

    status, body = await api.token(grant_type="refresh_token", token=tokens["refresh_token"], client_id="partners")

    assert (status, body["error"]) == (400, "invalid_grant")


async def test_an_old_refresh_token_ends_the_session(api: Setup) -> None:
    old = (await api.by_password())["refresh_token"]
    _, new = await _refresh(api, old)
    api.clock.advance(seconds=31)

    status, body = await _refresh(api, old)

    assert (status, body["error"]) == (400, "invalid_grant")
    assert (await _refresh(api, new["refresh_token"]))[0] == 400
    assert (await api.who_am_i(new["access_token"]))[0] == 401


async def test_a_refresh_token_two_uses_old_ends_the_session_at_once(api: Setup) -> None:
    oldest = (await api.by_password())["refresh_token"]
    _, old = await _refresh(api, oldest)
    _, new = await _refresh(api, old["refresh_token"])

    assert (await _refresh(api, oldest))[0] == 400
    assert (await _refresh(api, new["refresh_token"]))[0] == 400


async def test_a_guess_ends_no_session(api: Setup) -> None:
    token = (await api.by_password())["refresh_token"]
    session_id = token.split(".")[0]

    for guess in (f"{session_id}.guess.guess", f"{session_id}.guess", f"{session_id}..", "a.b.c", "\0", "x" * 5000):
        assert (await _refresh(api, guess))[1]["error"] == "invalid_grant"

    assert (await _refresh(api, token))[0] == 200


async def test_another_application_cannot_use_a_refresh_token(api: Setup) -> None:
    token = (await api.by_password())["refresh_token"]

    status, body = await api.token(grant_type="refresh_token", refresh_token=token, client_id="web")

    assert (status, body["error"]) == (400, "invalid_grant")
    assert (await _refresh(api, token))[0] == 200


async def test_a_refresh_token_lives_as_long_as_the_account_says(api: Setup) -> None:
    await api.database.write(
        lambda connection: connection.execute(update(accounts).values(refresh_token_expiry_hours=2))
    )
    token = (await api.by_password())["refresh_token"]
    api.clock.advance(hours=1, minutes=59)
    _, body = await _refresh(api, token)
    api.clock.advance(hours=1, minutes=59)
    status, body = await _refresh(api, body["refresh_token"])
    assert status == 200
    api.clock.advance(hours=2)

    assert (await _refresh(api, body["refresh_token"]))[0] == 400


async def test_a_deactivated_persons_refresh_token_is_void(api: Setup) -> None:
    token = (await api.by_password())["refresh_token"]
    await api.database.write(lambda connection: connection.execute(update(users).values(active=False)))

    assert (await _refresh(api, token))[0] == 400


async def test_a_scope_can_be_less_and_never_more(api: Setup) -> None:
    tokens = await api.by_password(scope="read")

    assert tokens["scope"] == "read"
    more = await api.token(grant_type="refresh_token", token=tokens["refresh_token"], scope="read write")
    assert more[1]["error"] == "invalid_scope"
    unknown = await api.token(grant_type="password", client_id="direct", scope="admin", **SIGN_IN)
    assert unknown[1]["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", "application/json"),
        ("[]", "application/json"),
        ("[" * 5000, "application/json"),
        ('{"grant_type": 1}', "application/json"),
        ('{"grant_type": "password", "username": {"a": 1}}', "application/json"),
        ("grant_type=password&grant_type=password", "application/x-www-form-urlencoded"),
        ("grant_type=%ff", "application/x-www-form-urlencoded"),
        ("&".join(f"a{n}=1" for n in range(60)), "application/x-www-form-urlencoded"),
        ("<xml/>", "text/xml"),
        ("", "application/x-www-form-urlencoded"),
    ],
)
async def test_a_body_that_is_no_request_is_refused(api: Setup, body: str, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    async with api.http.post("/authentication/2017-09-01/token", data=body.encode(), headers=headers) as response:
        told = await response.json()

    assert response.status == 400
    assert told["error"] == "invalid_request"
    assert {"name", "message"} <= set(told)


async def test_too_large_a_body_is_refused(api: Setup) -> None:
    status, body = await api.token(grant_type="password", password="x" * 20_000)

    assert (status, body["name"]) == (413, "RequestEntityTooLarge")


async def test_an_unknown_grant_is_refused(api: Setup) -> None:
    assert (await api.token(grant_type="implicit"))[1]["error"] == "unsupported_grant_type"


async def test_tokens_are_kept_by_no_cache(api: Setup) -> None:
    url = "/authentication/2017-09-01/token"
    async with api.http.post(url, data={"grant_type": "password", "client_id": "direct", **SIGN_IN}) as response:
        assert response.headers["Cache-Control"] == "no-store"


async def test_the_key_set_verifies_a_token(api: Setup) -> None:
    tokens = await api.by_password()
    async with api.http.get("/authentication/2017-09-01/.well-known/jwks") as response:
        keys = jwt.PyJWKSet.from_dict(await response.json())

    key = keys[jwt.get_unverified_header(tokens["access_token"])["kid"]]

    claims = jwt.decode(
        tokens["access_token"],
        key,
        ["RS256"],
        options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
    )
    assert claims["accountId"] == api.account_id


async def _put(api: Setup, client_id: str, **changes: Any) -> tuple[int, Any]:
    token = (await api.by_password())["access_token"]
    body = {"accountId": api.account_id, "name": "App", "description": "d", "redirectUris": [CALLBACK], "active": True}
    url = f"/authentication/2017-09-01/applications/{client_id}"
    async with api.http.put(url, json={**body, **changes}, headers={"Authorization": token}) as response:
        return response.status, await response.json()


async def _promote(api: Setup, role: Role) -> None:
    statement = update(users).where(users.c.principal_id == api.people.desk.principal_id).values(role=role)
    await api.database.write(lambda connection: connection.execute(statement))


async def test_a_partner_puts_an_application(api: Setup) -> None:
    await _promote(api, Role.PARTNER_ADMIN)

    made = await _put(api, "new-app")
    changed = await _put(api, "new-app", name="Other", active=False)

    assert made == (
        200,
        {"applicationId": "new-app", "accountId": api.account_id, "name": "App", "description": "d",
         "redirectUris": [CALLBACK], "active": True},
    )  # fmt: skip
    assert (changed[0], changed[1]["name"], changed[1]["active"]) == (200, "Other", False)


@pytest.mark.parametrize("role", [Role.USER, Role.ACCOUNT_ADMIN])
async def test_nobody_else_puts_an_application(api: Setup, role: Role) -> None:
    await _promote(api, role)

    assert (await _put(api, "new-app"))[0] == 403


async def test_another_accounts_application_is_unknown(api: Setup) -> None:
    await _promote(api, Role.PARTNER_ADMIN)
    theirs = NewClient("Theirs", redirect_uris=(CALLBACK,), client_id="theirs")
    await api.clients.create(OPERATOR, api.people.other_account.account_id, theirs)

    assert (await _put(api, "theirs"))[0] == 404
    assert (await _put(api, "new-app", accountId=api.people.other_account.account_id))[0] == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"name": 1},
        {"redirectUris": "x"},
        {"redirectUris": [1]},
        {"active": "yes"},
        {"redirectUris": ["http://evil.example/"]},
    ],
)
async def test_a_wrong_application_is_refused(api: Setup, changes: dict[str, Any]) -> None:
    await _promote(api, Role.PARTNER_ADMIN)

    assert (await _put(api, "new-app", **changes))[0] == 400
