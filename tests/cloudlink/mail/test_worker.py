"""Mail reaches a real SMTP server, whatever that server does."""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cloudlink.administration.mails import MailState
from cloudlink.identity import LinkPurpose
from cloudlink.service.mail.server import SmtpSecurity
from cloudlink.service.mail.smtp import Unreachable
from cloudlink.service.mail.worker import MailWorker
from store.database import open_database
from store.schema import accounts, mails, users
from store.vault import Vault, new_key
from tests.cloudlink.mail.conftest import server_of
from tests.fakes.smtp import HANG_UP, PostOffice
from tests.fakes.tls import self_signed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from sqlalchemy import Executable

    from cloudlink.service.mail.server import MailServer
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.cloudlink.mail.conftest import Invite
    from tests.conftest import SteppedClock

LINK = re.compile(r"https://assistant\.example\.com/password/[\w-]{43}")


class Queue:
    """The worker, and what the queue looks like."""

    def __init__(self, database: Database, vault: Vault, clock: SteppedClock) -> None:
        self.database = database
        self.vault = vault
        self.clock = clock

    def worker(self, server: MailServer | None) -> MailWorker:
        return MailWorker(self.database, self.vault, server, now=self.clock)

    async def execute(self, statement: Executable) -> None:
        await self.database.write(lambda connection: connection.execute(statement))

    async def rows(self) -> list[SimpleNamespace]:
        """The oldest first."""
        rows = await self.database.read(select(mails).order_by(mails.c.created_on, mails.c.recipient))
        return [SimpleNamespace(**dict(zip(mails.c.keys(), row, strict=True))) for row in rows]

    async def row(self) -> SimpleNamespace:
        [row] = await self.rows()
        return row


@pytest.fixture
def queue(database: Database, vault: Vault, clock: SteppedClock) -> Queue:
    return Queue(database, vault, clock)


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with PostOffice() as office:
        yield office


async def test_a_welcome_mail_arrives_with_its_link_in_both_parts(
    queue: Queue, office: PostOffice, invite: Invite, people: People, clock: SteppedClock
) -> None:
    await invite(people.stranger)
    await queue.worker(server_of(office)).send_due()
    [mail] = office.received
    assert office.recipients == ["night@example.com"]
    assert mail["Subject"] == "Welcome to Mitel Assistant"
    assert mail["From"] == "Mitel Assistant <no-reply@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == clock().replace(microsecond=0)
    assert mail.get_content_type() == "multipart/alternative"
    text, html = (part.get_content() for part in mail.iter_parts())
    assert [*LINK.findall(text)] == [*LINK.findall(html)] != []
    assert "Night Desk" in text
    assert "Other Office" in html


async def test_what_was_sent_keeps_no_link(queue: Queue, office: PostOffice, invite: Invite, people: People) -> None:
    await invite(people.desk)
    await queue.worker(server_of(office)).send_due()
    row = await queue.row()
    assert (row.state, row.values_encrypted, row.error, row.next_at) == (MailState.SENT, "", None, None)
    await queue.worker(server_of(office)).send_due()
    assert len(office.received) == 1


async def test_a_reset_mail_speaks_french_and_has_a_code(
    queue: Queue, office: PostOffice, invite: Invite, people: People
) -> None:
    await invite(people.desk, LinkPurpose.RESET)
    await queue.worker(server_of(office)).send_due()
    [mail] = office.received
    assert mail["Subject"] == "Définir un nouveau mot de passe"
    for part in mail.iter_parts():
        assert re.search(r"\b\d{6}\b", part.get_content())
        assert "Bonjour Front Desk" in part.get_content()


async def test_several_go_over_one_connection(queue: Queue, office: PostOffice, invite: Invite, people: People) -> None:
    for user in (people.desk, people.warehouse, people.stranger):
        await invite(user)
    worker = queue.worker(server_of(office))
    await worker.send_due()
    assert sorted(office.recipients) == ["desk@example.com", "night@example.com", "warehouse@example.com"]
    assert office.connections == 1
    assert worker.counters == {"sent": 3}


