"""One company, its people and their telephones; and another company that must never be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import pytest
from sqlalchemy import update

from cloudlink.administration.accounts import NewAccount
from cloudlink.gateway_key import GatewayKey, audience
from cloudlink.model import Account, Call, DialSettings, Direction, User
from cloudlink.service import facts
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from cloudlink.service.passwords import hash_password
from cloudlink.service.provision import Provisioning, known_as
from cloudlink.uplink import CallRecorded, Challenge, Entry, Proof, Publish, decode, encode
from store.outbox import Outbox
from store.schema import users
from tests.cloudlink.telephones import PER_MINUTE, Telephones
from tests.lines import show_line

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from aiohttp import ClientWebSocketResponse
    from yarl import URL

    from cloudlink.uplink import Fact
    from store.database import Database
    from tests.conftest import SteppedClock

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class People:
    """Two accounts: ``desk`` and ``warehouse`` share one, ``stranger`` is alone in the other."""

    account: Account
    desk: User
    warehouse: User
    other_account: Account
    stranger: User


class Record(Protocol):
    """Stores a call of a user as the uplink would."""

    def __call__(self, user: User, call: Call) -> Awaitable[None]: ...


class AddPerson(Protocol):
    """Makes a user of the account that ``desk`` has."""

    def __call__(self, name: str, extension: str, mobile: str | None = None) -> Awaitable[User]: ...


class Line(Protocol):
    """Stores what the uplink tells of a user's line."""

    def __call__(self, user: User, *, state: str | None = None, dnd: bool | None = None) -> Awaitable[None]: ...


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


@pytest.fixture
def outbox(database: Database, clock: SteppedClock) -> Outbox:
    return Outbox(database, clock)


@pytest.fixture
def provisioning(database: Database, outbox: Outbox, clock: SteppedClock) -> Provisioning:
    return Provisioning(database, outbox, clock)


@pytest.fixture
async def password_hash() -> str:
    """Of ``PASSWORD``."""
    return await hash_password(PASSWORD)


async def two_companies(provisioning: Provisioning) -> People:
    """Nobody of them can sign in."""
    account = await provisioning.create_account(
        NewAccount("Main Office", "fr-FR", "Europe/Paris", dialing=DialSettings(barred_prefixes=("+33899",)))
    )
    other = await provisioning.create_account(NewAccount("Other Office"))
    return People(
        account=account,
        desk=await provisioning.create_user(account.account_id, known_as("Front Desk", "desk@example.com", "201")),
        warehouse=await provisioning.create_user(
            account.account_id, known_as("Warehouse", "warehouse@example.com", "202")
        ),
        other_account=other,
        stranger=await provisioning.create_user(other.account_id, known_as("Night Desk", "night@example.com", "201")),
    )


@pytest.fixture
async def people(database: Database, provisioning: Provisioning, password_hash: str) -> People:
    """All but the warehouse can sign in with ``PASSWORD``."""
    people = await two_companies(provisioning)
    have_password = update(users).where(users.c.extension == "201").values(password_hash=password_hash)
    await database.write(lambda connection: connection.execute(have_password))
    return people


@pytest.fixture
def record(database: Database, clock: SteppedClock) -> Record:
    async def record(user: User, call: Call) -> None:
        assert user.extension is not None
        fact = CallRecorded(user.extension, call)
        await database.write(lambda connection: facts.write(connection, user.account_id, [fact], clock()))

    return record


@pytest.fixture
def add_person(provisioning: Provisioning, people: People) -> AddPerson:
    async def add(name: str, extension: str, mobile: str | None = None) -> User:
        new = replace(known_as(name, f"{extension}@example.com", extension), mobile=mobile)
        return await provisioning.create_user(people.account.account_id, new)

    return add


@pytest.fixture
def line(database: Database, outbox: Outbox, clock: SteppedClock) -> Line:
    async def line(user: User, *, state: str | None = None, dnd: bool | None = None) -> None:
        clock.advance(seconds=1)
        await show_line(database, user, clock(), state=state, dnd=dnd)
        outbox.wake()

    return line


@pytest.fixture
def commands(database: Database, clock: SteppedClock) -> Commands:
    """Those of the one server."""
    return Commands(database, clock)


@pytest.fixture
def calling(database: Database, commands: Commands, clock: SteppedClock) -> CallControl:
    return CallControl(database, commands, per_minute=PER_MINUTE, now=clock)


@pytest.fixture
def telephones(
    database: Database, provisioning: Provisioning, clock: SteppedClock, people: People, commands: Commands
) -> Telephones:
    """Of ``people.account``."""
    return Telephones(database, provisioning, clock, people.account.account_id, commands)


def inbound(call_id: str, minute: int = 0, *, answered: bool = True, caller: str | None = "+33199000001") -> Call:
    """An incoming call to 201 at 9 o'clock and so many minutes."""
    return Call(
        call_id,
        Direction.INBOUND,
        datetime(2026, 3, 2, 9 + minute // 60, minute % 60, tzinfo=UTC),
        from_=caller,
        from_number_e164=caller is not None and caller.startswith("+"),
        to="201",
        completed=answered,
        ring_time=4.0,
        billing_time=60.0 if answered else 0.0,
    )


def outbound(call_id: str, minute: int = 0) -> Call:
    """An outgoing call from 201 at 9 o'clock and so many minutes."""
    at = datetime(2026, 3, 2, 9 + minute // 60, minute % 60, tzinfo=UTC)
    return Call(call_id, Direction.OUTBOUND, at, from_="201", to="+33199000002", to_number_e164=True, completed=True)


def publish(sequence: int, fact: Fact) -> Publish:
    """The fact alone, as what follows the number before its own."""
    return Publish(sequence - 1, (Entry(sequence, fact),))


async def prove(socket: ClientWebSocketResponse, url: URL, gateway_id: str, key: str) -> None:
    """Says who the gateway is, by its private key, as one does that reaches CloudLink at ``url``."""
    challenge = decode(await socket.receive_str(timeout=10))
    assert isinstance(challenge, Challenge)
    here = audience(str(url))
    signature = GatewayKey(key).prove(gateway_id, here, challenge.nonce)
    await socket.send_str(encode(Proof(gateway_id, here, signature)))
