"""Whose telephone is shown and whose is not: one reason each, by name, page by page, and counted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update

from cloudlink.administration.gateways import PbxModel
from cloudlink.administration.users import TelephonyRole
from presence import people as presence_people
from presence.model import NotSynced, Person
from store.schema import endpoints, gateways, presence_matches, users
from tests.cloudlink.conftest import add_person, outbox, password_hash, people, provisioning
from tests.graph.conftest import OTHER_TENANT_ID, TENANT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Executable

    from cloudlink.model import User
    from presence.model import People as Page
    from store.database import Database
    from tests.cloudlink.conftest import AddPerson, People
    from tests.conftest import SteppedClock

__all__ = ["add_person", "outbox", "password_hash", "people", "provisioning"]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


class Switchboard:
    """An account with gateways that tell of its telephones, and people of a tenant that its users are found to be."""

    def __init__(self, database: Database, clock: SteppedClock, account_id: str) -> None:
        self.database = database
        self.clock = clock
        self.account_id = account_id

    async def execute(self, statement: Executable) -> None:
        await self.database.write(lambda connection: connection.execute(statement))

    async def gateway(self, gateway_id: str, pbx: str = PbxModel.OFFICE_400, *, linked: bool = True) -> None:
        """One that has been linked for long, or is not."""
        now = self.clock()
        row = {
            "gateway_id": gateway_id,
            "account_id": self.account_id,
            "pbx": pbx,
            "created_on": now,
            "seen_at": now,
            "linked_since": now - timedelta(hours=1) if linked else None,
        }
        await self.execute(insert(gateways).values(**row))

    async def tell(self, user: User, gateway_id: str | None, state: str = "idle") -> None:
        of_them = endpoints.c.principal_id == user.principal_id
        told = {"told_by": gateway_id, "state": state, "changed_at": self.clock()}
        await self.execute(update(endpoints).where(of_them).values(**told))

    async def match(self, user: User, reason: str | None = None, *, changed: dict[str, object] | None = None) -> None:
        row = {
            "account_id": self.account_id,
            "principal_id": user.principal_id,
            "tenant_id": TENANT_ID,
            "object_id": None if reason else f"object of {user.name}"[:36],
            "reason": reason,
            "email_folded": user.email,
            "checked_on": self.clock(),
        }
        await self.execute(insert(presence_matches).values(**row | (changed or {})))

    async def change(self, user: User, **values: object) -> None:
        await self.execute(update(users).where(users.c.principal_id == user.principal_id).values(**values))

    async def page(self, limit: int = 50, **asked: object) -> Page:
        asked = {"only_not_synced": False} | asked
        return await presence_people.page(
            self.database,
            self.account_id,
            TENANT_ID,
            self.clock(),
            limit=limit,
            **asked,  # type: ignore[arg-type]
        )

    async def reasons(self) -> dict[str, NotSynced | None]:
        """By name."""
        return {person.name: person.reason for person in (await self.page()).people}

    async def counts(self) -> tuple[int, Mapping[NotSynced, int]]:
        return await presence_people.counts(self.database, self.account_id, TENANT_ID, self.clock())


@pytest.fixture
async def board(database: Database, clock: SteppedClock, people: People) -> Switchboard:
    return Switchboard(database, clock, people.account.account_id)


@pytest.fixture
async def office(board: Switchboard, people: People) -> Switchboard:
    """The gateway of a MiVoice Office 400 is there; both users are somebody of the tenant."""
    await board.gateway("g1")
    for user in (people.desk, people.warehouse):
        await board.match(user)
        await board.tell(user, "g1")
    return board


async def test_whoever_has_somebody_in_the_tenant_and_a_line_that_is_known_is_in_sync(office: Switchboard) -> None:
    assert await office.reasons() == {"Front Desk": None, "Warehouse": None}
    assert await office.counts() == (2, {})
    assert (await office.page(only_not_synced=True)).people == []


@pytest.mark.parametrize(
    ("reason", "candidate", "shown"),
    [
        (NotSynced.NOBODY, "desk@new.example", "desk@new.example"),
        (NotSynced.NOBODY, None, ""),
        (NotSynced.SEVERAL, "desk@example.com", "desk@example.com"),
        (NotSynced.TAKEN, "desk@example.com", "desk@example.com"),
        (NotSynced.NO_EMAIL, None, ""),
        (NotSynced.NOT_MATCHED_YET, None, ""),
    ],
)
async def test_whoever_is_nobody_is_told_why_and_who_it_may_be(
    board: Switchboard, people: People, reason: NotSynced, candidate: str | None, shown: str
) -> None:
    await board.gateway("g1", linked=False)
    await board.match(people.desk, reason, changed={"candidate": candidate})
    await board.match(people.warehouse)
    desk = people.desk
    page = await board.page(reason=reason)
    assert page.people == [Person(desk.principal_id, desk.name, desk.email, desk.extension, reason, shown)]
    assert await board.counts() == (0, {reason: 1, NotSynced.GATEWAY_AWAY: 1})


@pytest.mark.parametrize("changed", [{"tenant_id": OTHER_TENANT_ID}, {"email_folded": "old@example.com"}])
async def test_who_they_were_in_another_tenant_or_by_another_address_is_no_matter(
    board: Switchboard, people: People, changed: dict[str, object]
) -> None:
    await board.gateway("g1")
    await board.tell(people.desk, "g1")
    await board.match(people.desk, changed=changed)
    assert (await board.reasons())["Front Desk"] == NotSynced.NOT_MATCHED_YET


async def test_without_an_extension_there_is_no_telephone_and_who_is_not_active_is_not_listed(
    office: Switchboard, people: People
) -> None:
    await office.change(people.desk, extension=None)
    await office.change(people.warehouse, active=False)
    assert await office.reasons() == {"Front Desk": NotSynced.NO_TELEPHONE}
    assert await office.counts() == (0, {NotSynced.NO_TELEPHONE: 1})


async def test_where_the_pbx_asks_for_a_role_only_its_holders_are_in_sync(office: Switchboard, people: People) -> None:
    await office.execute(update(gateways).values(pbx=PbxModel.MIVOICE_5000))
    await office.change(people.desk, telephony_role=TelephonyRole.CTI)
    assert await office.reasons() == {"Front Desk": None, "Warehouse": NotSynced.NO_ROLE}


async def test_a_role_that_no_pbx_asks_for_is_as_none_whatever_roles_others_hold(
    office: Switchboard, people: People
) -> None:
    await office.gateway("g2", PbxModel.MX_ONE)
    await office.change(people.desk, telephony_role=TelephonyRole.CTI)
    await office.change(people.stranger, telephony_role=TelephonyRole.CTI)
    await office.change(people.warehouse, telephony_role=TelephonyRole.USER)
    await office.tell(people.warehouse, "g2")
    assert await office.reasons() == {"Front Desk": None, "Warehouse": None}


async def test_a_mivoice_business_tells_nothing_whoever_its_users_are(board: Switchboard, people: People) -> None:
    await board.gateway("g1", PbxModel.BUSINESS)
    await board.match(people.desk)
    await board.tell(people.warehouse, "g1")
    silent = NotSynced.PBX_TELLS_NOTHING
    assert await board.reasons() == {"Front Desk": silent, "Warehouse": silent}

    # Beside another PBX it is to blame for those of whom that one has told nothing.
    await board.gateway("g2")
    await board.tell(people.desk, "g2")
    await board.tell(people.warehouse, None)
    assert await board.reasons() == {"Front Desk": None, "Warehouse": silent}
    await board.execute(update(gateways).where(gateways.c.gateway_id == "g2").values(linked_since=None))
    assert await board.reasons() == {"Front Desk": NotSynced.GATEWAY_AWAY, "Warehouse": NotSynced.NOT_MATCHED_YET}


async def test_a_line_is_unknown_while_its_gateway_is_away_and_until_it_has_told(
    office: Switchboard, people: People, clock: SteppedClock
) -> None:
    await office.tell(people.warehouse, "g1", "unknown")
    assert await office.reasons() == {"Front Desk": None, "Warehouse": NotSynced.NOT_TOLD}

    just_back = update(gateways).values(linked_since=clock() - timedelta(seconds=1))
    await office.execute(just_back)
    assert await office.reasons() == dict.fromkeys(("Front Desk", "Warehouse"), NotSynced.NOT_TOLD)

    clock.advance(minutes=4)
    assert await office.reasons() == dict.fromkeys(("Front Desk", "Warehouse"), NotSynced.GATEWAY_AWAY)


async def test_a_gateway_that_is_gone_or_never_was_is_away(office: Switchboard, people: People) -> None:
    await office.tell(people.desk, "another")
    assert (await office.reasons())["Front Desk"] == NotSynced.NOT_TOLD
    await office.execute(gateways.delete())
    assert await office.reasons() == dict.fromkeys(("Front Desk", "Warehouse"), NotSynced.GATEWAY_AWAY)


async def test_one_telephone_of_several_is_enough(office: Switchboard, people: People) -> None:
    await office.gateway("g2", linked=False)
    second = {
        "account_id": office.account_id,
        "endpoint_id": "second",
        "principal_id": people.desk.principal_id,
        "name": "901",
        "type": "deskphone",
        "state": "idle",
        "user_availability": "available",
        "message_waiting": False,
        "dnd": False,
        "told_by": "g2",
    }
    await office.execute(insert(endpoints).values(**second))
    assert (await office.reasons())["Front Desk"] is None
    await office.tell(people.desk, "g2")
    assert (await office.reasons())["Front Desk"] == NotSynced.GATEWAY_AWAY
    assert len((await office.page()).people) == 2


async def test_pages_follow_each_other_by_name(office: Switchboard, people: People, add_person: AddPerson) -> None:
    for number in range(300, 307):
        user = await add_person(f"Person {number % 3}", str(number))
        if number % 2:
            await office.match(user)
            await office.tell(user, "g1")
    everybody = [(each.name, each.principal_id) for each in (await office.page()).people]
    assert everybody == sorted(everybody)
    for asked in ({}, {"only_not_synced": True}, {"reason": NotSynced.NOT_MATCHED_YET}):
        at_once = (await office.page(**asked)).people
        seen: list[Person] = []
        page = await office.page(2, **asked)
        seen += page.people
        while page.next_cursor:
            page = await office.page(2, cursor=page.next_cursor, **asked)
            seen += page.people
        assert (seen, len(seen)) == (at_once, 4 if asked else 9)
    for cursor in ("x", "", "WzFd"):
        with pytest.raises(ValueError, match="cursor"):
            await office.page(cursor=cursor)


async def test_a_part_of_a_name_an_address_or_an_extension_finds_them(office: Switchboard) -> None:
    for text, names in {
        "FRONT": ["Front Desk"],
        "house@": ["Warehouse"],
        "20": ["Front Desk", "Warehouse"],
        "%": [],
    }.items():
        assert [each.name for each in (await office.page(text=text)).people] == names


async def test_more_than_are_read_at_once(office: Switchboard) -> None:
    row = {"account_id": office.account_id, "role": "USER", "active": True, "created_on": office.clock()}
    rows = [
        row | {"principal_id": f"p{n}", "name": "P", "name_folded": "p", "email": f"{n}@x", "email_folded": f"{n}@x"}
        for n in range(1001)
    ]
    await office.database.write(lambda connection: connection.execute(insert(users), rows))
    assert await office.counts() == (2, {NotSynced.NO_TELEPHONE: 1001})
    assert [each.name for each in (await office.page(text="ware")).people] == ["Warehouse"]
    last = await office.page(1, text="1000@")
    assert ([each.email for each in last.people], last.next_cursor) == (["1000@x"], None)


async def test_the_other_account_is_not_seen(office: Switchboard, people: People) -> None:
    assert people.stranger.name not in await office.reasons()
