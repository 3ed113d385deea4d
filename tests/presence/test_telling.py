"""What stands in an account's row of how its presence fares."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from presence import claims, rows
from presence.leases import LASTS
from presence.meters import Meters
from presence.model import Options, Switched, Trouble
from presence.telling import Telling
from presence.writer import Writer
from store.schema import presence_syncs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.presence.office import Office


class NoJournal:
    """For a writer that writes nothing."""

    async def intend(self, writes: Sequence[object]) -> None:
        raise AssertionError

    async def ended(self, object_ids: Sequence[str]) -> None:
        raise AssertionError


async def told(office: Office) -> tuple[object, ...]:
    y = presence_syncs.c
    (row,) = await office.database.scan(select(y.succeeded_on, y.trouble, y.trouble_since, y.throttled, y.matched_on))
    return tuple(row)


async def test_a_row_tells_how_it_fares_as_long_as_the_account_is_ours(office: Office) -> None:
    switched = Switched(office.account_id, office.tenant.tenant_id, str(uuid4()), "secret", Options())
    began = office.clock()
    await office.database.write(lambda c: claims.claim(c, office.account_id, "ours", began, LASTS))
    graph, time = office.graph_of(switched), office.time
    meters = Meters()
    writer = Writer(graph, switched.application_id, NoJournal(), meters, timing=time.timing)
    telling = Telling(office.database, switched, "ours", writer, meters, now=office.clock, clock=time.clock)
    await telling.tell()
    assert await told(office) == (None, None, None, 0, None)

    meters.succeeded_at = time.now - 5
    meters.throttled = 7
    writer.trouble = Trouble.THROTTLED
    await telling.tell()
    assert await told(office) == (began - timedelta(seconds=5), "throttled", began, 7, None)

    # The time of day is put back: what has happened has happened when it did.
    office.clock.advance(hours=-3)
    await time.pass_(3000)
    meters.throttled = 9
    await telling.tell()
    assert await told(office) == (began - timedelta(seconds=5), "throttled", began, 9, None)

    await time.pass_(601)
    writer.trouble = None
    await telling.matched(timedelta(hours=6), all_=True)
    await telling.tell()
    assert await told(office) == (began - timedelta(seconds=5), None, None, 2, office.clock())
    assert await rows.match_at(office.database, office.account_id) == office.clock() + timedelta(hours=6)

    await office.database.write(lambda c: claims.let_go(c, "ours"))
    telling.matching = Trouble.REJECTED
    await telling.tell()
    assert (await told(office))[1] is None
