"""What a report of a gateway says about troubles, and what is no report."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cloudlink.gateway_report import (
    MOST_NAMED,
    GatewayReport,
    PbxReport,
    QueueReport,
    RefusedMonitor,
    Trouble,
    from_json,
    to_json,
)

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
PBX = PbxReport(
    model="office400",
    address="192.0.2.10:7001",
    connected_since=NOON,
    wanted=4,
    running=4,
    users=800,
    calls=120,
    bhcc=4_200,
)
WELL = GatewayReport(at=NOON, started_at=NOON - timedelta(hours=1), version="1.0", pbx=PBX, queue=QueueReport())


def with_pbx(**changed: object) -> GatewayReport:
    return replace(WELL, pbx=replace(PBX, **changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("report", "troubles"),
    [
        (WELL, ()),
        (with_pbx(connected_since=None, error="refused"), (Trouble.PBX_AWAY,)),
        (replace(with_pbx(connected_since=None), started_at=NOON - timedelta(seconds=10)), ()),
        (with_pbx(licence_limit_reached=True, refused_count=2), (Trouble.LICENCES,)),
        (with_pbx(refused_count=1, unseen=1), (Trouble.REFUSED, Trouble.UNSEEN)),
        (with_pbx(surplus_count=1), (Trouble.SURPLUS,)),
        (with_pbx(calls=4_201), (Trouble.OVER_BHCC,)),
        (with_pbx(calls=4_200), ()),
        (replace(WELL, queue=QueueReport(facts=1, oldest=NOON - timedelta(minutes=6))), (Trouble.QUEUE_OLD,)),
        (replace(WELL, queue=QueueReport(facts=1, oldest=NOON - timedelta(minutes=4))), ()),
        (replace(WELL, queue=QueueReport(lost=1, fault="disk is full")), (Trouble.RECORDS_LOST, Trouble.DISK)),
    ],
)
def test_troubles_are_named_the_worst_first(report: GatewayReport, troubles: tuple[Trouble, ...]) -> None:
    assert report.troubles() == troubles


def test_time_and_traffic_alone_are_no_news() -> None:
    later = replace(with_pbx(calls=130, events_per_second=2.5), at=NOON + timedelta(seconds=30))
    assert WELL.tells_the_same(later)
    assert not WELL.tells_the_same(with_pbx(running=3))
    assert not WELL.tells_the_same(with_pbx(calls=5_000))


def test_a_report_comes_back_as_it_went() -> None:
    refused = (RefusedMonitor("209", "invalidDeviceID"),)
    report = replace(
        with_pbx(refused=refused, refused_count=1, surplus=("901",), surplus_count=1, events_per_second=2.5),
        queue=QueueReport(facts=3, octets=4096, oldest=NOON, lost=1),
    )
    assert from_json(to_json(report)) == report
    assert json.loads(to_json(report))["pbx"]["refusedCount"] == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "v" * 129},
        {"at": "2026-03-05T12:00:00"},
        {"more": 1},
        {"pbx": {"model": "office400", "address": "x", "surplus": ["201"] * (MOST_NAMED + 1)}},
        {"pbx": {"model": "office400", "address": "x", "running": -1}},
        {"pbx": {"model": "office400", "address": "x" * 1001}},
    ],
)
def test_what_is_too_much_or_no_report_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        from_json(json.dumps(json.loads(to_json(WELL)) | wrong))
