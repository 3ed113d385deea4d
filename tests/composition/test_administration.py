"""Accounts that are made on the command line."""

from __future__ import annotations

import argparse
import io
import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cloudlink.administration.actor import ActorKind
from cloudlink.gateway_key import GatewayKey
from cloudlink.model import Role
from composition.administration import add_account, add_gateway, add_partner, add_user
from composition.settings import SettingsError
from store.database import open_database
from store.schema import accounts, audit_log, gateways, mails, users

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def options(bar: Sequence[str]) -> argparse.Namespace:
    return argparse.Namespace(
        name="Head Office",
        region="FR",
        language="fr-FR",
        time_zone="Europe/Paris",
        ios_uri_template="",
        micollab_version="",
        bar=bar,
        partner=None,
    )


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)


async def test_a_bar_is_stored_in_the_form_that_numbers_are_compared_in(database_url: str) -> None:
    await add_account(options(["+33 899", "36-99"]))
    database = await open_database(database_url)
    ((dialing,),) = await database.read(select(accounts.c.dialing))
    await database.close()
    assert list(dialing["barred_prefixes"]) == ["+33899", "3699"]


@pytest.mark.parametrize("bar", ["", "0899", "0033899"])
async def test_a_bar_that_would_not_work_is_refused(bar: str) -> None:
    with pytest.raises(SettingsError, match=r"--bar .*E\.164"):
        await add_account(options([bar]))


async def test_a_version_of_micollab_is_stored_or_refused(database_url: str) -> None:
    account = options([])
    account.micollab_version = "nine"
    with pytest.raises(SettingsError, match="--micollab-version: must be numbers"):
        await add_account(account)
    account.micollab_version = "9.7.10"
    await add_account(account)
    database = await open_database(database_url)
    ((dialing,),) = await database.read(select(accounts.c.dialing))
    await database.close()
    assert dialing["micollab_version"] == "9.7.10"


async def test_a_partner_begins_with_an_administrator_and_the_link_of_their_mail(database_url: str) -> None:
    told = await add_partner(argparse.Namespace(name="Partner", email="admin@example.com", administrator="Pat Admin"))

    partner, administrator, link = re.fullmatch(
        r"partner (\S+)\nadministrator (\S+)\nwelcome link (https?://\S+/password/\S+)", told
    ).groups()  # type: ignore[union-attr]
    database = await open_database(database_url)
    stored = await database.read(select(users.c.account_id, users.c.principal_id, users.c.role, users.c.name))
    is_partner = await database.read(select(accounts.c.partner).where(accounts.c.account_id == partner))
    actors = {row[0] for row in await database.read(select(audit_log.c.actor_kind))}
    queued = await database.read(select(mails.c.recipient, mails.c.values_encrypted))
    await database.close()
    assert [list(row) for row in stored] == [[partner, administrator, Role.PARTNER_ADMIN, "Pat Admin"]]
    assert [list(row) for row in is_partner] == [[True]]
    assert actors == {ActorKind.OPERATOR}
    assert [row[0] for row in queued] == ["admin@example.com"]
    assert link.rpartition("/")[2] not in queued[0][1]


async def test_an_account_of_a_partner_a_user_and_a_gateway_are_made(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await add_partner(argparse.Namespace(name="Partner", email="admin@example.com", administrator=None))
    partner_id = made.split()[1]
    account = options([])
    account.partner = partner_id
    account_id = (await add_account(account)).split()[1]
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    person = argparse.Namespace(
        account=account_id, email="desk@example.com", name="Front Desk", extension="201", role="admin"
    )
    principal_id = (await add_user(person)).split()[1]
    told = await add_gateway(argparse.Namespace(account=account_id))

    gateway_id, key = re.fullmatch(r"GATEWAY_ID=(\S+)\nGATEWAY_KEY=(\S+)", told).groups()  # type: ignore[union-attr]
    database = await open_database(database_url)
    (partner,) = await database.read(select(accounts.c.partner_id).where(accounts.c.account_id == account_id))
    (user,) = await database.read(
        select(users.c.principal_id, users.c.role, users.c.extension).where(users.c.account_id == account_id)
    )
    (gateway,) = await database.read(select(gateways.c.account_id, gateways.c.gateway_id, gateways.c.public_key))
    await database.close()
    assert (partner[0], *user) == (partner_id, principal_id, Role.ACCOUNT_ADMIN, "201")
    assert tuple(gateway[:2]) == (account_id, gateway_id)
    assert gateway[2] == GatewayKey(key).public


async def test_what_cannot_be_made_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    nobody = argparse.Namespace(account="unknown", email="desk@example.com", name="Desk", extension=None, role="user")
    with pytest.raises(SettingsError, match="no such account"):
        await add_user(nobody)
