"""Of whom a line is, and whose session ends when that changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, update

from presence.gateways import Gateways
from presence.lines import Lines
from presence.meters import Meters
from presence.model import Options, Switched
from presence.policy import UNCHANGED, Shown
from presence.steering import Steering
from store.schema import gateways, presence_matches, users

if TYPE_CHECKING:
    from sqlalchemy import Executable

    from cloudlink.model import User
    from presence.policy import Wanted
    from tests.presence.office import Office


class Teams:
    """What was last told of each person; ``said`` is all of it."""

    def __init__(self) -> None:
        self.shown: dict[str, Wanted] = {}
        self.said: list[str] = []

    def want(self, object_id: str, wanted: Wanted, *, since: float | None = None) -> None:
        self.shown[object_id] = wanted
        self.said.append(object_id)

    def forget(self, object_id: str) -> None:
        del self.shown[object_id]
        self.said.append(f"not {object_id}")


class Desk(NamedTuple):
    """An account of two users."""

    office: Office
    lines: Lines
    gateways: Gateways
    teams: Teams

    async def execute(self, *statements: Executable) -> None:
        def work(connection: object) -> None:
            for statement in statements:
                connection.execute(statement)  # type: ignore[attr-defined]

        await self.office.database.write(work)

    async def match(self, **people: str) -> None:
        """These users are these people of the tenant."""
        rows = [
            {
                "account_id": self.office.account_id,
                "principal_id": self.user(name).principal_id,
                "tenant_id": self.office.tenant.tenant_id,
                "object_id": object_id,
                "email_folded": self.user(name).email,
                "checked_on": self.office.clock(),
            }
            for name, object_id in people.items()
        ]
        await self.execute(delete(presence_matches), insert(presence_matches).values(rows))

    def user(self, name: str) -> User:
        user: User = getattr(self.office.people, name)
        return user


@pytest.fixture
async def desk(office: Office) -> Desk:
    switched = Switched(office.account_id, office.tenant.tenant_id, str(uuid4()), "secret", Options())
    teams = Teams()
    held = Gateways(office.database, office.account_id, office.clock)
    await held.look()
    steering = Steering(office.database, office.control, office.account_id, Meters(), follows=False)
    made = Desk(office, Lines(office.database, switched, held, teams, steering), held, teams)
    await made.match(desk="d", warehouse="w")
    await office.line(office.people.desk, state="connected")
    await office.line(office.people.warehouse, state="idle")
    return made


async def test_all_are_read_and_of_those_who_are_noted_no_others(desk: Desk) -> None:
    await desk.lines.reconcile()
    assert desk.teams.shown == {"d": Shown.IN_A_CALL, "w": None}
    assert desk.lines.principal_ids == {"d": desk.user("desk").principal_id, "w": desk.user("warehouse").principal_id}

    desk.teams.said.clear()
    await desk.office.line(desk.user("warehouse"), dnd=True)
    await desk.lines.refresh({desk.user("warehouse").principal_id: 1.0, "nobody": 1.0})
    assert desk.teams.said == ["w"]
    assert desk.teams.shown["w"] is Shown.PRESENTING


async def test_people_who_change_places_keep_their_sessions(desk: Desk) -> None:
    await desk.lines.reconcile()
    await desk.match(desk="w", warehouse="d")
    await desk.lines.reconcile()
    assert desk.teams.shown == {"d": None, "w": Shown.IN_A_CALL}

    await desk.match(warehouse="w")
    await desk.lines.reconcile()
    assert desk.teams.shown == {"w": None}
    assert desk.lines.object_ids == {desk.user("warehouse").principal_id: "w"}


async def test_another_address_is_another_person_until_they_are_matched_anew(desk: Desk) -> None:
    await desk.lines.reconcile()
    mine = users.c.principal_id == desk.user("desk").principal_id
    await desk.execute(update(users).where(mine).values(email_folded="new@example.com"))
    await desk.lines.refresh({desk.user("desk").principal_id: None})
    assert desk.teams.shown == {"w": None}


async def test_of_a_pbx_that_tells_nothing_of_lines_nothing_is_told(desk: Desk) -> None:
    await desk.execute(update(gateways).values(pbx="business"))
    await desk.gateways.look()
    await desk.lines.reconcile()
    assert desk.teams.shown == {"d": UNCHANGED, "w": UNCHANGED}


@pytest.mark.parametrize("back", [timedelta(0), timedelta(hours=1)])
async def test_who_takes_over_after_a_crash_waits_for_a_sign_of_life_though_the_clock_was_put_back(
    desk: Desk, back: timedelta
) -> None:
    office = desk.office
    office.clock.advance(seconds=1 - back.total_seconds())
    taken_over = Gateways(office.database, office.account_id, office.clock, inherited=True)
    for _ in range(3):
        await taken_over.look()
        assert taken_over.doubtful
        office.clock.advance(seconds=1)
    await office.tell_report()
    await taken_over.look()
    assert not taken_over.doubtful
