"""What the second version of the schema makes of the rows of the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.command import upgrade
from alembic.config import Config
from sqlalchemy import create_engine, select, text

from store.database import open_database
from store.schema import accounts, users

if TYPE_CHECKING:
    from pathlib import Path


def _first_version(url: str) -> None:
    """A database as the first version left it, with an account and two people, one of whom can sign in."""
    config = Config()
    config.set_main_option("script_location", "store/migrations")
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        upgrade(config, "0001")
        connection.execute(
            text(
                "INSERT INTO accounts (account_id, name, language_code, time_zone, active, dialing, created_on)"
                " VALUES ('a', 'ÉCLAIR', 'fr-FR', 'Europe/Paris', 1, '{}', 1)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO users (account_id, principal_id, name, name_folded, email, email_folded, role, active,"
                " password_hash, created_on)"
                " VALUES ('a', :who, 'X', 'x', :email, lower(:email), 'USER', 1, :password_hash, 7)"
            ),
            [
                {"who": "desk", "email": "Desk@example.com", "password_hash": "hash"},
                {"who": "store", "email": "Store@example.com", "password_hash": None},
            ],
        )
    engine.dispose()


async def test_accounts_can_be_searched_and_people_have_a_login_and_an_id(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'first.db'}"
    _first_version(url)

    database = await open_database(url)
    ((folded,),) = await database.read(select(accounts.c.name_folded))
    columns = (users.c.login_id, users.c.login_id_folded, users.c.unique_user_id, users.c.registered_on.is_not(None))
    people = await database.read(select(*columns).order_by(users.c.principal_id))
    await database.close()

    assert folded == "éclair"
    assert [tuple(person) for person in people] == [
        ("Desk@example.com", "desk@example.com", "desk", True),
        ("Store@example.com", "store@example.com", "store", False),
    ]
