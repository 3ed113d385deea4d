"""The stand-in for Entra ID, judged by MSAL and by PyJWT's own client of JWK sets, which know the real one."""

from __future__ import annotations

import re
import ssl
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import jwt
import msal
import pytest
import requests

from tests.browser import chromium
from tests.fakes.entra import FORGERIES, forge
from tests.graph.conftest import APP_ID, OTHER_TENANT_ID, SECRET, TENANT_ID

if TYPE_CHECKING:
    from tests.fakes.entra import Entra, Person, Tenant

REDIRECT = "http://127.0.0.1:1/signed-in"
_HIDDEN = re.compile('<input type="hidden" name="(.*?)" value="(.*?)">')


@pytest.fixture
def person(tenant: Tenant) -> Person:
    return tenant.add("ada@example.com", name="Ada Example", mail="ada@mail.example.com")


def client(identity: Entra, authority: str = "organizations") -> Any:
    return msal.ConfidentialClientApplication(
        APP_ID, client_credential=SECRET, authority=f"{identity.url}/{authority}", instance_discovery=False
    )


def follow(url: str) -> tuple[int, dict[str, str]]:
    """Status, and what the browser would bring to the application, in the address or in a form that sends itself."""
    answer = requests.get(url, allow_redirects=False, timeout=5)
    if "Location" in answer.headers:
        return answer.status_code, dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    return answer.status_code, {name: unescape(value) for name, value in _HIDDEN.findall(answer.text)}


def verified(identity: Entra, token: str, authority: str = "organizations", **options: Any) -> dict[str, Any]:
    """The claims, checked with the keys that the metadata name."""
    metadata = requests.get(f"{identity.url}/{authority}/v2.0/.well-known/openid-configuration", timeout=5).json()
    keys = jwt.PyJWKClient(metadata["jwks_uri"], ssl_context=ssl.create_default_context(cafile=identity.certificate))
    issuer = metadata["issuer"].replace("{tenantid}", TENANT_ID)
    key = keys.get_signing_key_from_jwt(token).key
    claims: dict[str, Any] = jwt.decode(
        token, key, algorithms=["RS256"], audience=APP_ID, issuer=issuer, options={"require": ["exp"]}, **options
    )
    return claims


def begin(identity: Entra, application: Any, *scopes: str) -> Any:
    identity.redirect_uris.add(REDIRECT)
    return application.initiate_auth_code_flow(list(scopes), redirect_uri=REDIRECT, response_mode="form_post")


@pytest.mark.parametrize("authority", ["organizations", "common", TENANT_ID, "example.com"])
def test_a_person_signs_in_by_code_pkce_and_nonce(identity: Entra, person: Person, authority: str) -> None:
    identity.signed_in = person
    application = client(identity, authority)
    flow = begin(identity, application, "email")
    answer = application.acquire_token_by_auth_code_flow(flow, follow(flow["auth_uri"])[1])

    claims = verified(identity, answer["id_token"], authority)
    assert (claims["tid"], claims["oid"]) == (TENANT_ID, person.object_id)
    assert (claims["preferred_username"], claims["email"], claims["name"]) == (person.upn, person.mail, person.name)
    assert answer["refresh_token"]


def test_a_code_serves_once_and_only_whoever_has_the_verifier(identity: Entra, person: Person) -> None:
    identity.signed_in = person
    application = client(identity)
    flow = begin(identity, application)
    _, brought = follow(flow["auth_uri"])
    stolen = application.acquire_token_by_auth_code_flow({**flow, "code_verifier": "x" * 43}, brought)
    late = application.acquire_token_by_auth_code_flow(flow, brought)

    assert (stolen["error"], late["error"]) == ("invalid_grant", "invalid_grant")
    assert 501481 in stolen["error_codes"]
    assert 54005 in late["error_codes"]