@pytest.mark.parametrize("security", [SmtpSecurity.TLS, SmtpSecurity.STARTTLS])
async def test_mail_goes_over_tls_to_a_certificate_that_is_trusted(
    queue: Queue, invite: Invite, people: People, tmp_path: Path, security: SmtpSecurity
) -> None:
    certificate = self_signed(tmp_path)
    tls, starttls = (certificate.serving(), None) if security is SmtpSecurity.TLS else (None, certificate.serving())
    await invite(people.desk)
    async with PostOffice(tls=tls, starttls=starttls, login=("mailer", "s3cret")) as office:
        with pytest.raises(Unreachable, match=r"(?i)certificate"):
            await queue.worker(server_of(office, security, login=("mailer", "s3cret"))).send_due()
        assert (await queue.row()).state == MailState.QUEUED
        queue.clock.advance(minutes=1)
        trusting = server_of(office, security, login=("mailer", "s3cret"), authorities=certificate.trusted())
        await queue.worker(trusting).send_due()
        assert office.secured == [True]


async def test_a_server_without_starttls_gets_nothing(
    queue: Queue, office: PostOffice, invite: Invite, people: People
) -> None:
    await invite(people.desk)
    with pytest.raises(Unreachable, match="STARTTLS"):
        await queue.worker(server_of(office, SmtpSecurity.STARTTLS)).send_due()
    assert office.received == []


async def test_a_wrong_password_of_ours_delays_mail_and_loses_none(
    queue: Queue, invite: Invite, people: People, tmp_path: Path, clock: SteppedClock
) -> None:
    certificate = self_signed(tmp_path)
    await invite(people.desk)
    async with PostOffice(starttls=certificate.serving(), login=("mailer", "s3cret")) as office:
        wrong, right = (
            server_of(office, SmtpSecurity.STARTTLS, login=("mailer", word), authorities=certificate.trusted())
            for word in ("wrong", "s3cret")
        )
        with pytest.raises(Unreachable) as refused:
            await queue.worker(wrong).send_due()
        assert refused.value.code == 535
        row = await queue.row()
        assert (row.state, row.attempts) == (MailState.QUEUED, 1)
        assert "wrong" not in row.error
        clock.advance(minutes=1)
        await queue.worker(right).send_due()
        assert (await queue.row()).state == MailState.SENT


async def test_a_delay_is_tried_again_after_growing_waits_until_it_is_given_up(
    queue: Queue, office: PostOffice, invite: Invite, people: People, clock: SteppedClock
) -> None:
    await invite(people.desk)
    office.answers.extend(["451 come back later"] * 8)
    worker = queue.worker(server_of(office))
    waits = []
    for attempt in range(1, 8):
        await worker.send_due()
        row = await queue.row()
        assert (row.state, row.attempts, row.error) == (MailState.QUEUED, attempt, "451 come back later")
        waits.append(row.next_at - clock())
        clock.moment = row.next_at - timedelta(microseconds=1)
        await worker.send_due()
        assert (await queue.row()).attempts == attempt
        clock.moment = row.next_at
    assert waits == [timedelta(minutes=m) for m in (1, 4, 16, 64, 256, 360, 360)]
    await worker.send_due()
    row = await queue.row()
    assert (row.state, row.attempts, row.next_at) == (MailState.FAILED, 8, None)
    assert row.values_encrypted


@pytest.mark.parametrize("step", ["answers", "to_recipients"])
async def test_a_refusal_is_final_and_does_not_hold_up_the_next(
    queue: Queue, office: PostOffice, invite: Invite, people: People, step: str
) -> None:
    await invite(people.desk)
    queue.clock.advance(seconds=1)
    await invite(people.warehouse)
    getattr(office, step).append("550-5.1.1 no such\r\n550 mailbox")
    await queue.worker(server_of(office)).send_due()
    desk, warehouse = await queue.rows()
    assert (desk.state, desk.attempts, desk.next_at) == (MailState.FAILED, 1, None)
    assert desk.error == "550 5.1.1 no such mailbox"
    assert warehouse.state == MailState.SENT
    assert office.recipients == ["warehouse@example.com"]


