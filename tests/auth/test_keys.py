"""The cache of signing keys: rotation, outages and floods."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from auth.keys import KeysUnavailable, SigningKeys
from tests.fakes.bot_framework import BotFramework, Key, bot_framework

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def issuer() -> AsyncIterator[BotFramework]:
    async with bot_framework() as running:
        yield running


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def keys(issuer: BotFramework, seconds: Seconds) -> AsyncIterator[SigningKeys]:
    async with ClientSession() as session:
        yield SigningKeys(session, issuer.metadata_url, seconds)


async def test_a_hundred_at_once_fetch_once(issuer: BotFramework, keys: SigningKeys) -> None:
    found = await asyncio.gather(*(keys.find("first") for _ in range(100)))
    assert all(found)
    assert issuer.fetches == 1


async def test_a_new_key_is_fetched_when_it_is_first_seen(
    issuer: BotFramework, keys: SigningKeys, seconds: Seconds
) -> None:
    await keys.find("first")
    issuer.rotate("second")
    seconds.now += 61
    assert await keys.find("second")
    assert await keys.find("first"), "the old key is still published"


async def test_unknown_key_ids_fetch_at_most_once_a_minute(
    issuer: BotFramework, keys: SigningKeys, seconds: Seconds
) -> None:
    await keys.find("first")
    assert [await keys.find(f"guess {n}") for n in range(50)] == [None] * 50
    assert issuer.fetches == 1
    seconds.now += 61
    assert [await keys.find(f"guess {n}") for n in range(50)] == [None] * 50
    assert issuer.fetches == 2


async def test_keys_are_fetched_again_after_a_day(issuer: BotFramework, keys: SigningKeys, seconds: Seconds) -> None:
    await keys.find("first")
    seconds.now += 24 * 3600 - 1
    await keys.find("first")
    assert issuer.fetches == 1
    issuer.keys = [Key("second")]
    seconds.now += 2
    assert await keys.find("first") is None, "a key that was withdrawn does not live on"
    assert issuer.fetches == 2


@pytest.mark.parametrize(
    ("status", "body"), [(500, None), (404, None), (302, None), (200, "<html>"), (200, "[" * 100_000), (200, "{}")]
)
async def test_known_keys_outlive_an_outage(
    issuer: BotFramework, keys: SigningKeys, seconds: Seconds, status: int, body: str | None
) -> None:
    await keys.find("first")
    issuer.status, issuer.body = status, body
    seconds.now += 25 * 3600
    assert await keys.find("first")
    assert await keys.find("unknown") is None


async def test_a_slow_issuer_holds_up_one_caller_only(
    issuer: BotFramework, keys: SigningKeys, seconds: Seconds
) -> None:
    await keys.find("first")
    issuer.open.clear()
    issuer.asked.clear()
    seconds.now += 25 * 3600
    waiting = asyncio.create_task(keys.find("first"))
    await issuer.asked.wait()
    assert await keys.find("first")
    assert not waiting.done()
    issuer.open.set()
    assert await waiting


async def test_without_any_key_the_first_fetch_is_tried_again_soon(
    issuer: BotFramework, keys: SigningKeys, seconds: Seconds
) -> None:
    issuer.status = 503
    with pytest.raises(KeysUnavailable):
        await keys.find("first")
    issuer.status = 200
    with pytest.raises(KeysUnavailable):
        await keys.find("first")
    seconds.now += 6
    assert await keys.find("first")


async def test_a_document_without_end_is_given_up(issuer: BotFramework, keys: SigningKeys) -> None:
    issuer.body = json.dumps({"keys": "A" * (2 * 1024 * 1024)})
    with pytest.raises(KeysUnavailable):
        await keys.find("first")


async def test_keys_elsewhere_by_plain_http_are_not_fetched(issuer: BotFramework, seconds: Seconds) -> None:
    async with ClientSession() as session:
        keys = SigningKeys(session, issuer.metadata_url, seconds)
        issuer.keys_url = "ftp://keys.example.com/keys"
        with pytest.raises(KeysUnavailable):
            await keys.find("first")


async def test_unusable_keys_do_not_spoil_the_others(issuer: BotFramework, keys: SigningKeys) -> None:
    good = issuer.keys[0].jwk
    listed = [
        7,
        {},
        good | {"kid": None},
        good | {"kid": "elliptic", "kty": "EC"},
        good | {"kid": "for encryption", "use": "enc"},
        good | {"kid": "broken", "n": "!"},
        good | {"kid": "weak", "n": "w" * 64},
        good | {"kid": "unendorsed", "endorsements": "msteams"},
        good,
    ]
    issuer.body = json.dumps({"jwks_uri": issuer.keys_url, "keys": listed})
    assert await keys.find("first")
    for unusable in ("elliptic", "for encryption", "broken", "weak"):
        assert await keys.find(unusable) is None
    unendorsed = await keys.find("unendorsed")
    assert unendorsed is not None
    assert not unendorsed.endorsements
