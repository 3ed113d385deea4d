"""Our own token, asked for by MSAL at a real https endpoint on loopback."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from auth.outbound import ConnectorTokens, TokenUnavailable
from auth.service_urls import TEAMS_HOSTS, ForeignServiceUrl, ServiceUrls
from graph.tokens import Registration
from tests.fakes.entra import Entra, Tenant, entra

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

APP_ID = "00000000-0000-0000-0000-0000000000a1"
TENANT = "00000000-0000-0000-0000-0000000000c3"
SECRET = "a secret of the registration"
EMEA = "https://smba.trafficmanager.net/emea/"


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Entra]:
    with entra(tmp_path, APP_ID, SECRET, Tenant(TENANT)) as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.certificate))
        yield running


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def tokens(identity: Entra, seconds: Seconds, *, tenant: str = TENANT, secret: str = SECRET) -> ConnectorTokens:
    registration = Registration(APP_ID, identity.url, secret)
    return ConnectorTokens(
        registration, ServiceUrls(TEAMS_HOSTS), tenant_id=tenant, resource="https://api.botframework.com", clock=seconds
    )


async def test_a_single_tenant_bot_asks_its_own_tenant(identity: Entra, seconds: Seconds) -> None:
    assert [await tokens(identity, seconds).bearer(EMEA)] == identity.issued
    (grant,) = identity.grants
    assert identity.authorities == [TENANT]
    assert grant["grant_type"] == "client_credentials"
    assert grant["scope"] == "https://api.botframework.com/.default"


async def test_a_multi_tenant_bot_asks_the_tenant_of_the_bot_framework(identity: Entra, seconds: Seconds) -> None:
    assert await tokens(identity, seconds, tenant="").bearer(EMEA)
    assert identity.authorities == ["botframework.com"]


async def test_fifty_replies_at_once_share_one_token(identity: Entra, seconds: Seconds) -> None:
    ours = tokens(identity, seconds)
    assert set(await asyncio.gather(*(ours.bearer(EMEA) for _ in range(50)))) == set(identity.issued)
    assert len(identity.grants) == 1


async def test_a_token_is_replaced_five_minutes_before_it_ends(identity: Entra, seconds: Seconds) -> None:
    ours = tokens(identity, seconds)
    first = await ours.bearer(EMEA)
    seconds.now += 3299
    assert await ours.bearer(EMEA) == first
    seconds.now += 2
    assert [first, await ours.bearer(EMEA)] == identity.issued


async def test_no_token_for_a_foreign_service(identity: Entra, seconds: Seconds) -> None:
    with pytest.raises(ForeignServiceUrl):
        await tokens(identity, seconds).bearer("https://evil.example.com/")
    assert identity.grants == []


async def test_a_wrong_secret_is_told_by_its_code_and_never_by_its_value(
    identity: Entra, seconds: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), pytest.raises(TokenUnavailable) as refused:
        await tokens(identity, seconds, secret="wrong secret").bearer(EMEA)
    assert refused.value.code == "invalid_client"
    assert "wrong secret" not in "".join(str(vars(record)) for record in caplog.records)


async def test_an_outage_is_asked_about_every_ten_seconds_and_is_over_when_entra_answers(
    identity: Entra, seconds: Seconds
) -> None:
    ours = tokens(identity, seconds)
    identity.broken = True
    for _ in range(3):
        with pytest.raises(TokenUnavailable, match="unreachable"):
            await ours.bearer(EMEA)
    asked = len(identity.grants)
    identity.broken = False
    with pytest.raises(TokenUnavailable):
        await ours.bearer(EMEA)
    assert len(identity.grants) == asked
    seconds.now += 11
    assert await ours.bearer(EMEA)


async def test_a_token_serves_to_its_end_while_entra_is_broken(identity: Entra, seconds: Seconds) -> None:
    ours = tokens(identity, seconds)
    first = await ours.bearer(EMEA)
    identity.broken = True
    seconds.now += 3400
    assert await ours.bearer(EMEA) == first
    seconds.now += 201
    with pytest.raises(TokenUnavailable):
        await ours.bearer(EMEA)
