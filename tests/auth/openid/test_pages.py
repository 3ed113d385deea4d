"""Requests of applications, good and bad, as browsers without scripts bring them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import pytest
from sqlalchemy import update

from cloudlink.service.identity.codes import challenge_of
from store.clock import utc_now
from store.schema import clients, sessions
from tests.auth.openid.conftest import PASSWORD

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from tests.auth.openid.conftest import Provider

VERIFIER = "v" * 50


def _query(provider: Provider, **changes: str | None) -> dict[str, str]:
    query = {
        "client_id": "web", "redirect_uri": provider.application.callback, "response_type": "code",
        "scope": "openid email read", "state": "s 1", "nonce": "n-1", "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256", **changes,
    }  # fmt: skip
    return {name: value for name, value in query.items() if value is not None}


class Journey:
    """One browser at the provider."""

    def __init__(self, provider: Provider, browser: ClientSession) -> None:
        self.provider = provider
        self.browser = browser

    async def get(self, path: str, **query: str) -> tuple[int, str, str]:
        """Status, text, and where it leads to."""
        async with self.browser.get(self.provider.origin + path, params=query, allow_redirects=False) as response:
            return response.status, await response.text(), response.headers.get("Location", str(response.url))

    async def post(self, path: str, fields: dict[str, str], *, follow: bool = False) -> tuple[int, str, str]:
        """The same for a form."""
        async with self.browser.post(self.provider.origin + path, data=fields, allow_redirects=follow) as response:
            return response.status, await response.text(), response.headers.get("Location", str(response.url))

    async def authorize(self, **changes: str | None) -> tuple[int, str, str]:
        """An application's request."""
        return await self.get("/cloudlink/authorize", **_query(self.provider, **changes))

    async def sign_in(self, email: str = "desk@example.com", **changes: str | None) -> str:
        """From the request to whatever page comes after the password."""
        _, _, there = await self.authorize(**changes)
        return await self.fill_in(there, email)

    async def fill_in(self, there: str, email: str = "desk@example.com") -> str:
        """The sign-in page at this address."""
        async with self.browser.get(self.provider.origin + there) as response:
            hidden = _hidden(await response.text())
        fields = {**hidden, "email": email, "password": PASSWORD}
        _, text, _ = await self.post(there, fields, follow=True)
        return text

    async def allow(self, consent: str, decision: str = "allow") -> dict[str, str]:
        """What the application is told after the question of consent."""
        _, text, _ = await self.post("/cloudlink/consent", {**_hidden(consent), "decision": decision})
        return _answer(_refresh(text))


def _hidden(text: str) -> dict[str, str]:
    return {name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text)}


def _refresh(text: str) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', text)
    assert found, text
    return unescape(found[1])


def _answer(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query))


@pytest.fixture
def journey(provider: Provider, browser: ClientSession) -> Journey:
    return Journey(provider, browser)


async def _redeem(journey: Journey, code: str) -> dict[str, Any]:
    fields = {
        "grant_type": "authorization_code", "client_id": "web", "code": code, "code_verifier": VERIFIER,
        "redirect_uri": journey.provider.application.callback,
    }  # fmt: skip
    async with journey.browser.post(f"{journey.provider.issuer}/token", data=fields) as response:
        body: dict[str, Any] = await response.json()
        assert response.status == 200, body
        return body


async def test_sign_in_consent_code_tokens_and_userinfo(journey: Journey) -> None:
    provider = journey.provider

    consent = await journey.sign_in()
    answer = await journey.allow(consent)
    tokens = await _redeem(journey, answer["code"])

    assert "Allow Web Phone?" in consent
    assert (answer["app"], answer["state"], answer["iss"]) == ("1", "s 1", provider.issuer)
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with journey.browser.get(f"{provider.issuer}/userinfo", headers=bearer) as response:
        assert await response.json() == {
            "sub": provider.desk.principal_id, "email": "desk@example.com", "email_verified": False,
        }  # fmt: skip


