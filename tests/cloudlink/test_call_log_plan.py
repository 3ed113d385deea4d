"""A page of the call log is one range of its index, on either database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, text

from cloudlink.port import CallKind
from cloudlink.service.call_log import FIRST_PAGE, LATER_PAGE
from store.prepared import Prepared
from tests.cloudlink.conftest import People, inbound

if TYPE_CHECKING:
    from cloudlink.model import User
    from store.database import Database

CALLS = text("""
    INSERT INTO calls (account_id, principal_id, call_id, endpoint_id, direction, missed, hidden, created_on, state,
                       from_number_e164, to_number_e164, completed, ring_time, billing_time, extra_pbx_data)
    SELECT :account_id, :principal_id, CAST(n AS text), 'e', CASE n % 2 WHEN 0 THEN 'INBOUND' ELSE 'OUTBOUND' END,
           n % 5 = 0, n % 100 = 0, CAST(n AS bigint) * 1000000, 'Disconnected', false, false, true, 1, 1, '{}'
    FROM generate_series(1, CAST(:count AS integer)) AS n
""")

INDEXES = {
    CallKind.ALL: ("ix_calls_all", []),
    CallKind.MISSED: ("ix_calls_missed", ["missed"]),
    CallKind.INCOMING: ("ix_calls_direction", ["direction"]),
    CallKind.OUTGOING: ("ix_calls_direction", ["direction"]),
}


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("kind", CallKind)
async def test_every_page_is_one_range_of_its_index(
    database: Database, people: People, kind: CallKind, later: bool
) -> None:
    index, filtered = INDEXES[kind]
    columns = ["account_id", "principal_id", "hidden", *filtered]

    def work(connection: Connection) -> None:
        if connection.dialect.name == "sqlite":
            (step,) = _plan(connection, "EXPLAIN QUERY PLAN", people.desk, kind, later=later)
            conditions = " AND ".join([*(f"{name}=?" for name in columns), *(["created_on<?"] if later else [])])
            assert step == f"SEARCH calls USING INDEX {index} ({conditions})"
        else:
            # A small table is cheapest to read whole, and the calls of one who has nearly all by the account's index.
            for user, count in ((people.desk, 1000), (people.warehouse, 9000)):
                own = {"account_id": user.account_id, "principal_id": user.principal_id}
                connection.execute(CALLS, {**own, "count": count})
            connection.execute(text("ANALYZE calls"))
            limit, scan, condition, *rest = _plan(connection, "EXPLAIN", people.desk, kind, later=later)
            assert limit.startswith("Limit ")
            assert scan.startswith(f"->  Index Scan Backward using {index} on calls ")
            assert all(name in condition for name in [*columns, *(["created_on"] if later else [])])
            assert not rest

    await database.write(work)


def _plan(connection: Connection, explain: str, user: User, kind: CallKind, *, later: bool) -> list[str]:
    page = Prepared((LATER_PAGE if later else FIRST_PAGE)[kind], connection.dialect, float_code=701)
    own = {"account_id": user.account_id, "principal_id": user.principal_id}
    values = page.values({**own, "limit": 20, "created_on": inbound("c").created_on, "id": 2**40})
    return [str(row[-1]).strip() for row in connection.exec_driver_sql(f"{explain} {page.sql}", tuple(values))]
