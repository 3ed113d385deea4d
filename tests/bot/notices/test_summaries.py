"""The daily summary: at eight on each person's clocks, once, and without a storm."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert

from auth.demo import WithoutToken
from bot.connector import Connector, Patience, connector_session
from bot.notices.assembly import notices
from bot.notices.pace import PER_SECOND, Pace
from cloudlink.model import Principal
from cloudlink.service.embedded import EmbeddedCloudLink
from store.preferences import Preferences, PreferenceStore
from store.schema import calls, connections, conversations, preferences, users
from tests.bot.conftest import APP_ID, PUBLIC_URL, TENANT, actions_of, texts_of
from tests.fakes.connector import Fault

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database
    from tests.bot.conftest import Chat, Company
    from tests.bot.notices.conftest import Site
    from tests.conftest import SteppedClock
    from tests.fakes.connector import FakeConnector

WANTED = Preferences(daily_summary=True)


async def wants(site: Site, company: Company, chosen: Preferences = WANTED, zone: str = "Europe/Paris") -> None:
    await PreferenceStore(site.database, site.clock).save(company.desk.principal, chosen, zone=zone)


async def test_the_day_is_told_at_eight_with_what_is_still_open(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    await wants(site, company, Preferences(missed_calls=False, daily_summary=True))
    server = site.server()
    called_back = site.missed("c2", "+33199000012", from_name="Courier")
    await site.record(company.desk, site.missed("c1"), called_back)
    site.clock.advance(minutes=5)
    back = replace(site.missed("c3", None, from_name=None), direction="outbound", to="+33199000012")
    await site.record(company.desk, back, site.missed("c4", "+33199000019", completed=True, billing_time=9.0))
    await site.tell(server)
    site.clock.moment = datetime(2026, 3, 3, 6, 59, 59, tzinfo=UTC)
    await server.worker.tell_due()
    assert teams.requests == []

    site.clock.advance(seconds=1)
    await server.worker.tell_due()

    (sent,) = teams.taken
    assert "2 missed · 1 answered · 1 outgoing" in texts_of(sent.card)
    assert "Supplier" in texts_of(sent.card)
    assert "Courier" not in texts_of(sent.card)
    assert len([each for each in actions_of(sent.card) if each["type"] == "Action.OpenUrl"]) == 1


async def test_it_is_told_once_by_two_servers_and_after_a_restart(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    await wants(site, company)
    await site.record(company.desk, site.missed("c1", completed=True))
    site.clock.moment = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    one, other = site.server(), site.server()
    teams.faults.append(Fault(429, headers={"Retry-After": "2"}))

    await asyncio.gather(one.worker.tell_due(), other.worker.tell_due())
    for _ in range(4):
        site.clock.advance(minutes=10)
        await site.server().worker.tell_due()

    assert len(teams.taken) == 1


async def test_nothing_is_told_of_a_day_with_nothing_nor_twice_of_a_call(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    """Moving to New York in the morning brings a second eight o'clock on the same day."""
    await wants(site, company)
    await site.record(company.desk, site.missed("c1", completed=True))
    server = site.server()
    site.clock.moment = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    await server.worker.tell_due()
    assert len(teams.taken) == 1

    moved = Preferences(daily_summary=True, time_zone="America/New_York")
    await wants(site, company, moved, "America/New_York")
    for _ in range(72):
        site.clock.advance(hours=1)
        await server.worker.tell_due()

    assert len(teams.taken) == 1


