"""Missed calls are told to who can be reached and wants it, when they want it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import select

from store.directory import Directory
from store.local_times import QuietHours
from store.preferences import Preferences, PreferenceStore
from store.schema import outbox as events
from tests.bot.conftest import Chat, actions_of, texts_of

if TYPE_CHECKING:
    from tests.bot.conftest import Company
    from tests.bot.notices.conftest import Site
    from tests.fakes.connector import FakeConnector


async def test_who_signed_out_or_switched_it_off_is_told_nothing(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    server = site.server()
    preferences = PreferenceStore(site.database, site.clock)
    await preferences.save(company.desk.principal, Preferences(missed_calls=False), zone="Europe/Paris")
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    await preferences.save(company.desk.principal, Preferences(), zone="Europe/Paris")
    await site.record(company.desk, site.missed("c2"))
    rows = await site.database.scan(select(events.c.id))
    assert rows
    await Directory(site.database, site.clock).disconnect(reachable.user)
    await site.tell(server)

    assert teams.requests == []


async def test_a_tenant_that_was_given_up_is_told_nothing(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    connected = {reachable.user.tenant_id}

    async def is_connected(tenant_id: str) -> bool:
        return tenant_id in connected

    server = site.server(is_connected=is_connected)
    await site.record(company.desk, site.missed("c1"))
    await site.tell(server)
    connected.clear()
    await site.record(company.desk, site.missed("c2", caller="+33199000012"))
    await site.tell(server)

    assert len(teams.taken) == 1
    assert sorted(await site.states()) == ["dropped", "sent"]


async def test_quiet_hours_keep_calls_for_one_card_afterwards(
    site: Site, reachable: Chat, teams: FakeConnector, company: Company
) -> None:
    """It is 15:05 in Paris."""
    quiet = Preferences(quiet=True, quiet_hours=QuietHours(15 * 60, 16 * 60))
    await PreferenceStore(site.database, site.clock).save(company.desk.principal, quiet, zone="Europe/Paris")
    server = site.server()
    for call_id in ("c1", "c2"):
        await site.record(company.desk, site.missed(call_id, f"+3319900001{call_id[1]}", from_name=None))
        await site.tell(server)
        site.clock.advance(minutes=10)
    assert teams.requests == []

    site.clock.moment = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
    await server.worker.tell_due()

    (sent,) = teams.taken
    assert "2 missed calls" in texts_of(sent.card)
    assert "quiet hours" in texts_of(sent.card)
    assert len([each for each in actions_of(sent.card) if each["type"] == "Action.OpenUrl"]) == 2
