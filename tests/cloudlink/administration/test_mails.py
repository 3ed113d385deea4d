"""Administrators see what was written to their users, and read what could not be sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cloudlink.administration.actor import SYSTEM, Actor
from cloudlink.administration.mails import MailState
from cloudlink.administration.refusals import NotAllowed
from cloudlink.identity import LinkPurpose
from cloudlink.port import UnknownId
from cloudlink.service.administration.mails import MailService
from cloudlink.service.identity.password_links import send_link
from cloudlink.service.mail.worker import MailWorker
from store.schema import audit_log
from store.vault import Vault, new_key
from tests.cloudlink.mail.conftest import server_of
from tests.fakes.smtp import PostOffice

if TYPE_CHECKING:
    from cloudlink.model import User
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

PUBLIC_URL = "https://assistant.example.com"


class Post:
    """The service, and a worker with or without a mail server."""

    def __init__(self, database: Database, clock: SteppedClock) -> None:
        self.vault = Vault([new_key()])
        self.woken = 0
        self.mails = MailService(database, self.vault, self._wake, clock)
        self.database = database
        self.clock = clock

    def _wake(self) -> None:
        self.woken += 1

    async def invite(self, user: User) -> None:
        now = self.clock()
        await self.database.write(
            lambda c: send_link(c, self.vault, user, LinkPurpose.WELCOME, public_url=PUBLIC_URL, now=now)
        )

    async def deliver(self, office: PostOffice | None = None) -> None:
        server = server_of(office) if office else None
        await MailWorker(self.database, self.vault, server, now=self.clock).send_due()


@pytest.fixture
def post(database: Database, clock: SteppedClock) -> Post:
    return Post(database, clock)


async def test_a_shown_mail_is_read_with_its_link_and_that_is_audited(post: Post, people: People) -> None:
    account = people.account.account_id
    await post.invite(people.desk)
    await post.deliver()
    [mail] = await post.mails.recent(SYSTEM, account)
    assert (mail.template, mail.recipient, mail.state) == ("welcome", "desk@example.com", MailState.SHOWN)
    message = await post.mails.message(SYSTEM, account, mail.mail_id)
    assert message.subject == "Bienvenue dans Mitel Assistant"
    assert re.search(r"https://assistant\.example\.com/password/[\w-]{43}", message.text)
    [entry] = await post.database.read(
        select(audit_log.c.subject_id, audit_log.c.subject_name, audit_log.c.after).where(
            audit_log.c.action == "mail.read"
        )
    )
    assert tuple(entry) == (mail.mail_id, "desk@example.com", {"template": "welcome"})


async def test_a_sent_mail_cannot_be_read(post: Post, people: People) -> None:
    account = people.account.account_id
    await post.invite(people.desk)
    async with PostOffice() as office:
        await post.deliver(office)
    [mail] = await post.mails.recent(SYSTEM, account)
    assert (mail.state, mail.sent_on) == (MailState.SENT, post.clock())
    for question in (post.mails.message, post.mails.retry):
        with pytest.raises(UnknownId):
            await question(SYSTEM, account, mail.mail_id)


async def test_a_failed_or_shown_mail_is_sent_again_at_once(post: Post, people: People) -> None:
    account = people.account.account_id
    await post.invite(people.desk)
    await post.invite(people.warehouse)
    await post.deliver()
    for mail in await post.mails.recent(SYSTEM, account):
        await post.mails.retry(SYSTEM, account, mail.mail_id)
    assert post.woken == 2
    async with PostOffice() as office:
        office.to_recipients.append("550 unknown")
        await post.deliver(office)
        states = {mail.state: mail for mail in await post.mails.recent(SYSTEM, account)}
        assert set(states) == {MailState.FAILED, MailState.SENT}
        assert states[MailState.FAILED].error == "550 unknown"
        await post.mails.retry(SYSTEM, account, states[MailState.FAILED].mail_id)
        await post.deliver(office)
        assert sorted(office.recipients) == ["desk@example.com", "warehouse@example.com"]


async def test_another_accounts_mail_is_unknown_and_users_see_none(post: Post, people: People) -> None:
    account, other = people.account.account_id, people.other_account.account_id
    await post.invite(people.desk)
    [mail] = await post.mails.recent(SYSTEM, account)
    assert await post.mails.recent(SYSTEM, other) == []
    for actor, account_id in ((SYSTEM, other), (Actor.of_user(people.stranger), account)):
        with pytest.raises(UnknownId):
            await post.mails.message(actor, account_id, mail.mail_id)
        with pytest.raises(UnknownId):
            await post.mails.retry(actor, account_id, mail.mail_id)
    with pytest.raises(NotAllowed):
        await post.mails.recent(Actor.of_user(people.desk), account)
    with pytest.raises(NotAllowed):
        await post.mails.message(Actor.of_user(people.desk), account, mail.mail_id)


async def test_the_newest_come_first_and_no_more_than_asked_for(
    post: Post, people: People, clock: SteppedClock
) -> None:
    for user in (people.desk, people.warehouse):
        await post.invite(user)
        clock.advance(seconds=1)
    newest = await post.mails.recent(SYSTEM, people.account.account_id, limit=1)
    assert [mail.recipient for mail in newest] == ["warehouse@example.com"]
    for limit in (0, 201):
        with pytest.raises(ValueError, match="limit"):
            await post.mails.recent(SYSTEM, people.account.account_id, limit=limit)