async def test_it_comes_each_morning_over_a_change_of_clocks(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    """In 2026 clocks in Paris go forward on 29 March."""
    site.clock.moment = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
    await wants(site, company)
    server = site.server()
    mornings = []
    for hour in range(4 * 24):
        if hour % 6 == 0:
            await site.record(company.desk, site.missed(f"c{hour}", completed=True))
        site.clock.advance(hours=1)
        before = len(teams.taken)
        await server.worker.tell_due()
        mornings += [site.clock().strftime("%d %H:%M")] * (len(teams.taken) - before)

    assert mornings == ["28 07:00", "29 06:00", "30 06:00", "31 06:00"]


async def test_a_morning_that_no_server_saw_is_told_the_same_day_or_not_at_all(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    await wants(site, company)
    await site.record(company.desk, site.missed("c1", completed=True))
    site.clock.moment = datetime(2026, 3, 3, 11, 0, tzinfo=UTC)
    await site.server().worker.tell_due()
    assert len(teams.taken) == 1

    await site.record(company.desk, site.missed("c2", completed=True))
    site.clock.moment = datetime(2026, 3, 4, 21, 0, tzinfo=UTC)
    await site.server().worker.tell_due()
    assert len(teams.taken) == 1


async def test_quiet_hours_put_it_off_and_their_calls_are_told_in_it(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    from store.local_times import QuietHours

    quiet = Preferences(daily_summary=True, quiet=True, quiet_hours=QuietHours(14 * 60, 8 * 60 + 30))
    await wants(site, company, quiet)
    server = site.server()
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    site.clock.moment = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    await server.worker.tell_due()
    assert teams.requests == []

    site.clock.advance(minutes=30)
    await server.worker.tell_due()

    (sent,) = teams.taken
    assert "1 missed" in texts_of(sent.card)
    assert "Supplier" in texts_of(sent.card)


PEOPLE = 2_000


async def test_a_whole_company_at_eight_is_told_within_the_tenants_budget(
    database: Database, clock: SteppedClock, company: Company, teams: FakeConnector
) -> None:
    """The wall clock stands still; the pace has seconds of its own, which its pauses move on."""
    await database.write(lambda connection: _crowd(connection, company, teams.url, clock()))
    clock.moment = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    second, left = [0.0], list[float]()

    async def pause(seconds: float) -> None:
        left.append(second[0] + seconds)
        await asyncio.sleep(0)
        second[0] = max(second[0], left[-1])

    async with connector_session() as session:
        server = notices(
            database,
            EmbeddedCloudLink(database, clock),
            Connector(session, WithoutToken(), Patience(attempts=1)),
            app_id=APP_ID,
            public_url=PUBLIC_URL,
            pace=Pace(lambda: second[0]),
            sleep=pause,
            now=clock,
        )
        await server.worker.tell_due()

    told = {sent.conversation_id for sent in teams.taken}
    assert len(told) == len(teams.taken) == PEOPLE
    times = sorted(left)
    busiest = max(sum(start <= each < start + 1 for each in times[at : at + 100]) for at, start in enumerate(times))
    assert busiest <= PER_SECOND + 1
    assert times[-1] <= PEOPLE / PER_SECOND + 1


def _crowd(connection: Connection, company: Company, service_url: str, now: datetime) -> None:
    account_id = company.account.account_id
    people = [Principal(account_id, f"p{number}") for number in range(PEOPLE)]
    key = [{"account_id": who.account_id, "principal_id": who.principal_id} for who in people]
    teams_key = [{"app_id": APP_ID, "tenant_id": TENANT, "user_id": f"29:{who.principal_id}"} for who in people]
    connection.execute(
        insert(users),
        [
            {
                **each,
                "name": "Warehouse",
                "name_folded": "warehouse",
                "email": f"{each['principal_id']}@example.com",
                "email_folded": f"{each['principal_id']}@example.com",
                "role": "USER",
                "active": True,
                "created_on": now,
            }
            for each in key
        ],
    )
    connection.execute(
        insert(connections), [{**user, **each, "connected_on": now} for user, each in zip(teams_key, key, strict=True)]
    )
    connection.execute(
        insert(conversations),
        [
            {
                **user,
                "conversation_id": f"a:{user['user_id']}",
                "reference": {
                    "serviceUrl": service_url,
                    "conversation": {"id": f"a:{user['user_id']}"},
                    "bot": {"id": "28:bot"},
                    "user": {"id": user["user_id"]},
                },
                "changed_on": now,
            }
            for user in teams_key
        ],
    )
    morning = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    chosen = {
        "missed_calls": True,
        "daily_summary": True,
        "report_news": True,
        "quiet": False,
        "quiet_start": 0,
        "quiet_end": 0,
        "quiet_days": 0,
        "summary_at": morning,
        "changed_on": now,
    }
    connection.execute(insert(preferences), [{**each, **chosen} for each in key])
    call = {
        "call_id": "c1",
        "endpoint_id": "none",
        "direction": "inbound",
        "missed": True,
        "hidden": False,
        "created_on": now,
        "end_time": now + timedelta(seconds=20),
        "state": "completed",
        "from_number_e164": False,
        "to_number_e164": False,
        "completed": False,
        "ring_time": 20.0,
        "billing_time": 0.0,
        "extra_pbx_data": {},
    }
    connection.execute(insert(calls), [{**each, **call} for each in key])
