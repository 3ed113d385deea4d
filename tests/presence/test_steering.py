"""Do not disturb in Teams reaches telephones and leaves them again, over the real store, client and commands."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from cloudlink.commands import KINDS, Outcome, Result, SetDoNotDisturb
from cloudlink.uplink import CommandEnded, CommandGiven, CommandOffered, CommandTaken
from store.schema import presence_mirrors, users

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from cloudlink.model import User
    from cloudlink.uplink import Frame
    from presence.worker import PresenceWorker
    from tests.presence.office import Office

PRESENTING = ("DoNotDisturb", "Presenting")
DND = ("DoNotDisturb", "DoNotDisturb")
AVAILABLE = ("Available", "Available")


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


@dataclass
class Desks:
    """The gateway's side of commands: it switches telephones, and tells so as their PBX does; ``result`` is of each."""

    office: Office
    result: str = Result.DONE
    done: list[tuple[str, bool]] = field(default_factory=list)
    worker: PresenceWorker | None = None

    async def hear(self, frame: Frame) -> None:
        commands, gateway = self.office.commands, self.office.gateway
        match frame:
            case CommandOffered(command_id):
                await commands.hear(gateway, CommandTaken(command_id))
            case CommandGiven(command_id, _, SetDoNotDisturb(extension, on)):
                self.done.append((extension, on))
                await commands.hear(gateway, CommandEnded(command_id, Outcome(self.result)))
                if self.result == Result.DONE:
                    await self.office.line(self._user(extension), dnd=on)

    def _user(self, extension: str) -> User:
        people = self.office.people
        return next(user for user in (people.desk, people.warehouse) if user.extension == extension)

    @asynccontextmanager
    async def linked(self) -> AsyncIterator[Desks]:
        self.office.commands.attach(self.office.gateway, self.hear, KINDS)
        yield self
        self.office.commands.detach(self.office.gateway, self.hear)

    async def until(self, *done: tuple[str, bool], within: float = 10.0) -> None:
        """Since the beginning, all of them."""
        await self.office.until_true(lambda: self.done == [*done], within)


@asynccontextmanager
async def following(office: Office) -> AsyncIterator[Desks]:
    """Presence is on, telephones follow, and everybody is matched and their line known."""
    await office.switch(fromTeams="true")
    desks = Desks(office)
    async with desks.linked(), office.serving() as worker:
        desks.worker = worker
        for user in (office.people.desk, office.people.warehouse):
            office.microsoft.presences.client(office.person(user), *AVAILABLE)
            await office.line(user, state="idle")
        await office.until_true(lambda: reads(office) > 2)
        yield desks


def reads(office: Office) -> int:
    return sum(call.path.endswith("/getPresencesByUserId") for call in office.microsoft.calls)


def choose(office: Office, user: User) -> None:
    office.microsoft.presences.prefer(office.person(user), *DND)


def leave(office: Office, user: User) -> None:
    office.microsoft.presences.reset(office.person(user))


async def kept(office: Office) -> set[tuple[bool, bool]]:
    rows = await office.database.scan(select(presence_mirrors.c.by_teams, presence_mirrors.c.teams_dnd))
    return {(bool(by_teams), bool(teams_dnd)) for by_teams, teams_dnd in rows}


async def test_the_telephone_follows_a_choice_in_teams_and_nothing_comes_back(office: Office) -> None:
    async with following(office) as desks:
        desk = office.people.desk
        choose(office, desk)
        await desks.until(("201", True), within=5)
        await office.pass_(10)
        assert await kept(office) == {(True, True)}

        leave(office, desk)
        await desks.until(("201", True), ("201", False), within=5)
        await office.pass_(70)
        assert desks.done == [("201", True), ("201", False)]
        assert office.writes() == []
        assert await kept(office) == set()


async def test_do_not_disturb_by_hand_is_shown_and_stays_whatever_is_chosen_in_teams(office: Office) -> None:
    async with following(office) as desks:
        desk = office.people.desk
        await office.line(desk, dnd=True)
        await office.until(desk, PRESENTING)
        for change in (choose, leave):
            change(office, desk)
            await office.pass_(10)
        assert desks.done == []
        assert office.shows(desk) == PRESENTING

        await office.line(desk, dnd=False)
        await office.until(desk, None)
        assert office.writes() == [("desk", "set"), ("desk", "clear")]


async def test_who_takes_it_off_at_the_telephone_is_let_be_until_their_next_choice(office: Office) -> None:
    async with following(office) as desks:
        desk = office.people.desk
        choose(office, desk)
        await desks.until(("201", True))
        await office.pass_(1)
        await office.line(desk, dnd=False)
        await office.pass_(10)
        assert desks.done == [("201", True)]
        leave(office, desk)
        await office.pass_(5)
        choose(office, desk)
        await desks.until(("201", True), ("201", True))


async def test_a_meeting_or_an_application_that_presents_silences_no_telephone(office: Office) -> None:
    async with following(office) as desks:
        office.microsoft.presences.client(office.person(office.people.desk), *PRESENTING)
        await office.pass_(10)
        assert desks.done == []


async def test_nobody_is_read_of_whom_no_gateway_tells(office: Office) -> None:
    async with following(office):
        before = reads(office)
        await office.pass_(30)
        assert 9 <= reads(office) - before <= 11
        await office.unlink()
        await office.pass_(20, linked=False)
        before = reads(office)
        await office.pass_(30, linked=False)
        assert reads(office) == before


async def test_a_server_that_comes_back_goes_on_with_what_was_kept(office: Office) -> None:
    desk = office.people.desk
    async with following(office) as desks:
        choose(office, desk)
        await desks.until(("201", True))
        await office.pass_(1)
    leave(office, desk)
    async with desks.linked(), office.serving():
        await desks.until(("201", True), ("201", False), within=30)
        await office.pass_(10)
    assert await kept(office) == set()
    assert office.writes() == []


@pytest.mark.parametrize("how", ["not from Teams", "off", "off while no server runs"])
async def test_what_teams_has_put_on_is_taken_off_when_the_account_wants_it_no_more(office: Office, how: str) -> None:
    desk = office.people.desk
    async with following(office) as desks:
        choose(office, desk)
        await desks.until(("201", True))
        await office.pass_(1)
        if how == "not from Teams":
            await office.switch()
        elif how == "off":
            await office.switch(on=False)
        if how != "off while no server runs":
            await desks.until(("201", True), ("201", False), within=30)
    await office.switch(on=False)
    async with desks.linked(), office.serving():
        await desks.until(("201", True), ("201", False), within=30)
        await office.pass_(5)
    assert await kept(office) == set()


async def test_a_command_that_fails_is_tried_again(office: Office) -> None:
    async with following(office) as desks:
        desks.result = Result.REFUSED
        choose(office, office.people.desk)
        await office.until_true(lambda: len(desks.done) >= 3, within=120)
        desks.result = Result.DONE
        tried = len(desks.done)
        await office.until_true(lambda: len(desks.done) > tried, within=120)
        await office.pass_(10)
        assert len(desks.done) == tried + 1
        assert await kept(office) == {(True, True)}


async def test_the_telephone_of_somebody_who_is_looked_after_no_more_is_freed(office: Office) -> None:
    async with following(office) as desks:
        choose(office, office.people.desk)
        await desks.until(("201", True))
        await office.pass_(1)
        moved = update(users).where(users.c.principal_id == office.people.desk.principal_id)
        await office.database.write(lambda c: c.execute(moved.values(email_folded="another@example.com")))
        assert desks.worker is not None
        desks.worker.tenants[office.account_id].note_all()
        await desks.until(("201", True), ("201", False))
