"""The stand-in's presence, held to what Microsoft documents; and what we ask of it, judged by the stand-in."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import GraphError, NotFound, NotPermitted
from graph.messages import Answer, Method, Request
from graph.paths import path
from graph.permissions import WRITE_PRESENCE
from graph.presence import LARGEST_READ, Presence, clear_presence, read_presences, set_presence
from tests.fakes.graph import OFFLINE
from tests.graph.conftest import APP_ID, TENANT_ID

if TYPE_CHECKING:
    from graph.client import TenantGraph
    from tests.fakes.entra import Person, Tenant
    from tests.fakes.graph import FakeGraph
    from tests.graph.conftest import SteppedTime

BUSY = ("Busy", "InACall")
PRESENTING = ("DoNotDisturb", "Presenting")
AVAILABLE = ("Available", "Available")
AWAY = ("Away", "Away")


@pytest.fixture
def person(tenant: Tenant) -> Person:
    return tenant.add("ada@example.com")


class Teams:
    """One person, what we ask about them, and what their colleagues see."""

    def __init__(self, ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant, person: Person) -> None:
        self.ours = ours
        self.presences = microsoft.presences
        self.tenant = tenant
        self.person = person

    async def set(self, pair: tuple[str, str], minutes: int = 5) -> None:
        await self.ours.send(set_presence(self.person.object_id, APP_ID, *pair, minutes))

    async def clear(self) -> None:
        await self.ours.send(clear_presence(self.person.object_id, APP_ID))

    async def post(self, action: str, **body: object) -> Answer:
        where = path("users", self.person.object_id, "presence", action)
        return await self.ours.send(Request(Method.POST, where, WRITE_PRESENCE, body))

    async def refused(self, **changes: object) -> GraphError:
        body = {"sessionId": APP_ID, "availability": "Busy", "activity": "InACall"} | changes
        with pytest.raises(GraphError) as refused:
            await self.post("setPresence", **body)
        return refused.value

    @property
    def shown(self) -> tuple[str, str]:
        return self.presences.shown(self.tenant, self.person)


@pytest.fixture
def teams(ours: TenantGraph, microsoft: FakeGraph, tenant: Tenant, person: Person) -> Teams:
    return Teams(ours, microsoft, tenant, person)


async def test_whoever_has_no_session_is_offline(teams: Teams) -> None:
    assert teams.shown == OFFLINE


@pytest.mark.parametrize("pair", [BUSY, ("Busy", "InAConferenceCall"), PRESENTING, AVAILABLE, AWAY])
async def test_what_an_application_may_say_is_shown(teams: Teams, pair: tuple[str, str]) -> None:
    await teams.set(pair)
    assert teams.shown == pair


@pytest.mark.parametrize(
    "pair", [("DoNotDisturb", "DoNotDisturb"), ("Busy", "Busy"), ("Busy", "InAMeeting"), ("Offline", "OffWork")]
)
async def test_what_it_may_not_say_is_refused(teams: Teams, pair: tuple[str, str]) -> None:
    assert (await teams.refused(availability=pair[0], activity=pair[1])).status == 400
    assert teams.shown == OFFLINE


async def test_a_session_is_that_of_the_application_that_asks(teams: Teams) -> None:
    assert (await teams.refused(sessionId="22553876-f5ab-4529-bffb-cfe50aa89f87")).status == 400
    assert (await teams.refused(sessionId=None)).status == 400
    assert teams.presences.writes == []


@pytest.mark.parametrize("duration", ["PT4M", "PT4H1M", "PT0S", "P1D", "PT", "5", "", "P1M"])
async def test_a_duration_is_five_minutes_to_four_hours(teams: Teams, duration: str) -> None:
    assert (await teams.refused(expirationDuration=duration)).status == 400


@pytest.mark.parametrize(("duration", "minutes"), [("PT5M", 5), ("PT4H", 240), ("PT1H30M", 90), ("PT300S", 5)])
async def test_a_session_ends_when_its_duration_is_over(
    teams: Teams, time: SteppedTime, duration: str, minutes: int
) -> None:
    await teams.post(
        "setPresence", sessionId=APP_ID, availability=BUSY[0], activity=BUSY[1], expirationDuration=duration
    )
    time.now += 60 * minutes - 1
    assert teams.shown == BUSY
    time.now += 1
    assert teams.shown == OFFLINE


async def test_it_lasts_five_minutes_unless_told_and_is_renewed_by_setting_it_again(
    teams: Teams, time: SteppedTime
) -> None:
    for _ in range(2):
        await teams.post("setPresence", sessionId=APP_ID, availability=BUSY[0], activity=BUSY[1])
        time.now += 299
        assert teams.shown == BUSY
    time.now += 1
    assert teams.shown == OFFLINE


async def test_available_fades_in_two_stages(teams: Teams, time: SteppedTime) -> None:
    await teams.set(AVAILABLE, minutes=60)
    time.now += 299
    await teams.set(AVAILABLE, minutes=60)
    for seconds, shown in ((299, AVAILABLE), (1, ("Available", "AvailableInactive")), (300, AWAY), (2999, AWAY)):
        time.now += seconds
        assert teams.shown == shown
    time.now += 1
    assert teams.shown == OFFLINE


async def test_among_sessions_the_busiest_is_shown(teams: Teams) -> None:
    order = [AWAY, AVAILABLE, BUSY, PRESENTING]
    for lower, higher in itertools.pairwise(order):
        teams.presences.client(teams.person, *lower)
        await teams.set(higher)
        assert teams.shown == higher
        teams.presences.client(teams.person, *higher)
        await teams.set(lower)
        assert teams.shown == higher


async def test_the_end_of_our_session_shows_what_teams_itself_says(teams: Teams) -> None:
    teams.presences.client(teams.person, *AVAILABLE)
    await teams.set(BUSY)
    await teams.clear()
    assert teams.shown == AVAILABLE
    teams.presences.sign_out(teams.person)
    assert teams.shown == OFFLINE


async def test_a_persons_own_choice_stands_above_every_session_while_there_is_one(
    teams: Teams, time: SteppedTime
) -> None:
    teams.presences.prefer(teams.person, *AVAILABLE)
    assert teams.shown == OFFLINE
    await teams.set(PRESENTING, minutes=60)
    assert teams.shown == AVAILABLE
    teams.presences.reset(teams.person)
    assert teams.shown == PRESENTING
    teams.presences.prefer(teams.person, "Offline", "OffWork")
    assert teams.shown == ("Offline", "OffWork")
    time.now += 3600
    assert teams.shown == OFFLINE


@pytest.mark.parametrize(("pair", "days"), [(("Busy", "Busy"), 1), (("DoNotDisturb", "DoNotDisturb"), 1), (AWAY, 7)])
async def test_a_choice_ends_after_a_day_or_seven(
    teams: Teams, time: SteppedTime, pair: tuple[str, str], days: int
) -> None:
    teams.presences.client(teams.person, *AVAILABLE)
    teams.presences.prefer(teams.person, *pair)
    time.now += days * 86400 - 1
    assert teams.shown == pair
    time.now += 1
    assert teams.shown == AVAILABLE


async def test_clearing_what_is_not_there_is_not_found(teams: Teams, time: SteppedTime) -> None:
    with pytest.raises(NotFound):
        await teams.clear()
    await teams.set(BUSY)
    time.now += 300
    with pytest.raises(NotFound):
        await teams.clear()
    assert [(write.kind, write.status) for write in teams.presences.writes] == [
        ("clear", 404), ("set", 200), ("clear", 404),
    ]  # fmt: skip


async def test_nobody_is_not_found(ours: TenantGraph, other_tenant: Tenant) -> None:
    stranger = other_tenant.add("eve@other.example.com")
    for object_id in ("nobody", stranger.object_id, stranger.upn):
        with pytest.raises(NotFound):
            await ours.send(set_presence(object_id, APP_ID, *BUSY, 5))


async def test_nobody_is_shown_in_a_tenant_that_is_not_theirs(teams: Teams, other_tenant: Tenant) -> None:
    with pytest.raises(LookupError):
        teams.presences.shown(other_tenant, teams.person)


async def test_the_log_tells_what_was_written_and_when(teams: Teams, time: SteppedTime) -> None:
    await teams.set(BUSY, minutes=60)
    time.now += 30
    await teams.clear()
    first, second = teams.presences.writes
    assert (first.at, first.pair, first.minutes) == (1000, BUSY, 60)
    assert (first.tenant_id, first.application_id, first.object_id) == (TENANT_ID, APP_ID, teams.person.object_id)
    assert (second.at, second.kind, second.object_id) == (1030, "clear", teams.person.object_id)


async def test_many_are_read_at_once_and_strangers_are_left_out(
    ours: TenantGraph, teams: Teams, tenant: Tenant, other_tenant: Tenant
) -> None:
    people = [tenant.add(f"person{number}@example.com") for number in range(LARGEST_READ - 3)]
    stranger = other_tenant.add("eve@other.example.com")
    await teams.set(BUSY)
    asked = [teams.person, stranger, *people]
    read = await read_presences(ours, [person.object_id for person in asked] + ["nobody"])
    assert read == [Presence(teams.person.object_id, *BUSY), *(Presence(p.object_id, *OFFLINE) for p in people)]


@pytest.mark.parametrize("ids", [[], ["x"] * (LARGEST_READ + 1), "x", None])
async def test_more_than_650_are_refused_and_so_is_no_list(ours: TenantGraph, ids: object) -> None:
    body: dict[str, Any] = {"ids": ids}
    with pytest.raises(GraphError) as refused:
        await ours.send(Request(Method.POST, "/communications/getPresencesByUserId", WRITE_PRESENCE, body))
    assert refused.value.status == 400


async def test_one_is_read_by_object_id(ours: TenantGraph, teams: Teams) -> None:
    await teams.set(PRESENTING)
    answer = await ours.send(Request(Method.GET, path("users", teams.person.object_id, "presence"), WRITE_PRESENCE))
    assert (answer.body["id"], answer.body["activity"]) == (teams.person.object_id, "Presenting")


async def test_whoever_may_only_read_does_not_write(ours: TenantGraph, teams: Teams, tenant: Tenant) -> None:
    tenant.granted = {"Presence.Read.All"}
    assert await read_presences(ours, [teams.person.object_id]) == [Presence(teams.person.object_id, *OFFLINE)]
    with pytest.raises(NotPermitted) as refused:
        await teams.set(BUSY)
    assert refused.value.permission is WRITE_PRESENCE