async def test_consent_is_remembered_and_asked_again_for_more(journey: Journey) -> None:
    await journey.allow(await journey.sign_in())

    again = await journey.authorize()
    more = await journey.authorize(scope="openid email read write")
    asked = await journey.authorize(prompt="consent")

    assert (again[0], "code" in _answer(again[2])) == (303, True)
    assert (more[0], asked[0]) == (200, 200)
    assert "Allow Web Phone?" in more[1]
    assert "no-referrer" in str((await journey.browser.get(journey.provider.issuer + "/authorize")).headers)


async def test_who_does_not_allow_is_sent_back_without_a_code(journey: Journey) -> None:
    answer = await journey.allow(await journey.sign_in(), "deny")

    assert (answer["error"], "code" in answer) == ("access_denied", False)
    assert (await journey.authorize())[0] == 200


async def test_a_person_of_another_account_is_sent_back(journey: Journey) -> None:
    answer = _answer(_refresh(await journey.sign_in("night@example.com")))

    assert (answer["error"], answer["state"]) == ("access_denied", "s 1")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": None}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "create"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"nonce": "x" * 401}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"request": "a.b.c"}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"prompt": "none"}, "login_required"),
    ],
)
async def test_a_wrong_request_is_told_to_the_application(
    journey: Journey, changes: dict[str, str | None], error: str
) -> None:
    status, _, location = await journey.authorize(**changes)

    assert status == 303
    assert location.startswith(journey.provider.application.callback)
    assert (_answer(location)["error"], _answer(location)["state"]) == (error, "s 1")


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"client_id": "\0"},
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/"},
        {"redirect_uri": "{callback}/more"},
        {"redirect_uri": "{callback}&more=1"},
        {"redirect_uri": "//evil.example/"},
        {"redirect_uri": "javascript:alert(1)"},
    ],
)
async def test_nobody_is_sent_to_an_address_that_is_not_registered(
    journey: Journey, changes: dict[str, str | None]
) -> None:
    callback = journey.provider.application.callback
    meant = {name: value and value.replace("{callback}", callback) for name, value in changes.items()}

    status, text, location = await journey.authorize(**meant)

    assert status == 400
    assert urlsplit(location).netloc == urlsplit(journey.provider.origin).netloc
    assert "not registered" in text


async def test_a_parameter_that_occurs_twice_is_refused(journey: Journey) -> None:
    url = f"{journey.provider.issuer}/authorize?client_id=web&client_id=web"
    async with journey.browser.get(url) as response:
        assert response.status == 400


async def test_an_application_that_was_switched_off_is_unknown(journey: Journey) -> None:
    await journey.provider.database.write(lambda connection: connection.execute(update(clients).values(active=False)))

    assert (await journey.authorize())[0] == 400


async def test_consent_needs_the_sessions_own_form(journey: Journey) -> None:
    consent = await journey.sign_in()
    hidden = _hidden(consent)

    for forged in ({**hidden, "csrf": ""}, {**hidden, "csrf": "0" * 64}, {"query": hidden["query"]}):
        status, text, _ = await journey.post("/cloudlink/consent", {**forged, "decision": "allow"})
        assert (status, "code=" in text) == (403, False)
    assert "Allow Web Phone?" in (await journey.authorize())[1]


async def test_what_the_form_brings_back_is_judged_again(journey: Journey) -> None:
    hidden = _hidden(await journey.sign_in())
    evil = hidden["query"].replace("callback", "elsewhere")

    status, text, _ = await journey.post("/cloudlink/consent", {**hidden, "query": evil, "decision": "allow"})

    assert (status, "code=" in text) == (400, False)


@pytest.mark.parametrize("changes", [{"prompt": "login"}, {"prompt": "select_account"}, {"max_age": "0"}])
async def test_an_application_can_ask_for_a_new_sign_in(journey: Journey, changes: dict[str, str]) -> None:
    await journey.allow(await journey.sign_in())

    status, _, there = await journey.authorize(**changes, login_hint="desk@example.com")
    answer = _answer(_refresh(await journey.fill_in(there)))

    assert (status, urlsplit(there).path) == (303, "/console/sign-in")
    assert "code" in answer