def test_a_code_ends_after_ten_minutes(identity: Entra, person: Person) -> None:
    identity.signed_in = person
    application = client(identity)
    flow = begin(identity, application)
    _, brought = follow(flow["auth_uri"])
    began = identity.now()
    identity.now = lambda: began + 601

    assert application.acquire_token_by_auth_code_flow(flow, brought)["error_codes"] == [70008]


def test_an_address_that_is_not_registered_gets_nothing(identity: Entra, person: Person) -> None:
    identity.signed_in = person
    flow = begin(identity, client(identity))
    identity.redirect_uris = {REDIRECT + "/"}
    answer = requests.get(flow["auth_uri"], allow_redirects=False, timeout=5)

    assert "Location" not in answer.headers
    assert "AADSTS50011" in answer.text


def test_a_person_of_another_tenant_cannot_use_this_ones_authority(identity: Entra, person: Person) -> None:
    identity.signed_in = person
    flow = begin(identity, client(identity, OTHER_TENANT_ID))
    answer = requests.get(flow["auth_uri"], allow_redirects=False, timeout=5)

    assert "AADSTS50020" in answer.text


def test_a_refresh_token_ends_when_its_person_leaves(identity: Entra, tenant: Tenant, person: Person) -> None:
    identity.signed_in = person
    application = client(identity)
    flow = begin(identity, application)
    answer = application.acquire_token_by_auth_code_flow(flow, follow(flow["auth_uri"])[1])
    assert "access_token" in application.acquire_token_by_refresh_token(answer["refresh_token"], [])
    tenant.people.remove(person)

    assert application.acquire_token_by_refresh_token(answer["refresh_token"], [])["error"] == "invalid_grant"


async def test_a_browser_picks_an_account_and_brings_the_code_by_form(identity: Entra, person: Person) -> None:
    flow = begin(identity, client(identity))
    async with chromium() as browser:
        page = await browser.new_page(ignore_https_errors=True)
        await page.route(f"{REDIRECT}*", lambda route: route.fulfill(body="signed in"))
        await page.goto(flow["auth_uri"])
        async with page.expect_request(REDIRECT) as brought:
            await page.get_by_role("button", name=person.upn).click()
        posted = dict(parse_qsl((await brought.value).post_data or ""))

    assert posted["state"] == flow["state"]
    assert client(identity).acquire_token_by_auth_code_flow(flow, posted)["id_token"]


def test_whoever_cancels_brings_an_error(identity: Entra, person: Person) -> None:
    identity.signed_in = person
    identity.declines = True
    flow = begin(identity, client(identity))

    assert follow(flow["auth_uri"])[1] == {
        "error": "access_denied",
        "error_description": "the user canceled the authentication",
        "state": flow["state"],
    }


def consent_url(identity: Entra, authority: str = "organizations") -> str:
    identity.redirect_uris.add(REDIRECT)
    query = f"client_id={APP_ID}&redirect_uri={REDIRECT}&state=s1&scope={identity.graph_url}/.default"
    return f"{identity.url}/{authority}/v2.0/adminconsent?{query}"


def test_an_administrator_consents_for_the_tenant(identity: Entra, tenant: Tenant) -> None:
    identity.signed_in = tenant.add("root@example.com", administrator=True)
    identity.required = {"User.ReadBasic.All"}
    tenant.knows_application, tenant.granted = False, set()
    status, brought = follow(consent_url(identity))

    assert status == 302
    assert brought["admin_consent"] == "True"
    assert (brought["tenant"], brought["state"]) == (TENANT_ID, "s1")
    answer = client(identity, TENANT_ID).acquire_token_for_client([f"{identity.graph_url}/.default"])
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    assert claims["roles"] == ["User.ReadBasic.All"]
    assert claims["iss"] == f"https://sts.windows.net/{TENANT_ID}/"


def test_consent_that_is_refused_or_asked_of_someone_else(identity: Entra, tenant: Tenant, person: Person) -> None:
    tenant.knows_application = False
    identity.signed_in = person
    assert follow(consent_url(identity)) == (200, {})
    identity.signed_in = tenant.add("root@example.com", administrator=True)
    identity.declines = True

    assert follow(consent_url(identity))[1]["error"] == "consent_required"
    assert not tenant.knows_application


