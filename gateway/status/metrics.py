"""The status in Prometheus' text format (version 0.0.4). Of numbers and names there are none in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.status.state import Status

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_PREFIX = "cloudlink_gateway"
# Counters that are told as gauges.
_GAUGES = "monitors"


def metrics(status: Status) -> str:
    """One family after the other, each with its type and what it means."""
    return "".join(_families(status))


def _families(status: Status) -> Iterator[str]:
    report = status.report
    pbx, queue = report.pbx, report.queue
    labels = f'{{version="{_escaped(report.version)}",pbx="{_escaped(pbx.model)}"}}'
    yield _family("info", "gauge", "Version and kind of PBX.", 1, labels)
    yield _gauge("start_time_seconds", "When the gateway started.", report.started_at.timestamp())
    yield _gauge("well", "1 if both sides are connected and everybody is served.", status.well)
    yield _gauge("pbx_connected", "1 if the PBX is connected.", pbx.connected_since is not None)
    yield _gauge("cloudlink_connected", "1 if CloudLink is connected.", status.cloud.connected_since is not None)
    yield _gauge("extensions_wanted", "Extensions that CloudLink wants followed.", pbx.wanted)
    yield _gauge("monitors_running", "Extensions that are followed.", pbx.running)
    yield _gauge("monitors_refused", "Extensions whose monitor the PBX refuses.", pbx.refused_count)
    yield _gauge("monitors_unseen", "Monitors whose telephone showed no snapshot.", pbx.unseen)
    yield _gauge("extensions_surplus", "Extensions beyond what the PBX may serve.", pbx.surplus_count)
    yield _gauge("licence_limit_reached", "1 if the PBX has no monitor licence left.", pbx.licence_limit_reached)
    yield _gauge("calls_last_hour", "Calls recorded in the last hour.", pbx.calls)
    yield _gauge("bhcc", "Busy hour calls that Mitel states for the PBX.", pbx.bhcc)
    yield _gauge("queue_facts", "Facts that wait for CloudLink.", queue.facts)
    yield _gauge("queue_bytes", "Bytes of the facts that wait.", queue.octets)
    oldest = (report.at - queue.oldest).total_seconds() if queue.oldest else 0.0
    yield _gauge("queue_oldest_seconds", "Age of the oldest fact that waits.", max(oldest, 0.0))
    yield _gauge("queue_lost", "Call records that found no room since the start.", queue.lost)
    for name, count in sorted(status.counters.items()):
        if not name.startswith(_GAUGES):
            yield _family(f"{name}_total", "counter", f"{name.replace('_', ' ').capitalize()} since the start.", count)


def _gauge(name: str, text: str, value: float) -> str:
    return _family(name, "gauge", text, value)


def _family(name: str, kind: str, text: str, value: float, labels: str = "") -> str:
    full = f"{_PREFIX}_{name}"
    # A bool is a number too, and told as one.
    number = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"# HELP {full} {text}\n# TYPE {full} {kind}\n{full}{labels} {number}\n"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
