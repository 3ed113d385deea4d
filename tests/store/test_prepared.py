"""Prepared statements answer what SQLAlchemy answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, bindparam, insert, literal, select, text
from sqlalchemy.exc import DBAPIError

from store.schema import accounts

if TYPE_CHECKING:
    from store.database import Database

CREATED = datetime(2026, 3, 2, 14, 5, 0, 123456, tzinfo=UTC)
BY_ID = select(accounts).where(accounts.c.account_id == bindparam("account_id"), accounts.c.active.is_(True))


@pytest.fixture
async def stored(database: Database) -> Database:
    row = {
        "account_id": "a",
        "name": "Été",
        "language_code": "fr-FR",
        "time_zone": "Europe/Paris",
        "active": True,
        "dialing": {"region": "FR", "barred_prefixes": ["+33899"]},
        "created_on": CREATED,
    }
    await database.write(lambda connection: connection.execute(insert(accounts), row))
    return database


async def test_values_are_converted_as_by_sqlalchemy(stored: Database) -> None:
    (row,) = await stored.read(BY_ID, {"account_id": "a"})

    assert tuple(row) == tuple((await stored.scan(BY_ID, {"account_id": "a"}))[0])
    assert row[list(accounts.c).index(accounts.c.created_on)] == CREATED


async def test_parameters_are_converted_too(stored: Database) -> None:
    since = select(accounts.c.account_id).where(accounts.c.created_on >= bindparam("since"))

    assert len(await stored.read(since, {"since": CREATED})) == 1
    assert not await stored.read(since, {"since": datetime(2026, 3, 3, tzinfo=UTC)})


async def test_the_same_statement_answers_with_other_parameters_and_as_of_now(stored: Database) -> None:
    assert not await stored.read(BY_ID, {"account_id": "b"})

    def deactivate(connection: Connection) -> None:
        connection.execute(accounts.update().values(active=False))

    await stored.write(deactivate)

    assert not await stored.read(BY_ID, {"account_id": "a"})


async def test_a_parameter_that_is_not_given_has_the_value_it_was_built_with(stored: Database) -> None:
    named = select(literal("x"), accounts.c.name).where(accounts.c.name == "Été")

    assert [tuple(row) for row in await stored.read(named)] == [("x", "Été")]


async def test_an_error_is_sqlalchemys(stored: Database) -> None:
    await stored.write(lambda connection: connection.execute(text("ALTER TABLE accounts RENAME TO elsewhere")))

    with pytest.raises(DBAPIError, match=r"no such table|does not exist"):
        await stored.read(BY_ID, {"account_id": "a"})


async def test_an_expanding_parameter_is_refused(stored: Database) -> None:
    several = select(accounts.c.name).where(accounts.c.account_id.in_(bindparam("ids", expanding=True)))

    with pytest.raises(ValueError, match="expands"):
        await stored.read(several, {"ids": ["a"]})
