"""What is written into the queue with the change that causes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cloudlink.model import Principal
from cloudlink.port import UnknownId
from cloudlink.service.mail import queue
from cloudlink.service.mail.letters import Template
from store.schema import mails

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database
    from store.vault import Vault
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

RECEIPT = {"reference": "R-1", "text": "The line is dead."}


async def test_a_mail_goes_to_the_user_in_their_accounts_language(
    database: Database, vault: Vault, people: People, clock: SteppedClock
) -> None:
    to = people.desk.principal
    await database.write(lambda c: queue.enqueue(c, vault, to, Template.REPORT_RECEIPT, RECEIPT, now=clock()))
    mail = await queue.take(database, clock())
    assert mail is not None
    assert (mail.recipient, mail.language_code, mail.attempts) == ("desk@example.com", "fr-FR", 0)
    values = json.loads(vault.decrypt(mail.values_encrypted))
    assert values == {**RECEIPT, "name": "Front Desk", "account": "Main Office"}


async def test_nothing_that_it_says_can_be_read_in_the_database(
    database: Database, vault: Vault, people: People, clock: SteppedClock
) -> None:
    to = people.desk.principal
    await database.write(lambda c: queue.enqueue(c, vault, to, Template.REPORT_RECEIPT, RECEIPT, now=clock()))
    [row] = await database.read(select(mails))
    assert "The line is dead" not in str(row)


async def test_a_mail_goes_with_the_change_that_is_rolled_back(
    database: Database, vault: Vault, people: People, clock: SteppedClock
) -> None:
    stranger = Principal(people.account.account_id, people.stranger.principal_id)

    def work(connection: Connection) -> None:
        queue.enqueue(connection, vault, people.desk.principal, Template.REPORT_RECEIPT, RECEIPT, now=clock())
        queue.enqueue(connection, vault, stranger, Template.REPORT_RECEIPT, RECEIPT, now=clock())

    with pytest.raises(UnknownId):
        await database.write(work)
    assert await queue.take(database, clock()) is None
