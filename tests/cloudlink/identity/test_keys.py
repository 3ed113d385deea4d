"""Signing keys on both databases: one for all processes, replaced without breaking tokens."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import jwt
import pytest
from sqlalchemy import select

from cloudlink.service.identity.keys import Keys
from store.database import open_database
from store.schema import signing_keys
from store.vault import UnreadableSecret, Vault, new_key

if TYPE_CHECKING:
    from store.database import Database
    from tests.conftest import SteppedClock


@pytest.fixture
def keys(database: Database, vault: Vault, clock: SteppedClock) -> Keys:
    """They make keys as in production."""
    return Keys(database, vault, clock)


async def _stored(database: Database) -> int:
    return len(await database.read(select(signing_keys.c.kid)))


async def test_processes_that_begin_at_once_sign_with_one_key(
    database: Database, database_url: str, vault: Vault, clock: SteppedClock
) -> None:
    other = await open_database(database_url)

    first, second, third = await asyncio.gather(
        Keys(database, vault, clock).signing(),
        Keys(other, vault, clock).signing(),
        Keys(database, vault, clock).signing(),
    )
    await other.close()

    assert first.kid == second.kid == third.kid
    assert await _stored(database) == 1


async def test_the_private_key_is_not_readable_in_the_database(database: Database, keys: Keys) -> None:
    await keys.signing()

    ((stored,),) = await database.read(select(signing_keys.c.private_key_encrypted))

    assert "PRIVATE" not in stored
    with pytest.raises(UnreadableSecret):
        await Keys(database, Vault([new_key()])).signing()


async def test_the_key_set_holds_public_numbers_alone(keys: Keys) -> None:
    (jwk,) = (await keys.public())["keys"]

    assert set(jwk) == {"kty", "n", "e", "kid", "use", "alg"}
    assert jwt.PyJWK(jwk).key.key_size == 2048


async def test_a_new_key_signs_and_the_old_one_stays_until_its_tokens_are_over(
    keys: Keys, database: Database, vault: Vault, clock: SteppedClock
) -> None:
    other = Keys(database, vault, clock)
    old = await keys.signing()
    assert (await other.signing()).kid == old.kid
    clock.advance(seconds=1)

    await keys.rotate()

    new = await keys.signing()
    assert new.kid != old.kid
    assert {jwk["kid"] for jwk in (await keys.public())["keys"]} == {old.kid, new.kid}
    assert await keys.verifying(old.kid) is not None
    # Another process verifies with the new key at once, and signs with it within a minute.
    assert await other.verifying(new.kid) is not None
    clock.advance(minutes=1)
    assert (await other.signing()).kid == new.kid
    clock.advance(days=2)
    assert [jwk["kid"] for jwk in (await keys.public())["keys"]] == [new.kid]


async def test_a_key_signs_for_ninety_days(keys: Keys, database: Database, clock: SteppedClock) -> None:
    old = await keys.signing()
    clock.advance(days=90)

    assert (await keys.signing()).kid != old.kid
    clock.advance(days=3)
    await keys.rotate()
    assert await keys.verifying(old.kid) is None
    assert await _stored(database) == 2


async def test_an_unknown_key_is_nobodys(keys: Keys) -> None:
    assert await keys.verifying("unknown") is None
