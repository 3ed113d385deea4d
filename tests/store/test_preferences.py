"""Preferences: everybody's own, gone with the user, and one summary a morning by one server."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from cloudlink.service.administration import export
from store.local_times import QuietHours
from store.preferences import Preferences, PreferenceStore, pass_summary
from store.schema import users

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

CHOSEN = Preferences(
    missed_calls=False,
    daily_summary=True,
    report_news=False,
    quiet=True,
    quiet_hours=QuietHours(22 * 60 + 15, 6 * 60, frozenset({0, 6})),
    language="fr",
    time_zone="America/New_York",
)


async def test_they_are_kept_for_one_person_exported_and_gone_with_them(
    database: Database, clock: SteppedClock, people: People
) -> None:
    kept, who = PreferenceStore(database, clock), people.desk.principal
    assert await kept.of(who) == Preferences()
    await kept.save(who, Preferences(), zone="UTC")
    await kept.save(who, CHOSEN, zone="America/New_York")

    assert await kept.of(who) == CHOSEN
    assert await kept.of(people.warehouse.principal) == Preferences()
    parts = [part async for part in export.lines(database, who.account_id, clock())]
    rows = [json.loads(line) for line in b"".join(parts).splitlines()]
    (exported,) = [row["row"] for row in rows if row.get("table") == "preferences"]
    assert exported["time_zone"] == "America/New_York"
    theirs = users.c.principal_id == who.principal_id
    await database.write(lambda connection: connection.execute(users.delete().where(theirs)))
    assert await kept.of(who) == Preferences()


async def test_a_summary_is_due_at_eight_and_passed_on_once(
    database: Database, clock: SteppedClock, people: People
) -> None:
    kept = PreferenceStore(database, clock)
    await kept.save(people.desk.principal, CHOSEN, zone="America/New_York")
    await kept.save(people.stranger.principal, Preferences(), zone="UTC")
    assert await kept.due_summaries(10) == []
    clock.moment = datetime(2026, 3, 3, 13, 0, tzinfo=UTC)

    (due,) = await kept.due_summaries(10)

    assert (due.who, due.due_at, due.zone, due.told_until) == (
        people.desk.principal,
        clock.moment,
        "America/New_York",
        None,
    )
    coming = datetime(2026, 3, 4, 13, 0, tzinfo=UTC)

    def twice(connection: Connection) -> list[bool]:
        return [pass_summary(connection, due, coming, clock.moment) for _ in range(2)]

    assert await database.write(twice) == [True, False]
    assert await kept.due_summaries(10) == []
    clock.moment = coming
    assert [each.told_until for each in await kept.due_summaries(10)] == [datetime(2026, 3, 3, 13, 0, tzinfo=UTC)]


@pytest.mark.parametrize(
    "sent", [{}, {"from": "7:00", "until": "08:00"}, {"from": "\u0661\u0662:00", "until": "08:00"}]
)
def test_what_is_no_time_of_day_is_refused(sent: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="no time of day"):
        Preferences.read(sent, languages=("en",), is_zone=bool)
