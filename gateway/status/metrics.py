"""The status in Prometheus' text format (version 0.0.4). Of numbers and names there are none in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.exposition import counter, exposition, gauge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloudlink.exposition import Family
    from gateway.status.state import Status

_PREFIX = "cloudlink_gateway"
# Counters that are told as gauges.
_GAUGES = "monitors"


def metrics(status: Status) -> str:
    """One family after the other, each with its type and what it means."""
    return exposition(_PREFIX, _families(status))


def _families(status: Status) -> Iterator[Family]:
    report = status.report
    pbx, queue = report.pbx, report.queue
    yield gauge("info", "Version and kind of PBX.", 1, version=report.version, pbx=pbx.model)
    yield gauge("start_time_seconds", "When the gateway started.", report.started_at.timestamp())
    yield gauge("well", "1 if both sides are connected and everybody is served.", status.well)
    yield gauge("pbx_connected", "1 if the PBX is connected.", pbx.connected_since is not None)
    yield gauge("cloudlink_connected", "1 if CloudLink is connected.", status.cloud.connected_since is not None)
    yield gauge("extensions_wanted", "Extensions that CloudLink wants followed.", pbx.wanted)
    yield gauge("monitors_running", "Extensions that are followed.", pbx.running)
    yield gauge("monitors_refused", "Extensions whose monitor the PBX refuses.", pbx.refused_count)
    yield gauge("monitors_unseen", "Monitors whose telephone showed no snapshot.", pbx.unseen)
    yield gauge("extensions_surplus", "Extensions beyond what the PBX may serve.", pbx.surplus_count)
    yield gauge("licence_limit_reached", "1 if the PBX has no monitor licence left.", pbx.licence_limit_reached)
    yield gauge("calls_last_hour", "Calls recorded in the last hour.", pbx.calls)
    yield gauge("bhcc", "Busy hour calls that Mitel states for the PBX.", pbx.bhcc)
    yield gauge("queue_facts", "Facts that wait for CloudLink.", queue.facts)
    yield gauge("queue_bytes", "Bytes of the facts that wait.", queue.octets)
    oldest = (report.at - queue.oldest).total_seconds() if queue.oldest else 0.0
    yield gauge("queue_oldest_seconds", "Age of the oldest fact that waits.", max(oldest, 0.0))
    yield gauge("queue_lost", "Call records that found no room since the start.", queue.lost)
    for name, count in sorted(status.counters.items()):
        if not name.startswith(_GAUGES):
            yield counter(f"{name}_total", f"{name.replace('_', ' ').capitalize()} since the start.", count)
