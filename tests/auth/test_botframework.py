"""The bearer of ``/api/messages``, judged against a real issuer on loopback."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession
from cryptography.hazmat.primitives import serialization

from auth.botframework import (
    ConnectorVerifier,
    InvalidToken,
    NotEndorsed,
    NoToken,
    NotVerifiable,
    WrongServiceUrl,
)
from auth.keys import SigningKeys
from auth.service_urls import TEAMS_HOSTS, ServiceUrls
from tests.fakes.bot_framework import ISSUER, BotFramework, Key, bot_framework

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

APP_ID = "00000000-0000-0000-0000-0000000000a1"
EMEA = "https://smba.trafficmanager.net/emea/"
ACTIVITY = {"serviceUrl": EMEA, "channelId": "msteams"}


@pytest.fixture
async def issuer() -> AsyncIterator[BotFramework]:
    async with bot_framework() as running:
        yield running


@pytest.fixture
async def verifier(issuer: BotFramework) -> AsyncIterator[ConnectorVerifier]:
    async with ClientSession() as session:
        keys = SigningKeys(session, issuer.metadata_url)
        yield ConnectorVerifier(keys, ServiceUrls(TEAMS_HOSTS), app_id=APP_ID, issuer=ISSUER)


async def test_a_token_of_the_connector_is_accepted(issuer: BotFramework, verifier: ConnectorVerifier) -> None:
    await verifier.verify(f"Bearer {issuer.token(APP_ID, EMEA)}", ACTIVITY)


async def test_the_scheme_may_be_written_in_any_case_and_the_url_without_its_last_slash(
    issuer: BotFramework, verifier: ConnectorVerifier
) -> None:
    await verifier.verify(f"bearer {issuer.token(APP_ID, EMEA.rstrip('/'))}", ACTIVITY)


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic dTpw", "eyJh.eyJh.c2ln"])
async def test_without_a_bearer_nobody_is_served(verifier: ConnectorVerifier, authorization: str | None) -> None:
    with pytest.raises(NoToken):
        await verifier.verify(authorization, ACTIVITY)


@pytest.mark.parametrize(
    "token", ["x", "a.b.c", "....", "e30.e30.e30", "\udcff.a.b", "é.é.é", "A" * 9000, "W1tb" * 1900 + ".e30.e30"]
)
async def test_garbage_is_no_token(verifier: ConnectorVerifier, token: str) -> None:
    with pytest.raises(InvalidToken):
        await verifier.verify(f"Bearer {token}", ACTIVITY)


async def test_an_unsigned_token_is_refused_without_asking_for_keys(
    issuer: BotFramework, verifier: ConnectorVerifier
) -> None:
    unsigned = f"{_encoded({'alg': 'none', 'typ': 'JWT', 'kid': 'first'})}.{_encoded(_claims())}."
    with pytest.raises(InvalidToken):
        await verifier.verify(f"Bearer {unsigned}", ACTIVITY)
    assert issuer.fetches == 0


async def test_the_public_key_is_no_shared_secret(issuer: BotFramework, verifier: ConnectorVerifier) -> None:
    """HS256 with the published key as its secret, which a library that trusts ``alg`` would accept."""
    public = issuer.keys[0].private.public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = _encoded({"alg": "HS256", "typ": "JWT", "kid": "first"}) + "." + _encoded(_claims())
    signature = base64.urlsafe_b64encode(hmac.new(pem, head.encode(), hashlib.sha256).digest()).decode().rstrip("=")
    with pytest.raises(InvalidToken):
        await verifier.verify(f"Bearer {head}.{signature}", ACTIVITY)


async def test_a_changed_token_is_refused(issuer: BotFramework, verifier: ConnectorVerifier) -> None:
    head, _, signature = issuer.token("another-bot", EMEA).split(".")
    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        await verifier.verify(f"Bearer {head}.{_encoded(_claims())}.{signature}", ACTIVITY)


async def test_a_key_that_only_borrows_the_id_is_refused(issuer: BotFramework, verifier: ConnectorVerifier) -> None:
    with pytest.raises(InvalidToken, match="InvalidSignatureError"):
        await verifier.verify(f"Bearer {issuer.token(APP_ID, EMEA, key=Key('first'))}", ACTIVITY)


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"exp": int(time.time()) - 400}, "ExpiredSignatureError"),
        ({"nbf": int(time.time()) + 4000}, "ImmatureSignatureError"),
        ({"aud": "00000000-0000-0000-0000-0000000000b2"}, "InvalidAudienceError"),
        ({"iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000000/"}, "InvalidIssuerError"),
        ({"exp": None}, "MissingRequiredClaimError"),
        ({"iss": None}, "MissingRequiredClaimError"),
        ({"aud": None}, "MissingRequiredClaimError"),
        ({"serviceurl": None}, "MissingRequiredClaimError"),
    ],
)
async def test_each_claim_counts(
    issuer: BotFramework, verifier: ConnectorVerifier, changes: Mapping[str, object], cause: str
) -> None:
    with pytest.raises(InvalidToken, match=cause):
        await verifier.verify(f"Bearer {issuer.token(APP_ID, EMEA, changes=changes)}", ACTIVITY)


async def test_clocks_may_differ_by_five_minutes(issuer: BotFramework, verifier: ConnectorVerifier) -> None:
    await verifier.verify(f"Bearer {issuer.token(APP_ID, EMEA, valid_for=-240)}", ACTIVITY)


@pytest.mark.parametrize("service_url", [None, 7, "https://smba.trafficmanager.net/amer/", "https://evil.example.com/"])
async def test_an_activity_of_another_service_url_is_refused(
    issuer: BotFramework, verifier: ConnectorVerifier, service_url: object
) -> None:
    with pytest.raises(WrongServiceUrl):
        await verifier.verify(f"Bearer {issuer.token(APP_ID, EMEA)}", ACTIVITY | {"serviceUrl": service_url})


async def test_a_signed_service_url_must_be_on_the_list_too(issuer: BotFramework, verifier: ConnectorVerifier) -> None:
    foreign = "https://smba.example.com/emea/"
    with pytest.raises(WrongServiceUrl, match="allow-list"):
        await verifier.verify(f"Bearer {issuer.token(APP_ID, foreign)}", ACTIVITY | {"serviceUrl": foreign})


@pytest.mark.parametrize("channel", ["directline", "", None, ["msteams"]])
async def test_a_key_speaks_only_for_its_channels(
    issuer: BotFramework, verifier: ConnectorVerifier, channel: object
) -> None:
    with pytest.raises(NotEndorsed):
        await verifier.verify(f"Bearer {issuer.token(APP_ID, EMEA)}", ACTIVITY | {"channelId": channel})


async def test_without_keys_the_fault_is_ours(issuer: BotFramework, verifier: ConnectorVerifier) -> None:
    issuer.status = 500
    with pytest.raises(NotVerifiable) as refused:
        await verifier.verify(f"Bearer {issuer.token(APP_ID, EMEA)}", ACTIVITY)
    assert refused.value.status == 503


async def test_the_log_tells_the_cause_and_not_the_token(
    issuer: BotFramework, verifier: ConnectorVerifier, caplog: pytest.LogCaptureFixture
) -> None:
    token = issuer.token(APP_ID, EMEA, changes={"aud": "another"})
    with caplog.at_level(logging.DEBUG), pytest.raises(InvalidToken):
        await verifier.verify(f"Bearer {token}", ACTIVITY)
    told = [vars(record) for record in caplog.records if record.name == "auth.botframework"]
    assert [(record["cause"], record["detail"]) for record in told] == [("InvalidToken", "InvalidAudienceError")]
    assert token.split(".")[2] not in str(told)


def test_an_empty_app_id_is_no_audience() -> None:
    with pytest.raises(ValueError, match="anybody"):
        ConnectorVerifier(None, None, app_id="", issuer=ISSUER)  # type: ignore[arg-type]


def _claims() -> dict[str, Any]:
    return {"iss": ISSUER, "aud": APP_ID, "serviceurl": EMEA, "exp": int(time.time()) + 3600}


def _encoded(part: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