async def test_an_old_sign_in_is_not_enough_for_max_age(journey: Journey) -> None:
    await journey.allow(await journey.sign_in())
    fresh = await journey.authorize(max_age="3600")
    old = update(sessions).values(authenticated_on=utc_now() - timedelta(hours=2))
    await journey.provider.database.write(lambda connection: connection.execute(old))

    status, _, there = await journey.authorize(max_age="3600")
    silent = await journey.authorize(max_age="3600", prompt="none")

    assert "code" in _answer(fresh[2])
    assert (status, urlsplit(there).path) == (303, "/console/sign-in")
    assert _answer(silent[2])["error"] == "login_required"


async def test_a_silent_request_is_answered_without_a_page(journey: Journey) -> None:
    consent = await journey.sign_in()
    asked = await journey.authorize(prompt="none")
    await journey.allow(consent)

    given = await journey.authorize(prompt="none")

    assert _answer(asked[2])["error"] == "consent_required"
    assert "code" in _answer(given[2])


async def test_a_request_by_post_is_answered_as_one_by_get(journey: Journey) -> None:
    await journey.allow(await journey.sign_in())

    _, _, there = await journey.post("/cloudlink/authorize", _query(journey.provider))

    assert "code" in _answer((await journey.get(there))[2])


async def _signed_in(journey: Journey) -> dict[str, Any]:
    answer = await journey.allow(await journey.sign_in())
    return await _redeem(journey, answer["code"])


async def _is_signed_in(journey: Journey) -> bool:
    return "code" in _answer((await journey.authorize(prompt="none"))[2])


async def test_an_application_signs_out_whom_its_id_token_names(journey: Journey) -> None:
    tokens = await _signed_in(journey)
    assert await _is_signed_in(journey)

    status, _, location = await journey.get(
        "/cloudlink/logout",
        id_token_hint=tokens["id_token"],
        post_logout_redirect_uri=journey.provider.application.signed_out,
        state="bye",
    )

    assert (status, _answer(location)["state"]) == (303, "bye")
    assert location.startswith(journey.provider.application.signed_out)
    assert not await _is_signed_in(journey)
    async with journey.browser.get(
        f"{journey.provider.issuer}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    ) as response:
        assert response.status == 401


async def test_without_an_id_token_the_person_is_asked(journey: Journey) -> None:
    await _signed_in(journey)

    status, text, _ = await journey.get("/cloudlink/logout")
    assert (status, "Sign out?" in text, await _is_signed_in(journey)) == (200, True, True)
    forged = await journey.post("/cloudlink/logout", {"csrf": "0" * 64}, follow=True)
    assert ("Sign out?" in forged[1], await _is_signed_in(journey)) == (True, True)
    done = await journey.post("/cloudlink/logout", _hidden(text))

    assert "You are signed out" in done[1]
    assert not await _is_signed_in(journey)


@pytest.mark.parametrize(
    "query",
    [
        {"post_logout_redirect_uri": "https://evil.example/"},
        {"post_logout_redirect_uri": "https://evil.example/", "client_id": "web"},
        {"post_logout_redirect_uri": "https://evil.example/", "client_id": "unknown"},
        {"id_token_hint": "forged"},
        {"id_token_hint": jwt.encode({"aud": "web", "sub": "x"}, "k" * 32, "HS256")},
    ],
)
async def test_a_wrong_sign_out_leads_nowhere(journey: Journey, query: dict[str, str]) -> None:
    await _signed_in(journey)

    status, _, location = await journey.get("/cloudlink/logout", **query)

    assert status == 400
    assert "evil" not in urlsplit(location).netloc
    assert await _is_signed_in(journey)


async def test_userinfo_needs_a_token_of_scope_openid(journey: Journey) -> None:
    answer = await journey.allow(await journey.sign_in(scope="read"))
    tokens = await _redeem(journey, answer["code"])

    for bearer, status in ((tokens["access_token"], 403), ("forged", 401), ("", 401)):
        headers = {"Authorization": f"Bearer {bearer}"}
        async with journey.browser.get(f"{journey.provider.issuer}/userinfo", headers=headers) as response:
            assert response.status == status
    assert "id_token" not in tokens
