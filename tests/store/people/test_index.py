"""Users and contacts that are the same person are one, whichever came first, and stay apart when they no longer are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloudlink.model import NumberKind, PersonNumber
from cloudlink.service.administration import people as administration
from cloudlink.service.provision import OPERATOR
from store.people import search
from store.people.index import Contact, keep_contact, remove_contacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from cloudlink.administration.users import UserChanges
    from store.database import Database
    from tests.cloudlink.conftest import AddPerson, People
    from tests.conftest import SteppedClock

WORK = PersonNumber("+33199000200", NumberKind.WORK)


def contact(contact_id: str = "c1", name: str = "Werner House", email: str = "", **more: str) -> Contact:
    return Contact(contact_id, name, email, more.pop("login", ""), (WORK,), **more)


class Directory:
    """What a test does with one account."""

    def __init__(self, database: Database, people: People, clock: SteppedClock) -> None:
        self._database = database
        self._people = people
        self._clock = clock
        self.account_id = people.account.account_id

    async def keep(self, *contacts: Contact, account_id: str | None = None) -> None:
        def work(connection: Connection) -> None:
            for each in contacts:
                keep_contact(connection, account_id or self.account_id, each, "s")

        await self._write(work)

    async def remove(self, *found: tuple[str, str]) -> None:
        await self._write(lambda connection: remove_contacts(connection, self.account_id, found))

    async def change(self, changes: UserChanges) -> None:
        """Changes the warehouse."""
        principal_id = self._people.warehouse.principal_id
        await self._write(
            lambda connection: administration.change(
                connection,
                OPERATOR,
                self.account_id,
                principal_id,
                changes,
                self._clock(),
            )
        )

    async def delete(self) -> None:
        """Removes the warehouse."""
        principal_id = self._people.warehouse.principal_id
        await self._write(
            lambda connection: administration.remove(connection, OPERATOR, self.account_id, principal_id, self._clock())
        )

    async def found(self, text: str = "") -> list[tuple[str, list[str]]]:
        people = await search.find(self._database, self.account_id, text, now=self._clock(), limit=50)
        return [(person.name, [number.number for number in person.numbers]) for person in people]

    async def _write(self, work: Callable[[Connection], object]) -> None:
        await self._database.write(work)


@pytest.fixture
def directory(database: Database, people: People, clock: SteppedClock) -> Directory:
    return Directory(database, people, clock)


DESK = ("Front Desk", ["201"])
ALONE = ("Warehouse", ["202"])
BOTH = ("Warehouse", ["202", WORK.number])
CONTACT = ("Werner House", [WORK.number])


@pytest.mark.parametrize(
    "same",
    [
        contact(email="Warehouse@Example.com"),
        contact(login="warehouse@example.com", email="another@example.com"),
        contact(extension="202"),
    ],
)
async def test_a_contact_who_is_a_user_is_found_once_by_either_name(directory: Directory, same: Contact) -> None:
    await directory.keep(same)

    assert await directory.found() == [DESK, BOTH]
    assert await directory.found("ware") == await directory.found("werner") == [BOTH]
    assert await directory.found("0199000200") == [BOTH]
    assert await directory.found("wern ware") == [BOTH]


async def test_a_shared_work_number_makes_nobody_the_same(directory: Directory) -> None:
    await directory.change({"phone": WORK.number})
    await directory.keep(contact(), contact("c2", "Wilma House"))
    assert [name for name, _ in await directory.found("0199000200")] == ["Warehouse", "Werner House", "Wilma House"]


async def test_a_user_who_comes_to_be_the_contact_takes_them_in_and_lets_them_go(directory: Directory) -> None:
    await directory.keep(contact(mobile="+33612345678"))
    assert await directory.found() == [DESK, ALONE, CONTACT]

    await directory.change({"mobile": "+33612345678"})
    assert await directory.found("w") == [("Warehouse", ["202", "+33612345678", WORK.number])]

    await directory.change({"mobile": None})
    assert await directory.found("w") == [ALONE, CONTACT]
    assert await directory.found("house") == [CONTACT]


async def test_an_address_counts_more_than_a_mobile(directory: Directory, add_person: AddPerson) -> None:
    await add_person("Workshop", "203", "+33612345678")
    await directory.keep(contact(email="warehouse@example.com", mobile="+33612345678"))
    assert await directory.found("w") == [BOTH, ("Workshop", ["203", "+33612345678"])]


@pytest.mark.parametrize("gone", ["deactivated", "without extension", "deleted"])
async def test_the_contact_stays_when_the_user_goes(directory: Directory, gone: str) -> None:
    await directory.keep(contact(email="warehouse@example.com"))
    if gone == "deleted":
        await directory.delete()
    else:
        await directory.change({"active": False} if gone == "deactivated" else {"extension": None})

    assert await directory.found() == [DESK, CONTACT]
    assert await directory.found("ware") == []


async def test_the_user_stays_when_the_contact_goes(directory: Directory, people: People) -> None:
    await directory.keep(contact(email="warehouse@example.com"), contact("c2", "Wilma House"))
    await directory.remove(("c1", people.warehouse.principal_id), ("c2", "c2"))

    assert await directory.found() == [DESK, ALONE]
    assert await directory.found("house") == []


async def test_a_contact_with_another_name_is_found_by_that_alone(directory: Directory) -> None:
    await directory.keep(contact())
    await directory.keep(contact(name="Wilma House"))
    assert await directory.found("werner") == []
    assert [name for name, _ in await directory.found("wilma")] == ["Wilma House"]


async def test_another_accounts_contacts_are_never_found(directory: Directory, people: People) -> None:
    await directory.keep(contact(email="warehouse@example.com"), account_id=people.other_account.account_id)
    assert await directory.found() == [DESK, ALONE]
    assert await directory.found("werner") == []


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "\u202egnihtemos", "🙂", "ﷺ" * 200, "a " * 100])
async def test_hostile_names_are_texts(directory: Directory, name: str) -> None:
    await directory.keep(contact(name=name))
    assert (name[:200], [WORK.number]) in await directory.found()
    assert (name[:200], [WORK.number]) in await directory.found("0199000200")
