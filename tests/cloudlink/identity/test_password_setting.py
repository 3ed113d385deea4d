"""People set their password by the link or the code of a mail, once, and nobody learns who exists."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from cloudlink.identity import (
    DeadLink,
    LinkPurpose,
    PasswordNotAllowed,
    PasswordTooLong,
    WeakPassword,
)
from cloudlink.port import TooManyAttempts
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.identity.password_links import send_link
from cloudlink.service.identity.password_setting import MailedPasswordLinks
from store.schema import accounts, audit_log, mails, password_links, sessions, users
from store.schema import outbox as outbox_rows

if TYPE_CHECKING:
    from sqlalchemy import Executable

    from cloudlink.model import User
    from store.database import Database
    from store.outbox import Outbox
    from store.vault import Vault
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

GOOD = "pelican under the bridge"
HERE = "192.0.2.7"
PUBLIC_URL = "https://assistant.example.com"


@dataclass
class Post:
    """What the mails of the queue say."""

    database: Database
    vault: Vault
    clock: SteppedClock

    async def values(self) -> list[dict[str, Any]]:
        rows = await self.database.read(select(mails.c.values_encrypted, mails.c.template, mails.c.recipient))
        return [{**json.loads(self.vault.decrypt(row[0])), "template": row[1], "to": row[2]} for row in rows]

    async def link(self) -> str:
        """The token of the only mail."""
        [told] = await self.values()
        assert told["link"].startswith(f"{PUBLIC_URL}/password/")
        return str(told["link"]).rpartition("/")[2]

    async def send(self, user: User, purpose: LinkPurpose = LinkPurpose.WELCOME) -> str:
        """Sends a link; answers its token."""
        now = self.clock()
        await self.execute_with(lambda c: send_link(c, self.vault, user, purpose, public_url=PUBLIC_URL, now=now))
        link: str = next(told["link"] for told in await self.values() if told["to"] == user.email)
        return link.rpartition("/")[2]

    async def execute(self, statement: Executable) -> None:
        await self.execute_with(lambda connection: connection.execute(statement))

    async def execute_with(self, work: Any) -> None:
        await self.database.write(work)


@pytest.fixture
def post(database: Database, vault: Vault, clock: SteppedClock) -> Post:
    return Post(database, vault, clock)


@pytest.fixture
def links(post: Post, outbox: Outbox) -> MailedPasswordLinks:
    return MailedPasswordLinks(post.database, post.vault, outbox, public_url=PUBLIC_URL, now=post.clock)


async def sign_in(post: Post, email: str, password: str) -> bool:
    cloudlink = EmbeddedCloudLink(post.database, post.clock)
    return bool(await cloudlink.sign_in(email, password, address=HERE))


async def test_a_new_user_sets_their_password_and_signs_in(
    links: MailedPasswordLinks, post: Post, people: People
) -> None:
    token = await post.send(people.warehouse)
    opened = await links.of_link(token)
    assert (opened.purpose, opened.user) == ("welcome", people.warehouse)
    assert await links.set_password(token, GOOD, address=HERE) == people.warehouse
    assert await sign_in(post, "warehouse@example.com", GOOD)
    [(verified, registered_on, version)] = await post.database.read(
        select(users.c.email_verified, users.c.registered_on, users.c.version).where(users.c.extension == "202")
    )
    assert (verified, registered_on, version) == (True, post.clock(), 2)


async def test_setting_it_is_audited_told_and_ends_all_sessions(
    links: MailedPasswordLinks, post: Post, people: People, session_id: str
) -> None:
    token = await post.send(people.desk)
    await links.set_password(token, GOOD, address=HERE)
    assert await post.database.read(select(sessions.c.session_id)) == []
    [entry] = await post.database.read(
        select(audit_log.c.actor_id, audit_log.c.address, audit_log.c.after).where(
            audit_log.c.action == "user.passwordSet"
        )
    )
    assert tuple(entry) == (people.desk.principal_id, HERE, {"password": "***"})
    told = await post.database.read(select(outbox_rows.c.topic, outbox_rows.c.payload).order_by(outbox_rows.c.id))
    assert tuple(told[-1]) == ("user.changed", {"principal_id": people.desk.principal_id})


async def test_a_link_works_once(links: MailedPasswordLinks, post: Post, people: People) -> None:
    token = await post.send(people.desk)
    await links.set_password(token, GOOD, address=HERE)
    for again in (links.of_link(token), links.set_password(token, f"{GOOD} again", address=HERE)):
        with pytest.raises(DeadLink) as dead:
            await again
        assert dead.value.used
    assert await sign_in(post, "desk@example.com", GOOD)


async def test_a_link_lives_four_days(links: MailedPasswordLinks, post: Post, people: People) -> None:
    token = await post.send(people.desk)
    post.clock.advance(days=4, microseconds=-1)
    await links.of_link(token)
    post.clock.advance(microseconds=1)
    for late in (links.of_link(token), links.set_password(token, GOOD, address=HERE)):
        with pytest.raises(DeadLink) as dead:
            await late
        assert not dead.value.used


async def test_a_newer_link_voids_the_older(links: MailedPasswordLinks, post: Post, people: People) -> None:
    old = await post.send(people.desk)
    new = await post.send(people.desk, LinkPurpose.RESET)
    with pytest.raises(DeadLink):
        await links.of_link(old)
    await links.of_link(new)


@pytest.mark.parametrize("who", ["user", "account"])
async def test_nobody_sets_a_password_who_was_deactivated(
    links: MailedPasswordLinks, post: Post, people: People, who: str
) -> None:
    token = await post.send(people.desk)
    await post.execute(update(users if who == "user" else accounts).values(active=False))
    with pytest.raises(DeadLink):
        await links.set_password(token, GOOD, address=HERE)
    await links.renew(token, address=HERE)
    await links.forgot("desk@example.com", address=HERE)
    await links.close()
    assert len(await post.values()) == 1


@pytest.mark.parametrize("token", ["", "x", "\x00", "é" * 5000])
async def test_a_link_that_was_never_given_is_dead(links: MailedPasswordLinks, people: People, token: str) -> None:
    with pytest.raises(DeadLink):
        await links.of_link(token)
    await links.renew(token, address=HERE)


@pytest.mark.parametrize(
    ("password", "common"),
    [("", False), ("1234567", False), ("12345678", True), ("PassWord1", True), ("desk@EXAMPLE.com", True),
     ("front desk", True), ("frontdesk", True), ("\uff50assword\uff11", True)],
)  # fmt: skip
async def test_a_password_that_everybody_tries_is_refused(
    links: MailedPasswordLinks, post: Post, people: People, password: str, *, common: bool
) -> None:
    token = await post.send(people.desk)
    with pytest.raises(WeakPassword) as weak:
        await links.set_password(token, password, address=HERE)
    assert weak.value.common is common
    await links.set_password(token, GOOD, address=HERE)


async def test_a_password_has_an_end(links: MailedPasswordLinks, post: Post, people: People) -> None:
    token = await post.send(people.desk)
    with pytest.raises(PasswordTooLong):
        await links.set_password(token, "é" * 501, address=HERE)
    longest = "é" * 500
    await links.set_password(token, longest, address=HERE)
    assert await sign_in(post, "desk@example.com", longest)


async def test_the_code_of_the_mail_opens_the_same_page_once(
    links: MailedPasswordLinks, post: Post, people: People
) -> None:
    await links.forgot(" Desk@Example.com", address=HERE)
    await links.close()
    [told] = await post.values()
    typed = f"{told['code'][:3]} {told['code'][3:]}"
    token = await links.token_of_code("desk@example.com", typed, address=HERE)
    assert (await links.of_link(token)).user == people.desk
    with pytest.raises(DeadLink):
        await links.of_link(told["link"].rpartition("/")[2])
    with pytest.raises(DeadLink):
        await links.token_of_code("desk@example.com", typed, address=HERE)
    await links.set_password(token, GOOD, address=HERE)


async def test_a_code_lives_an_hour_and_its_link_longer(links: MailedPasswordLinks, post: Post, people: People) -> None:
    token = await post.send(people.desk, LinkPurpose.RESET)
    code = (await post.values())[0]["code"]
    post.clock.advance(hours=1)
    with pytest.raises(DeadLink):
        await links.token_of_code("desk@example.com", code, address=HERE)
    await links.of_link(token)


async def test_five_wrong_codes_spend_it(links: MailedPasswordLinks, post: Post, people: People) -> None:
    token = await post.send(people.desk, LinkPurpose.RESET)
    code = (await post.values())[0]["code"]
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(5):
        with pytest.raises(DeadLink):
            await links.token_of_code("desk@example.com", wrong, address=HERE)
    with pytest.raises(DeadLink):
        await links.token_of_code("desk@example.com", code, address=HERE)
    await links.of_link(token)


async def test_a_code_is_its_persons_alone(links: MailedPasswordLinks, post: Post, people: People) -> None:
    await post.send(people.desk, LinkPurpose.RESET)
    code = (await post.values())[0]["code"]
    for email in ("night@example.com", "nobody@example.com", ""):
        with pytest.raises(DeadLink):
            await links.token_of_code(email, code, address=HERE)


async def test_whoever_types_codes_has_to_wait(links: MailedPasswordLinks, post: Post, people: People) -> None:
    for tried in range(10):
        with pytest.raises(DeadLink):
            await links.token_of_code("desk@example.com", "000000", address=f"192.0.2.{tried}")
    with pytest.raises(TooManyAttempts):
        await links.token_of_code("desk@example.com", "000000", address=HERE)


async def test_forgot_writes_to_all_who_have_the_address_and_says_nothing_else(
    links: MailedPasswordLinks, post: Post, people: People
) -> None:
    await post.execute(
        update(users)
        .where(users.c.extension == "201")
        .values(email="shared@example.com", email_folded="shared@example.com")
    )
    await links.forgot("shared@example.com", address=HERE)
    await links.forgot("nobody@example.com", address=HERE)
    await links.close()
    told = await post.values()
    assert sorted(mail["account"] for mail in told) == ["Main Office", "Other Office"]
    assert {mail["to"] for mail in told} == {"shared@example.com"}
    assert len({mail["code"] for mail in told}) == 2


@pytest.mark.parametrize("email", ["desk@example.com", "nobody@example.com"])
async def test_whoever_asks_for_mails_has_to_wait_known_or_not(
    links: MailedPasswordLinks, people: People, email: str
) -> None:
    for asked in range(3):
        await links.forgot(email, address=f"192.0.2.{asked}")
    with pytest.raises(TooManyAttempts) as wait:
        await links.forgot(email, address=HERE)
    assert wait.value.retry_after == 15
    await links.close()


async def test_one_address_asks_for_few_mails(links: MailedPasswordLinks, people: People) -> None:
    for asked in range(20):
        await links.forgot(f"user{asked}@example.com", address=HERE)
    with pytest.raises(TooManyAttempts):
        await links.forgot("desk@example.com", address=HERE)
    await links.close()


@pytest.mark.parametrize("registered", [False, True])
async def test_a_dead_link_is_exchanged_for_a_new_mail_to_the_same_person(
    links: MailedPasswordLinks, post: Post, people: People, *, registered: bool
) -> None:
    token = await post.send(people.warehouse)
    if registered:
        await links.set_password(token, GOOD, address=HERE)
    post.clock.advance(days=5)
    await links.renew(token, address=HERE)
    [told] = await post.values()
    assert (told["to"], told["template"]) == ("warehouse@example.com", "reset" if registered else "welcome")
    await links.of_link(await post.link())


async def test_a_dead_link_is_exchanged_three_times(links: MailedPasswordLinks, post: Post, people: People) -> None:
    token = await post.send(people.desk)
    for _ in range(3):
        await links.renew(token, address=HERE)
    with pytest.raises(TooManyAttempts):
        await links.renew(token, address=HERE)


async def test_an_account_of_single_sign_on_sets_no_passwords(post: Post, people: People, outbox: Outbox) -> None:
    async def allowed(user: User) -> bool:
        return user.account_id != people.account.account_id

    links = MailedPasswordLinks(
        post.database, post.vault, outbox, public_url=PUBLIC_URL, allowed=allowed, now=post.clock
    )
    token = await post.send(people.desk)
    for refused in (links.of_link(token), links.set_password(token, GOOD, address=HERE)):
        with pytest.raises(PasswordNotAllowed):
            await refused
    await links.forgot("desk@example.com", address=HERE)
    await links.renew(token, address=HERE)
    await links.close()
    assert len(await post.values()) == 1
    assert (await links.of_link(await post.send(people.stranger))).user == people.stranger


async def test_no_secret_is_stored_or_logged(
    links: MailedPasswordLinks, post: Post, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        token = await post.send(people.desk, LinkPurpose.RESET)
        code = (await post.values())[0]["code"]
        stored = [str(await post.database.read(select(table))) for table in (password_links, mails)]
        await links.set_password(token, GOOD, address=HERE)
    logged = str([vars(record) for record in caplog.records if record.name.startswith(("auth", "cloudlink", "store"))])
    assert "a password was set" in logged
    for secret in (token, code, GOOD):
        assert secret not in "".join(stored)
        assert secret not in logged