async def test_the_servers_words_are_bounded_and_hold_no_link(
    queue: Queue, office: PostOffice, invite: Invite, people: People
) -> None:
    await invite(people.stranger)
    office.answers.append("451 read it first")
    worker = queue.worker(server_of(office))
    await worker.send_due()
    stored = (await queue.row()).values_encrypted
    link = re.search(r"https://[^\"]+", queue.vault.decrypt(stored))
    assert link
    queue.clock.advance(minutes=1)
    office.answers.append(f"550 {'spam ' * 60} {link[0]} and {link[0].rpartition('/')[2]}")
    await worker.send_due()
    row = await queue.row()
    assert row.state == MailState.FAILED
    assert len(row.error) <= 400
    assert link[0].rpartition("/")[2] not in row.error
    assert "***" in row.error


@pytest.mark.parametrize("step", ["answers", "to_recipients"])
async def test_a_connection_that_drops_mid_way_is_made_again(
    queue: Queue, office: PostOffice, invite: Invite, people: People, step: str
) -> None:
    await invite(people.desk)
    getattr(office, step).append(HANG_UP)
    worker = queue.worker(server_of(office))
    with pytest.raises(Unreachable):
        await worker.send_due()
    assert (await queue.row()).state == MailState.QUEUED
    queue.clock.advance(minutes=1)
    await worker.send_due()
    assert (await queue.row()).state == MailState.SENT
    assert len(office.received) == 1


async def test_a_server_that_is_not_there_costs_one_try_and_not_one_for_each_mail(
    queue: Queue, office: PostOffice, invite: Invite, people: People
) -> None:
    await invite(people.desk)
    await invite(people.warehouse)
    gone = server_of(office)
    await office.__aexit__(None, None, None)
    with pytest.raises(Unreachable):
        await queue.worker(gone).send_due()
    assert sorted(row.attempts for row in await queue.rows()) == [0, 1]


async def test_an_address_with_accents_needs_a_server_that_takes_it(
    queue: Queue, people: People, invite: Invite
) -> None:
    await queue.execute(update(users).where(users.c.extension == "202").values(email="entrepôt@exämple.com"))
    for utf8, state in ((False, MailState.FAILED), (True, MailState.SENT)):
        await invite(people.warehouse)
        async with PostOffice(utf8=utf8) as office:
            await queue.worker(server_of(office)).send_due()
            row = (await queue.rows())[-1]
            assert row.state == state
            assert office.recipients == (["entrepôt@exämple.com"] if utf8 else [])
            assert utf8 or "SMTPUTF8" in row.error


async def test_no_name_adds_a_header_or_a_recipient(
    queue: Queue, office: PostOffice, people: People, invite: Invite
) -> None:
    evil = "Desk\r\nBcc: thief@example.com\r\n\r\n<b>&\u202e{link}"
    for table in (users, accounts):
        await queue.execute(update(table).values(name=evil))
    await invite(people.desk)
    await queue.worker(server_of(office)).send_due()
    [mail] = office.received
    assert office.recipients == ["desk@example.com"]
    assert mail["Bcc"] is None
    text, html = (part.get_content() for part in mail.iter_parts())
    assert "Desk Bcc: thief@example.com <b>&{link}" in text
    assert "<b>" not in html
    assert "\u202e" not in text + html


@pytest.mark.parametrize("email", ["a@example.com\r\nBcc: thief@example.com", "a@example.com,thief@example.com", "@"])
async def test_an_address_that_is_none_fails_alone(
    queue: Queue, office: PostOffice, people: People, invite: Invite, email: str
) -> None:
    await queue.execute(update(users).where(users.c.extension == "202").values(email=email))
    await invite(people.warehouse)
    queue.clock.advance(seconds=1)
    await invite(people.desk)
    await queue.worker(server_of(office)).send_due()
    assert [row.state for row in await queue.rows()] == [MailState.FAILED, MailState.SENT]
    assert office.recipients == ["desk@example.com"]


async def test_a_lost_key_fails_the_mail_and_not_the_worker(
    queue: Queue, office: PostOffice, invite: Invite, people: People
) -> None:
    await invite(people.desk)
    queue.vault = Vault([new_key()])
    await queue.worker(server_of(office)).send_due()
    row = await queue.row()
    assert row.state == MailState.FAILED
    assert "another key" in row.error


