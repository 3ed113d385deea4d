"""What ``cloudlink-gateway status`` draws."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cloudlink.gateway_report import PbxReport, QueueReport, RefusedMonitor
from gateway.status.state import CloudState, Status
from gateway.status.table import age, draw
from tests.cloudlink.test_gateway_report import NOON, PBX, WELL

CLOUD = CloudState(url="https://cloudlink.example.com", connected_since=NOON - timedelta(hours=2))


def status(pbx: PbxReport = PBX, queue: QueueReport | None = None, cloud: CloudState = CLOUD) -> Status:
    report = replace(WELL, pbx=pbx, queue=queue or QueueReport(), started_at=NOON - timedelta(days=3, hours=4))
    return Status(gateway_id="gateway-1", cloud=cloud, report=report)


def test_a_gateway_that_is_well_is_seen_at_a_glance() -> None:
    assert draw(status()).splitlines() == [
        "Gateway    gateway-1  version 1.0  up 3 d 4 h",
        "PBX        MiVoice Office 400 at 192.0.2.10:7001  connected for 0 s",
        "CloudLink  https://cloudlink.example.com  connected for 2 h",
        "Monitors   4 of 4 running",
        "Licences   enough",
        "Users      4 of 800 that Mitel states",
        "Events     0 a second",
        "Calls      120 in the last hour, of 4,200 (BHCC)",
        "Queue      empty",
        "All is well.",
    ]


def test_who_is_left_out_is_named_with_what_to_do() -> None:
    refused = tuple(RefusedMonitor(str(number), "invalidDeviceID") for number in range(301, 313))
    pbx = replace(
        PBX, running=1, refused=refused, refused_count=12, surplus=("901", "902"), surplus_count=2, unseen=1,
        connected_since=None, error="the PBX does not answer at this address and port",
    )  # fmt: skip
    queue = QueueReport(facts=1200, octets=409_600, oldest=NOON - timedelta(minutes=12))
    drawn = draw(status(pbx, queue, CloudState(url="https://cloudlink.example.com", error="status 401")))
    assert "NOT CONNECTED (the PBX does not answer at this address and port)" in drawn
    assert "NOT CONNECTED (status 401)" in drawn
    assert "1 of 4 running, 12 refused, 2 surplus, 1 without snapshot" in drawn
    assert "1,200 facts, oldest 12 min, 400 KiB on disk" in drawn
    assert "  310: refused, invalidDeviceID\n  and 2 more refused\n  901, 902: not served, over the user limit" in drawn
    assert drawn.count("\n! ") == 6
    assert "All is well." not in drawn


@pytest.mark.parametrize(
    ("seconds", "drawn"), [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h"), (90_061, "1 d 1 h"), (-5, "0 s")]
)
def test_a_time_is_told_in_its_two_largest_units(seconds: int, drawn: str) -> None:
    assert age(timedelta(seconds=seconds)) == drawn
