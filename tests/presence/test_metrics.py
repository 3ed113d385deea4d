"""What a server tells its operator of the presence that it looks after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.exposition import exposition
from presence.census import Census
from presence.metrics import families
from tests.presence.office import IN_A_CALL

if TYPE_CHECKING:
    from presence.worker import PresenceWorker
    from tests.presence.office import Office


def told(office: Office, worker: PresenceWorker) -> dict[str, float]:
    """By name and labels, with the account left out of them."""
    return lines(office, exposition("", families(worker.tenants, office.time.clock)))


def lines(office: Office, text: str) -> dict[str, float]:
    account = f'account="{office.people.account.account_id}"'
    found = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name.replace(f"{account},", "").replace(f"{{{account}}}", ""): float(value) for name, _, value in found}


async def test_a_call_is_two_writes_and_their_lag(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving() as worker:
        # What it reads when it begins has no moment at which it happened.
        await office.pass_(20)
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        await office.line(desk, state="idle")
        await office.until(desk, None)
        # The request has left, and its answer is still to be read.
        await office.until_true(lambda: told(office, worker)["_presence_lag_seconds_count"] == 2)
        now = told(office, worker)

    assert now["_presence_accounts"] == 1
    assert (now['_presence_writes_total{kind="set"}'], now['_presence_writes_total{kind="clear"}']) == (1, 1)
    assert now['_presence_lag_seconds_bucket{le="+Inf"}'] == 2
    assert now['_presence_lag_seconds_bucket{le="0.25"}'] == 2
    assert (now["_presence_backlog"], now["_presence_throttled_total"], now["_presence_failed_total"]) == (0, 0, 0)
    assert now["_presence_last_success_age_seconds"] < 10


async def test_people_in_and_out_of_sync_are_counted_by_reason(office: Office) -> None:
    await office.switch()
    desk = office.people.desk
    async with office.serving() as worker:
        await office.line(desk, state="connected")
        await office.until(desk, IN_A_CALL)
        census = Census(office.database, worker.tenants, now=office.clock)
        assert exposition("", census.families()) == ""
        await census.count()
        counted = lines(office, exposition("", census.families()))
    # Another server looks after it now.
    assert exposition("", census.families()) == ""
    assert counted["_presence_in_sync"] == 1
    assert sum(number for name, number in counted.items() if name.startswith("_presence_out_of_sync{reason=")) == 1


async def test_a_server_that_looks_after_nobody_says_so(office: Office) -> None:
    async with office.serving() as worker:
        assert told(office, worker) == {"_presence_accounts": 0}
