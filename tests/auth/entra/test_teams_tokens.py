"""Tokens of Teams say who its user is; forged and borrowed ones say nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from auth.entra.teams_tokens import TeamsTokens, TokenRefused, metadata_url
from auth.keys import SigningKeys
from cloudlink.identity import EntraIdentity
from cloudlink.port import CloudLinkUnavailable
from tests.auth.entra.conftest import APP_ID
from tests.fakes.entra import FORGERIES, Entra, Person, Tenant, forge

if TYPE_CHECKING:
    from aiohttp import ClientSession


class Monotonic:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def seconds() -> Monotonic:
    return Monotonic()


@pytest.fixture
def tokens(session: ClientSession, identity: Entra, seconds: Monotonic) -> TeamsTokens:
    keys = SigningKeys(session, metadata_url(identity.url), seconds)
    return TeamsTokens(keys, [APP_ID, f"api://{APP_ID}"], entra_url=identity.url)


@pytest.mark.parametrize("version", [1, 2])
async def test_both_versions_name_the_person(
    tokens: TeamsTokens, identity: Entra, tenant: Tenant, desk: Person, version: int
) -> None:
    token = identity.mint.sign(identity.mint.sso_claims(tenant, desk, version=version))

    assert await tokens.verify(token) == EntraIdentity(
        tenant.tenant_id, desk.object_id, "desk@example.com", None, "Front Desk"
    )


@pytest.mark.parametrize("version", [1, 2])
async def test_guests_are_told_from_members(
    tokens: TeamsTokens, identity: Entra, tenant: Tenant, desk: Person, version: int
) -> None:
    desk.home = "99999999-0000-4000-8000-000000000000"
    claims = identity.mint.sso_claims(tenant, desk, version=version)
    assert (await tokens.verify(identity.mint.sign(claims))).guest
    for issuer in (claims["iss"], f"https://sts.windows.net/{tenant.tenant_id.upper()}/"):
        member = {**claims, "idp": issuer}
        assert not (await tokens.verify(identity.mint.sign(member))).guest


# The tenant decides nothing here: whoever maps the identity to a user asks whose tenant it is.
@pytest.mark.parametrize("name", sorted(set(FORGERIES) - {"foreign_tenant"}))
async def test_forged_tokens_are_refused_and_not_logged(
    tokens: TeamsTokens, identity: Entra, desk: Person, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    token = forge(identity, desk, name)
    with caplog.at_level(logging.DEBUG), pytest.raises(TokenRefused):
        await tokens.verify(token)
    assert "refused" in caplog.text
    assert token not in caplog.text


async def test_a_foreign_tenant_is_told_as_what_it_is(tokens: TeamsTokens, identity: Entra, desk: Person) -> None:
    foreign = await tokens.verify(forge(identity, desk, "foreign_tenant"))
    assert foreign.tenant_id != identity.home_of(desk).tenant_id


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "é", "x" * 9000, "eyJhbGciOiJub25lIn0.e30."])
async def test_what_is_no_token_asks_for_no_keys(tokens: TeamsTokens, identity: Entra, token: str) -> None:
    with pytest.raises(TokenRefused):
        await tokens.verify(token)
    assert identity.fetches == 0


async def test_a_key_that_was_rotated_in_is_fetched(
    tokens: TeamsTokens, identity: Entra, tenant: Tenant, desk: Person, seconds: Monotonic
) -> None:
    await tokens.verify(identity.mint.sign(identity.mint.sso_claims(tenant, desk)))
    identity.keys.rotate()
    seconds.seconds += 61
    await tokens.verify(identity.mint.sign(identity.mint.sso_claims(tenant, desk)))
    assert identity.fetches == 2


async def test_without_keys_nobody_is_told_wrong(
    session: ClientSession, identity: Entra, tenant: Tenant, desk: Person
) -> None:
    keys = SigningKeys(session, metadata_url(identity.url).replace("organizations", "nobody"))
    tokens = TeamsTokens(keys, [APP_ID], entra_url=identity.url)
    with pytest.raises(CloudLinkUnavailable):
        await tokens.verify(identity.mint.sign(identity.mint.sso_claims(tenant, desk)))


def test_no_audience_is_a_mistake(session: ClientSession) -> None:
    with pytest.raises(ValueError, match="audience"):
        TeamsTokens(SigningKeys(session, "https://x"), [""], entra_url="https://x")
