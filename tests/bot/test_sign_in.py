"""Signing in from the chat: the link, the code, and what goes on after it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession

from store.database import open_database
from store.directory import Directory
from tests.bot.conftest import PUBLIC_URL, actions_of, record, running_bot, texts_of
from tests.cloudlink.conftest import inbound
from tests.fakes.connector import Fault

if TYPE_CHECKING:
    from auth.sign_in import SignIn
    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector, Sent

LINK = f"{PUBLIC_URL}/sign-in/"


def token_in(sent: Sent) -> str:
    """The token at the end of the link of a sign-in card."""
    (link,) = [action["url"] for action in actions_of(sent.card) if action.get("url", "").startswith(LINK)]
    return str(link.removeprefix(LINK))


def text_of(sent: Sent) -> str:
    return str(sent.activity.get("text", ""))


@pytest.fixture
def directory(database: Database, clock: SteppedClock) -> Directory:
    return Directory(database, clock)


async def test_a_stranger_who_asks_for_calls_signs_in_and_gets_them(
    chat: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, database: Database
) -> None:
    await record(database, company.desk, inbound("c1", answered=False))

    await chat.write("missed calls")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)
    await chat.write(f" {code.lower()} ")

    _, signed_in, call_log = teams.taken
    assert texts_of(signed_in.card)
    assert "+33199000001" in texts_of(call_log.card).replace(" ", "")


async def test_the_page_will_name_the_person_of_the_chat(chat: Chat, teams: FakeConnector, sign_ins: SignIn) -> None:
    await chat.write("sign in", locale="fr-FR")

    opened = await sign_ins.of_link(token_in(teams.taken[0]))
    assert (opened.user, opened.conversation_id, opened.display_name) == (chat.user, "a:desk", "Front Desk")
    assert opened.language_code.startswith("fr")


async def test_a_restart_in_the_middle_loses_nothing(
    chat: Chat,
    teams: FakeConnector,
    sign_ins: SignIn,
    company: Company,
    *,
    database: Database,
    database_url: str,
    clock: SteppedClock,
) -> None:
    await record(database, company.desk, inbound("c1"))
    await chat.write("call log")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)

    again = await open_database(database_url)
    async with running_bot(again, clock) as url, ClientSession() as http:
        await replace(chat, http=http, messages_url=url).write(code)
    await again.close()

    assert "+33199000001" in texts_of(teams.taken[-1].card).replace(" ", "")


async def test_a_wrong_code_says_how_many_tries_are_left_and_five_burn_the_link(
    chat: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, directory: Directory
) -> None:
    await chat.write("sign in")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)

    for _ in range(5):
        await chat.write("BBBB-BBBB")
    await chat.write(code)

    assert "4 tries" in text_of(teams.taken[1])
    assert "1 try" in text_of(teams.taken[4])
    assert "new link" in text_of(teams.taken[5])
    assert await directory.principal_of(chat.user) is None


@pytest.mark.parametrize("said", ["where is the code, please?", "thank you", "good morning", "one moment please"])
async def test_what_is_no_code_costs_no_try(
    chat: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, directory: Directory, *, said: str
) -> None:
    await chat.write("sign in")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)

    for _ in range(6):
        await chat.write(said)
    await chat.write(code)

    assert "code" in text_of(teams.taken[1])
    assert await directory.principal_of(chat.user) == company.desk.principal


@pytest.mark.parametrize("form", ["{}.", "“{}”", " {} ", "{} !"])
async def test_a_code_is_taken_however_it_is_written(
    chat: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, directory: Directory, *, form: str
) -> None:
    await chat.write("sign in")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)
    await chat.write(form.format(code.replace("-", "\u2013").lower()))
    assert await directory.principal_of(chat.user) == company.desk.principal


@pytest.mark.parametrize("state", ["", "CancelledByUser", "UserCancelledSignIn"])
async def test_closing_teams_window_costs_no_try_and_says_nothing(
    chat: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, directory: Directory, *, state: str
) -> None:
    await chat.write("sign in")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)
    for _ in range(6):
        assert (await chat.invoke("signin/verifyState", {"state": state})).status == 200
    assert len(teams.taken) == 1
    await chat.write(code)
    assert await directory.principal_of(chat.user) == company.desk.principal


async def test_a_code_that_worked_is_answered_200_even_when_no_reply_can_be_sent(
    chat: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, directory: Directory
) -> None:
    await chat.write("sign in")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)
    teams.faults.append(Fault(403, "MessageWritesBlocked"))
    assert (await chat.invoke("signin/verifyState", {"state": code})).status == 200
    assert await directory.principal_of(chat.user) == company.desk.principal


async def test_a_code_before_the_page_was_used_says_what_to_do(chat: Chat, teams: FakeConnector) -> None:
    await chat.write("sign in")
    await chat.write("BBBB-BBBB")

    assert "Open the link" in text_of(teams.taken[1])


async def test_somebody_elses_code_is_worth_nothing(
    chat: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, directory: Directory
) -> None:
    other = replace(chat, user_id="29:other", conversation_id="a:other")
    await chat.write("sign in")
    await other.write("sign in")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)

    await other.write(code)

    assert await directory.principal_of(other.user) is None


async def test_teams_popup_brings_the_code_back_by_itself(
    chat: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, directory: Directory
) -> None:
    await chat.write("sign in")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)

    first = await chat.invoke("signin/verifyState", {"state": code})
    again = await chat.invoke("signin/verifyState", {"state": code})

    assert (first.status, again.status) == (200, 200)
    assert await directory.principal_of(chat.user) == company.desk.principal
    assert len(teams.taken) == 2


@pytest.mark.parametrize("value", [None, {}, {"state": 7}])
async def test_a_popup_that_brings_no_code_is_400(chat: Chat, value: object) -> None:
    assert (await chat.invoke("signin/verifyState", value)).status == 400


async def test_a_command_leaves_the_open_sign_in_behind(chat: Chat, teams: FakeConnector) -> None:
    await chat.write("sign in")
    await chat.write("help")

    assert "call log" in texts_of(teams.taken[1].card)


async def test_signing_out_forgets_the_connection_and_the_open_link(
    signed_in: Chat, teams: FakeConnector, sign_ins: SignIn, company: Company, directory: Directory
) -> None:
    await signed_in.write("sign in")
    code = await sign_ins.grant(token_in(teams.taken[0]), company.desk.principal)

    await signed_in.write("sign out")
    await signed_in.write(code)

    assert await directory.principal_of(signed_in.user) is None


async def test_a_button_works_again_after_signing_out_and_in(
    signed_in: Chat, teams: FakeConnector, company: Company, directory: Directory
) -> None:
    await signed_in.write("sign out")
    await directory.connect(signed_in.user, company.desk.principal)
    await signed_in.write("help")

    answer = await signed_in.press({"verb": "callLog", "kind": "all", "cursor": None})
    assert "You have no calls yet." in texts_of(answer["value"])
