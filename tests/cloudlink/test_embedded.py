"""The embedded service keeps the contract, and does so on the store as intended."""

from __future__ import annotations

from dataclasses import asdict
from time import process_time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update

from cloudlink.model import Endpoint
from cloudlink.port import CloudLink, SignInRefused, TooManyAttempts, UnknownId
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.passwords import hash_password
from cloudlink.service.provision import Provisioning, known_as
from store.directory import Directory
from store.schema import accounts, endpoints, users
from tests.cloudlink.conftest import PASSWORD, Line, People
from tests.cloudlink.contract import ADDRESS, CloudLinkContract

if TYPE_CHECKING:
    from cloudlink.service.call_control import CallControl
    from store.database import Database
    from tests.conftest import SteppedClock


@pytest.fixture
def cloudlink(database: Database, calling: CallControl, clock: SteppedClock) -> CloudLink:
    return EmbeddedCloudLink(database, clock, control=calling)


class TestEmbeddedCloudLink(CloudLinkContract):
    """On the fixture above."""


@pytest.mark.parametrize("table", [users, accounts])
async def test_an_inactive_user_or_account_is_let_in_nowhere(
    database: Database, cloudlink: CloudLink, people: People, table: type
) -> None:
    await database.write(lambda connection: connection.execute(update(table).values(active=False)))

    with pytest.raises(SignInRefused):
        await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)
    for question in (cloudlink.account(people.desk.principal), cloudlink.user(people.desk.principal)):
        with pytest.raises(UnknownId):
            await question


async def test_one_email_opens_its_user_in_every_account_with_that_password(
    cloudlink: CloudLink, provisioning: Provisioning, people: People
) -> None:
    second = await provisioning.create_user(
        people.other_account.account_id, known_as("Front Desk", "desk@example.com", "299", PASSWORD)
    )
    await provisioning.create_user(people.other_account.account_id, known_as("Clerk", "clerk@example.com", "298", "x"))

    assert await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS) == [people.desk, second]


async def test_a_pause_ends_and_success_forgets_the_failures_of_the_email(
    cloudlink: CloudLink, people: People, clock: SteppedClock
) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await cloudlink.sign_in("desk@example.com", "wrong", address=ADDRESS)
    with pytest.raises(TooManyAttempts) as paused:
        await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)

    clock.advance(seconds=paused.value.retry_after)

    assert await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)
    with pytest.raises(SignInRefused):
        await cloudlink.sign_in("desk@example.com", "wrong", address=ADDRESS)


async def test_signing_in_oneself_between_guesses_does_not_open_the_address(
    cloudlink: CloudLink, people: People
) -> None:
    for guess in range(30):
        with pytest.raises(SignInRefused):
            await cloudlink.sign_in(f"user{guess}@example.com", "wrong", address=ADDRESS)
        if guess == 15:
            assert await cloudlink.sign_in("night@example.com", PASSWORD, address=ADDRESS)

    with pytest.raises(TooManyAttempts):
        await cloudlink.sign_in("night@example.com", PASSWORD, address=ADDRESS)
    assert await cloudlink.sign_in("night@example.com", PASSWORD, address="203.0.113.9")


async def test_a_hash_of_older_parameters_is_renewed_on_success(
    database: Database, cloudlink: CloudLink, people: People
) -> None:
    from argon2 import PasswordHasher

    old = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    await database.write(lambda connection: connection.execute(update(users).values(password_hash=old)))

    assert await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)

    ((_, renewed),) = await Directory(database).users_by_email("desk@example.com")
    ((_, untouched),) = await Directory(database).users_by_email("night@example.com")
    assert renewed is not None
    assert renewed.split("$")[3] == (await hash_password("x")).split("$")[3]
    assert untouched == old
    assert await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)


async def test_an_unknown_email_takes_as_long_as_a_wrong_password(cloudlink: CloudLink, people: People) -> None:
    # Processor time of all threads: what else the machine does would count in that of a clock.
    async def took(email: str) -> float:
        began = process_time()
        with pytest.raises(SignInRefused):
            await cloudlink.sign_in(email, "wrong", address=ADDRESS)
        return process_time() - began

    # In turns, so that whatever slows the machine down for a while slows down both.
    times = [(await took("desk@example.com"), await took("nobody@example.com")) for _ in range(4)]
    known, unknown = map(min, zip(*times, strict=True))

    # Without a comparison it would be a fiftieth.
    assert known / 3 < unknown < known * 3


async def test_a_stored_hash_that_is_damaged_is_a_wrong_password(
    database: Database, cloudlink: CloudLink, people: People
) -> None:
    await database.write(lambda connection: connection.execute(update(users).values(password_hash="damaged")))
    with pytest.raises(SignInRefused):
        await cloudlink.sign_in("desk@example.com", PASSWORD, address=ADDRESS)


async def test_tells_how_lines_of_colleagues_are_and_of_nobody_else(
    cloudlink: CloudLink, people: People, line: Line
) -> None:
    who = people.desk.principal
    everybody = [people.warehouse.principal_id, people.stranger.principal_id, "unknown"]
    await line(people.stranger, state="connected")
    for told, expected in {
        "ringing": "ringing",
        "held": "onCall",
        "idle": "idle",
        "outOfService": "unknown",
    }.items():
        await line(people.warehouse, state=told)
        assert await cloudlink.line_states(who, everybody) == {people.warehouse.principal_id: expected}
    await line(people.warehouse, dnd=True)
    (found,) = (await cloudlink.find_people(who, "warehouse")).items
    assert found.state == "doNotDisturb"


async def test_of_several_devices_the_busiest_counts(
    database: Database, cloudlink: CloudLink, people: People, line: Line
) -> None:
    await line(people.warehouse, state="idle")
    rows = [
        {**asdict(Endpoint(state, people.account.account_id, people.warehouse.principal_id, state)), "state": state}
        for state in ("idle", "connected", "ringing")
    ]
    await database.write(lambda connection: connection.execute(insert(endpoints), rows))
    (found,) = (await cloudlink.find_people(people.desk.principal, "warehouse")).items
    assert found.state == "onCall"
