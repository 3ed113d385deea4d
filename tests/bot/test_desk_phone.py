"""Cards of people who call with their desk phone: their buttons ring it, and nobody else's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import ClientSession

from cloudlink.commands import MakeCall, Result
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.provision import Provisioning
from store.dial_links import DialLinks
from store.directory import Directory
from store.outbox import Outbox
from store.preferences import Preferences, PreferenceStore
from tests.bot.conftest import Chat, actions_of, record, running_bot, texts_of
from tests.cloudlink.conftest import inbound
from tests.cloudlink.telephones import PER_MINUTE, Telephones

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from store.database import Database
    from tests.bot.conftest import Company
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector


@pytest.fixture
def commands(database: Database, clock: SteppedClock) -> Commands:
    return Commands(database, clock)


@pytest.fixture
def telephones(database: Database, clock: SteppedClock, company: Company, commands: Commands) -> Telephones:
    provisioning = Provisioning(database, Outbox(database, clock), clock)
    return Telephones(database, provisioning, clock, company.account.account_id, commands)


@pytest.fixture
async def chat(
    database: Database, clock: SteppedClock, teams: FakeConnector, commands: Commands
) -> AsyncIterator[Chat]:
    control = CallControl(database, commands, per_minute=PER_MINUTE, now=clock)
    cloudlink = EmbeddedCloudLink(database, clock, control=control)
    async with running_bot(database, clock, cloudlink=cloudlink) as url, ClientSession() as http:
        yield Chat(http, url, teams.url)


@pytest.fixture
async def desk(signed_in: Chat, database: Database, company: Company) -> Chat:
    """The front desk has chosen the desk phone."""
    await PreferenceStore(database).save(company.desk.principal, Preferences(desk_phone=True), zone="UTC")
    return signed_in


def buttons_of(card: Any) -> list[dict[str, Any]]:
    """The call buttons, without what they fall back to."""
    return [each for each in actions_of(card) if each["title"] == "Call" and each["type"] != "Action.Submit"]


async def test_it_is_a_choice_where_the_telephone_system_can(
    signed_in: Chat, teams: FakeConnector, telephones: Telephones, database: Database, company: Company
) -> None:
    await signed_in.write("settings")
    assert "desk phone" not in texts_of(teams.taken[-1].card)
    async with telephones.working():
        await signed_in.write("settings")
        card = teams.taken[-1].card
        (choice,) = [part for part in card["body"] if part.get("id") == "call_with"]
        assert (choice["value"], [each["value"] for each in choice["choices"]]) == (
            "micollab",
            ["micollab", "deskPhone"],
        )
        (save,) = card["actions"]
        form = {part["id"]: part["value"] for part in card["body"] if part["type"].startswith("Input.")}
        await signed_in.press({**save["data"], **form, "call_with": "deskPhone"})
    assert (await PreferenceStore(database).of(company.desk.principal)).desk_phone


async def test_every_call_button_rings_it(
    desk: Chat, teams: FakeConnector, database: Database, company: Company
) -> None:
    await record(database, company.desk, inbound("c1"))
    for text in ("call log", "call 202", "call warehouse", "find +33199000001"):
        await desk.write(text)
        shown = buttons_of(teams.taken[-1].card)
        assert shown, text
        assert {(each["type"], each["verb"]) for each in shown} == {("Action.Execute", "deskCall")}, text
        assert all(set(each["data"]) == {"verb", "dial"} for each in shown)


async def test_a_press_places_the_call_and_says_so(
    desk: Chat, teams: FakeConnector, telephones: Telephones, clock: SteppedClock
) -> None:
    await desk.write("call +33 1 99 00 00 07")
    (button,) = buttons_of(teams.taken[-1].card)
    async with telephones.working() as gateway:
        told = (await desk.press(button["data"]))["value"]
        await desk.press(button["data"])
        assert gateway.done == [MakeCall("201", "+33199000007")]
        clock.advance(seconds=10)
        again = next(each for each in actions_of(told) if each["title"] == "Call again")
        await desk.press(again["data"])
        assert len(gateway.done) == 2
    assert "Your desk phone 201 rings. Lift it, and +33 1 99 00 00 07 is called." in texts_of(told)
    (other,) = [each for each in actions_of(told) if each["title"] == "Call with MiCollab"]
    assert other["url"].startswith("https://assistant.example.com/dial/")


@pytest.mark.parametrize(
    ("result", "sentence"),
    [
        (Result.NOT_CONNECTED, "is not connected at the moment"),
        (Result.REFUSED, "did not place the call"),
        (Result.UNANSWERED, "did not answer in time"),
        (Result.NOT_MONITORED, "cannot call from your desk phone"),
    ],
)
async def test_what_did_not_work_is_said(
    desk: Chat, teams: FakeConnector, telephones: Telephones, result: Result, sentence: str
) -> None:
    await desk.write("call 202")
    (button,) = buttons_of(teams.taken[-1].card)
    async with telephones.working() as gateway:
        gateway.result = result
        told = (await desk.press(button["data"]))["value"]
    assert sentence in texts_of(told)


async def test_a_button_rings_nobodys_phone_but_its_owners(
    desk: Chat,
    teams: FakeConnector,
    telephones: Telephones,
    *,
    database: Database,
    clock: SteppedClock,
    company: Company,
) -> None:
    await desk.write("call 202")
    (button,) = buttons_of(teams.taken[-1].card)
    east = Chat(desk.http, desk.messages_url, desk.service_url, "29:east", "a:east")
    await east.write("help")
    await Directory(database, clock).connect(east.user, company.warehouse.principal)
    group = Chat(desk.http, desk.messages_url, desk.service_url, conversation_id="19:group", kind="groupChat")
    async with telephones.working() as gateway:
        for presser in (east, group):
            told = (await presser.press(button["data"]))["value"]
            assert "rings" not in texts_of(told)
        for forged in ("", "x" * 22, "../../etc/passwd", 7, None, "é" * 22):
            told = (await desk.press({"verb": "deskCall", "dial": forged}))["value"]
            assert "out of date" in texts_of(told)
        barred = await DialLinks(database, clock).for_number(
            company.desk.principal, "+33899000001", None, lifetime=timedelta(hours=1)
        )
        told = (await desk.press({"verb": "deskCall", "dial": barred}))["value"]
        assert "does not allow calls to this number" in texts_of(told)
    assert gateway.done == []


async def test_a_flood_is_slowed_down(
    desk: Chat, teams: FakeConnector, telephones: Telephones, clock: SteppedClock
) -> None:
    await desk.write("call 202")
    (button,) = buttons_of(teams.taken[-1].card)
    async with telephones.working() as gateway:
        for _ in range(PER_MINUTE):
            await desk.press(button["data"])
            clock.advance(seconds=6)
        told = (await desk.press(button["data"]))["value"]
    assert "many calls within a minute" in texts_of(told)
    assert len(gateway.done) == PER_MINUTE