async def test_an_administrator_reads_what_is_asked_before_accepting_or_not(identity: Entra, tenant: Tenant) -> None:
    administrator = tenant.add("root@example.com", administrator=True)
    identity.asks = True
    brought = []
    async with chromium() as browser:
        page = await browser.new_page(ignore_https_errors=True)
        await page.route(f"{REDIRECT}*", lambda route: route.fulfill(body="back"))
        await page.goto(consent_url(identity))
        await page.get_by_role("button", name=administrator.upn).click()
        for pressed in ("Accept", "Cancel"):
            await page.get_by_role("button", name=pressed).click()
            await page.wait_for_url(f"{REDIRECT}*")
            brought.append(dict(parse_qsl(urlsplit(page.url).query)))
            await page.goto(consent_url(identity))

    accepted, cancelled = brought
    assert (accepted["tenant"], cancelled["error"]) == (TENANT_ID, "consent_required")
    assert {accepted["state"], cancelled["state"]} == {"s1"}


def test_whoever_signs_out_comes_back_to_a_registered_address_only(identity: Entra, person: Person) -> None:
    identity.redirect_uris.add(REDIRECT)
    for address, status in ((REDIRECT, 302), ("https://evil.example.com/", 200)):
        identity.signed_in = person
        url = f"{identity.url}/{TENANT_ID}/oauth2/v2.0/logout?post_logout_redirect_uri={address}"
        assert requests.get(url, allow_redirects=False, timeout=5).status_code == status
        assert identity.signed_in is None


def test_an_application_is_unknown_where_nobody_has_consented(identity: Entra, tenant: Tenant) -> None:
    tenant.knows_application = False
    answer = client(identity, TENANT_ID).acquire_token_for_client([f"{identity.graph_url}/.default"])
    assert answer["error_codes"] == [700016]


@pytest.mark.parametrize("version", [1, 2])
def test_teams_tokens_verify_before_and_after_a_rotation(identity: Entra, person: Person, version: int) -> None:
    home = identity.home_of(person)
    before = identity.mint.sign(identity.mint.sso_claims(home, person, version=version))
    identity.keys.rotate()
    after = identity.mint.sign(identity.mint.sso_claims(home, person, version=version))
    for token in (before, after):
        key = jwt.PyJWKSet.from_dict(requests.get(f"{identity.url}/common/discovery/v2.0/keys", timeout=5).json())[
            jwt.get_unverified_header(token)["kid"]
        ]
        claims = jwt.decode(token, key, audience=[APP_ID, f"api://{APP_ID}"])
        assert (claims["oid"], claims["scp"]) == (person.object_id, "access_as_user")
        assert claims["upn" if version == 1 else "preferred_username"] == person.upn
    identity.keys.retire()
    published = requests.get(f"{identity.url}/common/discovery/v2.0/keys", timeout=5).json()["keys"]
    assert [key["kid"] for key in published] == [jwt.get_unverified_header(after)["kid"]]


# A signature, an audience, an issuer and an expiry are what PyJWT checks; the rest is left to whoever uses it.
CLAIMS_ONLY = {"without_scope", "other_scope", "id_token", "application_token", "without_object_id"}


@pytest.mark.parametrize("name", sorted(set(FORGERIES) - CLAIMS_ONLY))
def test_a_forgery_is_refused_by_a_strict_reader(identity: Entra, person: Person, name: str) -> None:
    with pytest.raises(jwt.PyJWTError):
        verified(identity, forge(identity, person, name))


@pytest.mark.parametrize("name", sorted(CLAIMS_ONLY - {"application_token"}))
def test_forgeries_of_claims_are_well_signed(identity: Entra, person: Person, name: str) -> None:
    claims = verified(identity, forge(identity, person, name))
    assert claims.get("scp") != "access_as_user" or "oid" not in claims
