"""Problem reports: drafts, sending, mail to support, answers, and who never sees whose."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cloudlink.administration.accounts import Contact
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.reports import NewReport, ReportState
from cloudlink.port import UnknownId
from cloudlink.service.administration.own_reports import MOST_A_DAY
from cloudlink.service.mail import queue
from cloudlink.service.mail.rendering import render
from cloudlink.topics import REPORT_CHANGED
from store import schema
from tests.pictures import PICTURE, PNG
from tests.reports import CONSOLE, file_report

if TYPE_CHECKING:
    from cloudlink.administration.reports import Report
    from cloudlink.service.administration.accounts import AccountService
    from cloudlink.service.administration.audit import AuditLog
    from cloudlink.service.administration.own_reports import OwnReportService
    from cloudlink.service.administration.reports import ReportService
    from cloudlink.service.administration.users import UserService
    from store.database import Database
    from store.vault import Vault
    from tests.cloudlink.administration.conftest import World
    from tests.conftest import SteppedClock

WRITTEN = NewReport("callLog", "Nothing from +33199001234", "Nothing from +3319900••••", {"version": "1.0"})


async def filed(own: OwnReportService, world: World, text: str = "No calls") -> Report:
    return await file_report(own, world.user.user.principal, "callLog", text, {"version": "1.0"})


async def mails(database: Database) -> list[Any]:
    columns = schema.mails.c
    rows = await database.read(select(columns.recipient, columns.template, columns.language_code))
    return sorted(tuple(row) for row in rows)


async def test_a_draft_is_sent_as_it_was_shown_and_only_once(own: OwnReportService, world: World) -> None:
    who = world.user.user.principal
    draft = await own.draft(who, WRITTEN, PICTURE)
    assert (await own.find_draft(who)) == draft
    assert (draft.new, draft.has_picture, draft.recipients) == (WRITTEN, True, [])
    assert await own.draft_picture(who, draft.draft_id) == PICTURE

    report = await own.send(who, draft.draft_id)
    again = await own.send(who, draft.draft_id)

    assert again == report
    assert (report.text, report.facts, report.state) == (WRITTEN.text, WRITTEN.facts, "open")
    assert report.reference == report.report_id[:8].upper()
    assert await own.picture(who, report.report_id) == PICTURE
    assert await own.find_draft(who) is None
    assert await own.sent(who) == [report]
    assert await own.by_reference(who, report.reference) == report


async def test_a_draft_written_anew_keeps_its_picture_if_it_is_to(own: OwnReportService, world: World) -> None:
    who = world.user.user.principal
    first = await own.draft(who, WRITTEN, PICTURE)
    second = await own.draft(who, WRITTEN, keep_picture=True)
    assert second.has_picture
    with pytest.raises(UnknownId):
        await own.send(who, first.draft_id)
    assert not (await own.draft(who, WRITTEN)).has_picture
    await own.discard(who)
    assert await own.find_draft(who) is None


async def test_a_draft_is_forgotten_after_a_day(own: OwnReportService, world: World, clock: SteppedClock) -> None:
    who = world.user.user.principal
    draft = await own.draft(who, WRITTEN, PICTURE)
    clock.advance(days=1)
    assert await own.find_draft(who) is None
    for question in (own.send(who, draft.draft_id), own.draft_picture(who, draft.draft_id)):
        with pytest.raises(UnknownId):
            await question


async def test_nobody_finds_what_is_another_persons(own: OwnReportService, world: World) -> None:
    who = world.user.user.principal
    report = await file_report(own, who, "callLog", "No calls", {}, PICTURE)
    draft = await own.draft(who, WRITTEN, PICTURE)
    for stranger in (world.second.user.principal, world.foreign_user.user.principal):
        assert (await own.find_draft(stranger), await own.sent(stranger)) == (None, [])
        for question in (
            own.get(stranger, report.report_id),
            own.by_reference(stranger, report.reference),
            own.picture(stranger, report.report_id),
            own.draft_picture(stranger, draft.draft_id),
            own.send(stranger, draft.draft_id),
        ):
            with pytest.raises(UnknownId):
                await question
    assert await own.find_draft(who) == draft


@pytest.mark.parametrize(
    ("text", "reason"), [(" \n", Reason.REQUIRED), ("x" * 4001, Reason.TOO_LONG), ("a\0b", Reason.BAD_CHARACTER)]
)
async def test_a_report_that_says_nothing_or_too_much_is_refused(
    own: OwnReportService, world: World, text: str, reason: Reason
) -> None:
    with pytest.raises(Refused) as refused:
        await filed(own, world, text)
    assert (refused.value.reason, refused.value.field) == (reason, "text")


async def test_who_is_inactive_writes_and_sends_nothing(
    own: OwnReportService, users: UserService, world: World
) -> None:
    draft = await own.draft(world.user.user.principal, WRITTEN)
    await users.change(world.partner, world.customer_id, world.user.user.principal_id, {"active": False})
    for question in (filed(own, world), own.send(world.user.user.principal, draft.draft_id)):
        with pytest.raises(UnknownId):
            await question


async def test_a_day_has_room_for_so_many_reports(own: OwnReportService, world: World, clock: SteppedClock) -> None:
    for number in range(MOST_A_DAY):
        await filed(own, world, f"No {number}")
    with pytest.raises(Refused) as refused:
        await filed(own, world)
    assert refused.value.reason is Reason.TOO_MANY
    clock.advance(hours=25)
    await filed(own, world)


async def test_support_contacts_and_the_author_are_written_to(
    own: OwnReportService, accounts: AccountService, world: World, *, database: Database, vault: Vault
) -> None:
    contacts = (
        Contact("", "Help Desk", "help@example.com"),
        Contact("", "Help Desk again", "HELP@example.com"),
        Contact("", "Field Service", "field@example.com", "Support"),
        Contact("", "Accounting", "bills@example.com", "billing"),
    )
    await accounts.change(world.partner, world.customer_id, {"contacts": contacts, "language_code": "fr-FR"})
    who = world.user.user.principal
    report = await file_report(own, who, "callLog", "No calls\n<b>at all</b>", {"version": "1.0"}, PICTURE)
    found = await mails(database)
    assert sorted(recipient.lower() for recipient, *_ in found) == [
        "field@example.com",
        "help@example.com",
        "person3@example.com",
    ]
    columns = schema.mails.c
    statement = select(columns.values_encrypted).where(columns.recipient == "field@example.com")
    [[values]] = await database.read(statement)
    message = render("report_for_support", "en-GB", queue.read_values(vault, values))
    assert message.subject == f"Problem report {report.reference}: Call log"
    assert "Hello Field Service," in message.text
    assert "Person No 3 at Customer reports a problem:" in message.text
    assert f"{CONSOLE}/{world.customer_id}/reports/{report.report_id}" in message.text
    assert "> No calls\n> <b>at all</b>" in message.text
    assert "Version of the app: 1.0" in message.text
    assert "There is a screenshot" in message.text
    assert "<b>at all" not in message.html


async def test_an_account_without_support_says_so_in_the_receipt(
    own: OwnReportService, database: Database, vault: Vault, world: World
) -> None:
    await filed(own, world)
    [[template, values]] = await database.read(select(schema.mails.c.template, schema.mails.c.values_encrypted))
    text = render(template, "en-GB", queue.read_values(vault, values)).text
    assert "Your administrators have your problem report." in text


async def test_administrators_work_it_off_and_the_author_is_told(
    own: OwnReportService,
    reports: ReportService,
    log: AuditLog,
    world: World,
    *,
    database: Database,
    clock: SteppedClock,
) -> None:
    first, second, third = [await filed(own, world, text) for text in ("One", "Two", "Three")]
    clock.advance(minutes=1)
    admin, account = world.administrator, world.customer_id
    await reports.change(admin, account, first.report_id, ReportState.CLOSED, "Restart Teams.\r\nThen call.")
    await reports.change(admin, account, second.report_id, ReportState.IN_PROGRESS)
    await reports.change(admin, account, second.report_id, ReportState.IN_PROGRESS)

    listed = await reports.all(world.partner, account)
    assert [(each.text, each.state) for each in listed] == [
        ("Three", "open"),
        ("Two", "inProgress"),
        ("One", "closed"),
    ]
    assert [each.report_id for each in await reports.all(admin, account, state=ReportState.OPEN)] == [third.report_id]
    theirs = await own.get(world.user.user.principal, first.report_id)
    assert (theirs.state, theirs.answer) == ("closed", "Restart Teams.\nThen call.")
    assert theirs.changed_on - theirs.created_on == timedelta(minutes=1)

    entries = (await log.entries(world.partner, account)).items
    assert [(each.action, each.before, each.after) for each in entries[:2]] == [
        ("report.changed", {"state": "open"}, {"state": "inProgress"}),
        ("report.answered", {"state": "open"}, {"state": "closed"}),
    ]
    assert "Restart" not in repr(entries)
    assert "Two" not in repr(entries)
    rows = await database.read(select(schema.outbox.c.topic, schema.outbox.c.payload))
    told = [payload for topic, payload in rows if topic == REPORT_CHANGED]
    principal_id = world.user.user.principal_id
    assert told == [{"principal_id": principal_id, "report_id": each.report_id} for each in (first, second)]

    await reports.change(admin, account, first.report_id, ReportState.CLOSED, "")
    assert (await own.get(world.user.user.principal, first.report_id)).answer == ""


async def test_reports_and_pictures_are_exported_and_go_with_their_author(
    own: OwnReportService, accounts: AccountService, users: UserService, world: World, database: Database
) -> None:
    who = world.user.user.principal
    report = await file_report(own, who, "callLog", "No calls", {}, PICTURE)
    await own.draft(who, WRITTEN, PICTURE)
    exported = b"".join([part async for part in accounts.export(world.partner, world.customer_id)])
    rows = [json.loads(line) for line in exported.splitlines()[1:]]
    (picture,) = [each["row"] for each in rows if each["table"] == "report_pictures"]
    assert (picture["report_id"], picture["content"]) == (report.report_id, b64encode(PNG).decode())
    assert not [each for each in rows if each["table"] == "report_drafts"]

    await users.delete(world.partner, world.customer_id, who.principal_id)
    for table in (schema.problem_reports, schema.report_pictures, schema.report_drafts):
        assert list(await database.read(select(table.c.account_id))) == []
