"""Reporting a problem in the chat: form, what would be sent, reference, state and answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from cloudlink.administration.reports import NewReport, ReportState
from cloudlink.service.administration.reports import ReportService
from cloudlink.service.provision import OPERATOR
from store.directory import Directory
from store.outbox import Outbox
from store.vault import Vault, new_key
from tests.bot.conftest import Chat, actions_of, running_bot, texts_of
from tests.pictures import PICTURE
from tests.reports import file_report, own_reports

if TYPE_CHECKING:
    from cloudlink.service.administration.own_reports import OwnReportService
    from store.database import Database
    from tests.bot.conftest import Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

WRITTEN = {"category": "calling", "text": "No ring from +33 1 99 00 12 34\nsince noon", "numbers": "false"}


@pytest.fixture
def own(database: Database, clock: SteppedClock) -> OwnReportService:
    return own_reports(database, Outbox(database, clock), Vault([new_key()]), clock)


@pytest.fixture
async def known(signed_in: Chat, teams: FakeConnector) -> Chat:
    """A chat that the bot knows to be the front desk's."""
    await answer(signed_in, teams, "help")
    return signed_in


async def answer(chat: Chat, teams: FakeConnector, text: str) -> dict[str, Any]:
    before = len(teams.taken)
    await chat.write(text)
    return (await teams.wait_for(before + 1))[before].activity


async def press(chat: Chat, data: dict[str, Any]) -> dict[str, Any]:
    card: dict[str, Any] = (await chat.press(data))["value"]
    return card


def card_of(activity: dict[str, Any]) -> dict[str, Any]:
    card: dict[str, Any] = activity["attachments"][0]["content"]
    return card


async def test_a_problem_is_reported_and_answered(
    known: Chat, teams: FakeConnector, company: Company, own: OwnReportService, database: Database
) -> None:
    form = card_of(await answer(known, teams, "report a problem"))
    preview_button = actions_of(form)[0]
    preview = await press(known, preview_button["data"] | WRITTEN)
    shown = texts_of(preview)
    for part in ("Making a call", "No ring from +33 1 99 00 •• ••", "since noon", "1.2.3", "Windows", "Europe/Paris"):
        assert part in shown
    assert "12 34" not in shown
    assert await own.sent(company.desk.principal) == []

    send = next(each for each in actions_of(preview) if each["title"] == "Send")
    sent = await press(known, send["data"])
    (report,) = await own.sent(company.desk.principal)
    assert f"Reference: {report.reference}" in texts_of(sent)
    assert report.text == "No ring from +33 1 99 00 •• ••\nsince noon"
    assert (report.facts["device"], report.facts["client"]) == ("Windows", "Chat with Mitel Assistant")
    assert await press(known, send["data"]) == sent
    assert len(await own.sent(company.desk.principal)) == 1

    reports = ReportService(database, Outbox(database))
    account = company.account.account_id
    await reports.change(OPERATOR, account, report.report_id, ReportState.CLOSED, "Restart **Teams**.")
    for asked in ("report status", f"report {report.reference.lower()}", f"report #{report.reference}"):
        told = texts_of(card_of(await answer(known, teams, asked)))
        assert "Closed" in told
        assert "Restart **Teams**." in told


async def test_numbers_stay_and_words_are_changed_before_it_is_sent(
    known: Chat, company: Company, own: OwnReportService
) -> None:
    preview = await press(known, {"verb": "reportPreview", **WRITTEN, "numbers": "true"})
    assert "+33 1 99 00 12 34" in texts_of(preview)
    form = await press(known, {"verb": "reportChange"})
    (field,) = [each for each in form["body"] if each["type"] == "Input.Text"]
    assert field["value"] == WRITTEN["text"]
    old = next(each for each in actions_of(preview) if each["title"] == "Send")["data"]
    await press(known, {"verb": "reportPreview", **WRITTEN, "text": "Another"})
    again = await press(known, old)
    assert "This was changed meanwhile." in texts_of(again)
    assert await own.sent(company.desk.principal) == []
    assert "Nothing was sent" in texts_of(await press(known, {"verb": "reportDiscard"}))
    assert await own.find_draft(company.desk.principal) is None
    assert "write it anew" in texts_of(await press(known, old))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"category": "calling", "text": " "}, "Please say what is wrong."),
        ({"category": "calling"}, "Please say what is wrong."),
        ({"category": ["calling"], "text": "No"}, "Please choose what it is about."),
        ({"category": "calling", "text": "x" * 4001}, "This is too long."),
        ({"category": "calling", "text": "a\0b"}, "This has a character"),
        ({"category": "calling", "text": {"a": 1}, "numbers": 7}, "Please say what is wrong."),
    ],
)
async def test_what_says_nothing_is_refused(known: Chat, data: dict[str, Any], sentence: str) -> None:
    assert sentence in texts_of(await press(known, {"verb": "reportPreview", **data}))


async def test_hostile_text_is_drawn_as_text(known: Chat) -> None:
    hostile = "[pay](https://evil.example.com) **bold** <b>x</b>"
    preview = await press(known, {"verb": "reportPreview", "category": "other", "text": "x" + hostile})
    runs = [run for part in preview["body"] for run in part.get("inlines", ())]
    assert "x" + hostile in [run["text"] for run in runs]
    assert not [part for part in preview["body"] if part["type"] == "TextBlock" and "evil" in part["text"]]


async def test_a_screenshot_of_the_tab_goes_with_it(known: Chat, company: Company, own: OwnReportService) -> None:
    await own.draft(company.desk.principal, NewReport("calling", "No", "No", {}), PICTURE)
    preview = await press(known, {"verb": "reportPreview", **WRITTEN})
    assert "Your screenshot from the tab is sent with it." in texts_of(preview)


async def test_another_persons_report_is_not_found(
    known: Chat, teams: FakeConnector, company: Company, own: OwnReportService
) -> None:
    theirs = await file_report(own, company.warehouse.principal, "calling", "Mine alone", {})
    assert "You have sent no report" in (await answer(known, teams, f"report {theirs.reference}"))["text"]
    assert "You have sent no problem report." in texts_of(card_of(await answer(known, teams, "my reports")))
    draft = await own.draft(company.warehouse.principal, NewReport("calling", "Mine", "Mine", {}))
    assert "write it anew" in texts_of(await press(known, {"verb": "reportSend", "draft": draft.draft_id}))
    assert len(await own.sent(company.warehouse.principal)) == 1


async def test_where_nobody_reads_reports_it_says_so(
    database: Database, clock: SteppedClock, teams: FakeConnector, company: Company
) -> None:
    async with running_bot(database, clock, reported=False) as url, ClientSession() as http:
        chat = Chat(http, url, teams.url)
        await Directory(database, clock).connect(chat.user, company.desk.principal)
        for command in ("report", "report status"):
            assert "Nobody is named here" in (await answer(chat, teams, command))["text"]


async def test_an_error_that_the_person_was_told_of_is_among_the_facts(
    known: Chat, teams: FakeConnector, database: Database
) -> None:
    def spoil(connection: Any) -> None:
        connection.exec_driver_sql("ALTER TABLE calls RENAME TO calls_away")

    await database.write(spoil)
    failed = texts_of(card_of(await answer(known, teams, "call log")))
    reference = re.search(r"Reference: ([0-9a-f]{8})", failed)
    assert reference is not None
    assert f"the assistant failed {reference[1]}" in texts_of(await press(known, {"verb": "reportPreview", **WRITTEN}))
