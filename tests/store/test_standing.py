"""What a gateway has told holds while it is linked, its PBX is there, and all that waited has arrived."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudlink.gateway_report import GatewayReport, PbxReport, QueueReport
from store.standing import Gateway, Standing

NOW = datetime(2026, 3, 2, 14, 5, tzinfo=UTC)
# The gateway's own clock is an hour fast.
THERE = NOW + timedelta(hours=1)


def ago(**amount: float) -> datetime:
    return NOW - timedelta(**amount)


PBX = PbxReport(model="office400", address="pbx", connected_since=THERE - timedelta(hours=2), wanted=2, running=2)
REPORT = GatewayReport(at=THERE, started_at=THERE - timedelta(days=1), version="1", pbx=PBX, queue=QueueReport())
WELL = Gateway("a", "g", "office400", ago(hours=1), ago(seconds=20), REPORT, ago(seconds=5))


def reporting(linked: datetime = WELL.linked_since or NOW, queue: int = 0, **pbx: object) -> Gateway:
    report = replace(REPORT, pbx=replace(PBX, **pbx), queue=QueueReport(facts=queue))  # type: ignore[arg-type]
    return replace(WELL, linked_since=linked, report=report)


@pytest.mark.parametrize(
    ("gateway", "standing"),
    [
        (WELL, Standing.THERE),
        (replace(WELL, pbx="business"), Standing.SILENT),
        (replace(WELL, linked_since=None), Standing.AWAY),
        (replace(WELL, seen_at=ago(minutes=3, seconds=1)), Standing.AWAY),
        (reporting(connected_since=None), Standing.AWAY),
        # Just linked again, and it has not reported since.
        (replace(WELL, linked_since=ago(seconds=4)), Standing.SETTLING),
        (replace(WELL, linked_since=ago(seconds=61), heard_at=ago(minutes=5)), Standing.THERE),
        # What waited in it may be on its way.
        (reporting(ago(seconds=8), queue=3), Standing.SETTLING),
        (reporting(ago(seconds=11), queue=3), Standing.THERE),
        (reporting(ago(seconds=8)), Standing.THERE),
        # Not all telephones are followed yet; one that never will be holds up the others for a minute.
        (reporting(running=1, connected_since=THERE - timedelta(seconds=20)), Standing.SETTLING),
        (reporting(unseen=1, connected_since=THERE - timedelta(seconds=20)), Standing.SETTLING),
        (reporting(running=1, refused_count=1), Standing.THERE),
        (reporting(wanted=0, running=0, connected_since=THERE), Standing.SETTLING),
        # The server's clock was put back by a day.
        (replace(WELL, linked_since=ago(days=-1), seen_at=ago(days=-1), heard_at=ago(days=-1)), Standing.THERE),
    ],
)
def test_standing(gateway: Gateway, standing: Standing) -> None:
    assert gateway.standing(NOW) is standing


def test_of_a_telephone_that_cannot_be_looked_at_only_what_was_told_since_it_started_holds() -> None:
    before, after = REPORT.started_at - timedelta(seconds=1), REPORT.started_at + timedelta(seconds=1)
    assert WELL.holds(before)
    assert WELL.holds(None)
    unseen = reporting(unseen=1)
    assert unseen.holds(after)
    assert not unseen.holds(before)
    assert not unseen.holds(None)
