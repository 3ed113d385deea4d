"""Pending notices: claimed by one worker, told once, and forgotten with whom they are about."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from cloudlink.model import CallState
from store.directory import Directory
from store.notices import KEPT, Kind, Notice, Notices
from store.schema import endpoints, notices, users
from tests.cloudlink.conftest import inbound

if TYPE_CHECKING:
    from store.database import Database
    from store.identity import TeamsUser
    from tests.cloudlink.conftest import People, Record
    from tests.conftest import SteppedClock

LEASE = timedelta(minutes=1)


async def count(database: Database) -> int:
    return int((await database.read(select(func.count()).select_from(notices)))[0][0])


async def test_one_worker_gets_what_is_due_and_only_once(
    database: Database, clock: SteppedClock, people: People, teams_user: TeamsUser
) -> None:
    rows = Notices(database, clock)
    one = Notice(teams_user, people.desk.principal, Kind.MISSED, "c1", clock())
    await rows.add([one, one, replace(one, subject="c2", due_at=clock() + timedelta(hours=1))])
    await rows.add([one])

    assert await rows.due(10) == [teams_user]
    claims = await asyncio.gather(*(rows.claim(teams_user, worker, LEASE) for worker in ("a", "b")))
    assert sorted(map(len, claims)) == [0, 1]
    assert await rows.due(10) == []
    (claimed,) = max(claims, key=len)
    assert claimed == one
    worker = "a" if claims[0] else "b"
    assert await rows.sending([claimed], worker)
    assert not await rows.sending([claimed], worker)
    await rows.sent([claimed], worker, "m1", "+331")

    told = await rows.told(teams_user, people.desk.principal, "+331", clock())
    assert told is not None
    assert (told.activity_id, told.call_ids) == ("m1", ("c1",))
    assert await rows.told(teams_user, people.warehouse.principal, "+331", clock()) is None
    assert await rows.message_of(teams_user, people.desk.principal, "c1") == told
    await rows.forget_message(teams_user, "m1")
    assert await rows.message_of(teams_user, people.desk.principal, "c1") is None


async def test_a_claim_that_ends_gives_free_what_has_not_left_and_drops_what_may_have(
    database: Database, clock: SteppedClock, people: People, teams_user: TeamsUser
) -> None:
    rows = Notices(database, clock)
    first = Notice(teams_user, people.desk.principal, Kind.MISSED, "c1", clock())
    await rows.add([first, replace(first, subject="c2")])
    claimed = await rows.claim(teams_user, "gone", LEASE)
    assert await rows.sending(claimed[:1], "gone")
    clock.advance(minutes=1)

    again = await rows.claim(teams_user, "other", LEASE)

    assert [each.subject for each in again] == [claimed[1].subject]
    await rows.sent(claimed, "gone", "m1")
    assert not await rows.sending(claimed[1:], "gone")
    await rows.later(again, "other", clock() + timedelta(minutes=5))
    clock.advance(minutes=5)
    (tried,) = await rows.claim(teams_user, "other", LEASE)
    assert tried.attempts == 1


async def test_missed_calls_go_before_summaries_and_who_waits_longest_before_others(
    database: Database, clock: SteppedClock, people: People, teams_user: TeamsUser
) -> None:
    rows = Notices(database, clock)
    summary = Notice(teams_user, people.desk.principal, Kind.SUMMARY, "day", clock() - timedelta(hours=1))
    others = replace(teams_user, user_id="29:other")
    await rows.add([summary, Notice(others, people.desk.principal, Kind.MISSED, "c1", clock())])

    assert await rows.due(10) == [others, teams_user]


async def test_they_go_with_a_sign_out_with_the_user_and_with_time(
    database: Database, clock: SteppedClock, people: People, teams_user: TeamsUser, other_teams_user: TeamsUser
) -> None:
    rows = Notices(database, clock)
    mine = Notice(teams_user, people.desk.principal, Kind.MISSED, "c1", clock())
    await rows.add([mine, replace(mine, user=other_teams_user)])
    await Directory(database, clock).disconnect(teams_user)
    assert await count(database) == 1
    theirs = users.c.principal_id == people.desk.principal_id
    await database.write(lambda connection: connection.execute(users.delete().where(theirs)))
    assert await count(database) == 0

    await rows.add([Notice(teams_user, people.stranger.principal, Kind.MISSED, "c1", clock())])
    clock.advance(seconds=KEPT.total_seconds() + 1)
    await rows.forget_old()
    assert await count(database) == 0


async def test_another_telephone_in_conversation_since_the_call_began_has_answered_it(
    database: Database, clock: SteppedClock, people: People, record: Record
) -> None:
    rows, who = Notices(database, clock), people.desk.principal
    missed = inbound("c1", answered=False)
    await record(people.desk, missed)
    assert not await rows.several_lines(who)
    other = {
        "account_id": who.account_id,
        "endpoint_id": "other",
        "principal_id": who.principal_id,
        "name": "299",
        "type": "softphone",
        "state": CallState.CONNECTED,
        "user_availability": "available",
        "message_waiting": False,
        "dnd": False,
        "changed_at": missed.created_on - timedelta(seconds=1),
    }
    await database.write(lambda connection: connection.execute(endpoints.insert(), other))
    assert await rows.several_lines(who)
    assert not await rows.answered_elsewhere(who, "c1")

    since = endpoints.update().where(endpoints.c.endpoint_id == "other").values(changed_at=missed.created_on)
    await database.write(lambda connection: connection.execute(since))

    assert await rows.answered_elsewhere(who, "c1")
    assert not await rows.answered_elsewhere(people.warehouse.principal, "c1")