async def test_without_a_server_mail_is_shown_and_the_log_keeps_its_secret(
    queue: Queue, invite: Invite, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    await invite(people.desk)
    with caplog.at_level(logging.DEBUG):
        await queue.worker(None).send_due()
    row = await queue.row()
    assert row.state == MailState.SHOWN
    logged = str([vars(record) for record in caplog.records if record.name.startswith("cloudlink")])
    assert row.mail_id in logged
    assert "password/" not in logged
    assert "desk@example.com" not in logged
    assert LINK.search(queue.vault.decrypt(row.values_encrypted))


async def test_the_log_tells_a_refusal_without_the_servers_words(
    queue: Queue, office: PostOffice, invite: Invite, people: People, caplog: pytest.LogCaptureFixture
) -> None:
    await invite(people.desk)
    office.to_recipients.append("550 <desk@example.com> is unknown")
    with caplog.at_level(logging.DEBUG):
        await queue.worker(server_of(office)).send_due()
    logged = str([vars(record) for record in caplog.records if record.name.startswith("cloudlink")])
    assert "'code': 550" in logged
    assert "desk@example.com" not in logged


async def test_mail_outlives_the_process_that_queued_it(
    queue: Queue, office: PostOffice, database_url: str, invite: Invite, people: People
) -> None:
    await invite(people.desk)
    queue.database = await open_database(database_url)
    try:
        await queue.worker(server_of(office)).send_due()
        assert office.recipients == ["desk@example.com"]
    finally:
        await queue.database.close()


async def test_a_mail_whose_process_died_while_sending_is_due_again_and_bears_the_same_id(
    queue: Queue, office: PostOffice, invite: Invite, people: People, clock: SteppedClock
) -> None:
    await invite(people.desk)
    sending = asyncio.create_task(queue.worker(server_of(office)).send_due())
    office.on_data = sending.cancel
    with pytest.raises(asyncio.CancelledError):
        await sending
    office.on_data = lambda: None
    await queue.worker(server_of(office)).send_due()
    assert (await queue.row()).state == MailState.QUEUED
    clock.advance(minutes=5)
    await queue.worker(server_of(office)).send_due()
    assert (await queue.row()).state == MailState.SENT
    assert len({mail["Message-ID"] for mail in office.received}) == 1


async def test_two_workers_do_not_send_the_same(
    queue: Queue, office: PostOffice, invite: Invite, people: People
) -> None:
    for user in (people.desk, people.warehouse, people.stranger):
        await invite(user)
    await asyncio.gather(*(queue.worker(server_of(office)).send_due() for _ in range(3)))
    assert sorted(office.recipients) == ["desk@example.com", "night@example.com", "warehouse@example.com"]


async def test_the_worker_goes_on_after_an_outage(
    queue: Queue, office: PostOffice, invite: Invite, people: People
) -> None:
    came = asyncio.Event()

    async def outage(_: float) -> None:
        queue.clock.advance(minutes=1)
        office.on_data = came.set

    office.answers.append(HANG_UP)
    await invite(people.desk)
    worker = MailWorker(queue.database, queue.vault, server_of(office), now=queue.clock, sleep=outage)
    running = asyncio.create_task(worker.run())
    try:
        await asyncio.wait_for(came.wait(), 10)
        worker.wake()
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert office.connections == 2


async def test_a_new_link_takes_the_place_of_an_unsent_mail(queue: Queue, invite: Invite, people: People) -> None:
    await invite(people.desk)
    await invite(people.desk, LinkPurpose.RESET)
    assert (await queue.row()).template == "reset"


async def test_old_mail_is_forgotten(
    queue: Queue, office: PostOffice, invite: Invite, people: People, clock: SteppedClock
) -> None:
    await invite(people.desk)
    await queue.worker(server_of(office)).send_due()
    clock.advance(days=31)
    worker = queue.worker(None)
    running = asyncio.create_task(worker.run())
    await invite(people.warehouse)
    try:
        async with asyncio.timeout(10):
            while not worker.counters["shown"]:
                worker.wake()
                await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.wait([running])
    assert [row.recipient for row in await queue.rows()] == ["warehouse@example.com"]
