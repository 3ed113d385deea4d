"""What gateways tell of themselves is kept, the latest alone, for the administrators of their own account."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cloudlink.administration.actor import SYSTEM, Actor
from cloudlink.administration.refusals import NotAllowed
from cloudlink.gateway_report import GatewayReport, RefusedMonitor
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration.gateways import GatewayService
from cloudlink.service.gateway_reports import StoredConditions
from cloudlink.uplink import CallRecorded, Report
from tests.cloudlink.conftest import inbound
from tests.cloudlink.test_gateway_report import PBX, WELL
from tests.cloudlink.test_uplink import Peer, Site, key, peer, site

if TYPE_CHECKING:
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

__all__ = ["key", "peer", "site"]

ALONE = replace(
    WELL,
    pbx=replace(
        PBX,
        refused=(RefusedMonitor("201", "invalidDeviceID"), RefusedMonitor("999", "invalidDeviceID")),
        refused_count=2,
        surplus=("202",),
        surplus_count=1,
    ),
)


async def told(peer: Peer, report: GatewayReport) -> None:
    """Returns once it is kept, since CloudLink takes one frame after the other."""
    await peer.say(Report(report))
    await peer.tell(1, CallRecorded("201", inbound("c1")))


def admin_of(people: People) -> Actor:
    return Actor.of_user(replace(people.desk, role=Role.ACCOUNT_ADMIN))


async def test_the_latest_report_is_kept_with_the_names_of_who_is_left_out(
    site: Site, peer: Peer, database: Database, people: People, clock: SteppedClock
) -> None:
    await peer.say(Report(WELL))
    await told(peer, ALONE)
    (condition,) = (await StoredConditions(database).of(admin_of(people), people.account.account_id)).values()
    assert condition.report == ALONE
    assert condition.heard_at == clock()
    assert condition.names == {"201": people.desk.name, "202": people.warehouse.name}
    assert site.uplink.counters["reports"] == 2


async def test_others_are_not_told(peer: Peer, database: Database, people: People) -> None:
    await told(peer, WELL)
    conditions = StoredConditions(database)
    stranger = Actor.of_user(replace(people.stranger, role=Role.ACCOUNT_ADMIN))
    assert await conditions.of(stranger, people.other_account.account_id) == {}
    for actor, refused in ((stranger, UnknownId), (Actor.of_user(people.desk), NotAllowed)):
        with pytest.raises(refused):
            await conditions.of(actor, people.account.account_id)


async def test_a_gateway_that_is_removed_takes_its_report_along(
    peer: Peer, key: tuple[str, str], database: Database, outbox: Outbox, people: People
) -> None:
    await told(peer, WELL)
    gateway_id, _ = key
    await GatewayService(database, outbox).remove(SYSTEM, people.account.account_id, gateway_id)
    assert await StoredConditions(database).of(SYSTEM, people.account.account_id) == {}


async def test_what_is_no_report_ends_the_connection(peer: Peer) -> None:
    await peer.socket.send_json({"type": "report", "report": {"version": "1"}})
    code, reason = await peer.closed_with()
    assert code == 1008
    assert "report" in reason
