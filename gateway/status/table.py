"""The status for a terminal: at a glance, then who is left out and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway.pbx import PROFILES
from gateway.status.advice import ADVICE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from cloudlink.gateway_report import PbxReport, QueueReport
    from gateway.status.state import CloudState, Status

_NAMED = 10
_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def draw(status: Status) -> str:
    """Lines without a newline at the end."""
    report = status.report
    pbx = report.pbx
    rows = [
        ("Gateway", f"{status.gateway_id}  version {report.version}  up {age(report.at - report.started_at)}"),
        ("PBX", f"{_model(pbx.model)} at {pbx.address}  {_link(report.at, pbx.connected_since, pbx.error)}"),
        ("CloudLink", _cloud(report.at, status.cloud)),
        ("Monitors", _monitors(pbx)),
        ("Licences", "used up" if pbx.licence_limit_reached else "enough"),
        ("Users", f"{pbx.wanted} of {pbx.users} that Mitel states"),
        ("Events", f"{pbx.events_per_second:g} a second"),
        ("Calls", f"{pbx.calls:,} in the last hour, of {pbx.bhcc:,} (BHCC)"),
        ("Queue", _queue(report.at, report.queue)),
    ]
    width = max(len(name) for name, _ in rows) + 2
    lines = [f"{name:{width}}{value}" for name, value in rows]
    return "\n".join([*lines, *_left_out(pbx), *_to_do(status)])


def age(time: timedelta) -> str:
    """The two largest units of a time: ``3 h 5 min``."""
    left = max(0, int(time.total_seconds()))
    parts: list[str] = []
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        if count or parts:
            parts.append(f"{count} {unit}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 ")) or "0 s"


def _model(name: str) -> str:
    return PROFILES[name].title if name in PROFILES else name


def _link(at: datetime, since: datetime | None, error: str | None) -> str:
    if since is not None:
        return f"connected for {age(at - since)}"
    return f"NOT CONNECTED ({error or 'not tried yet'})"


def _cloud(at: datetime, cloud: CloudState) -> str:
    return f"{cloud.url}  {_link(at, cloud.connected_since, cloud.error)}"


def _monitors(pbx: PbxReport) -> str:
    parts = [f"{pbx.running} of {pbx.wanted} running"]
    counts = ((pbx.refused_count, "refused"), (pbx.surplus_count, "surplus"), (pbx.unseen, "without snapshot"))
    return ", ".join(parts + [f"{count} {what}" for count, what in counts if count])


def _queue(at: datetime, queue: QueueReport) -> str:
    if not queue.facts:
        return "empty"
    where = f"in memory too: {queue.fault}" if queue.fault else "on disk"
    oldest = f", oldest {age(at - queue.oldest)}" if queue.oldest else ""
    return f"{queue.facts:,} facts{oldest}, {queue.octets / 1024:,.0f} KiB {where}"


def _left_out(pbx: PbxReport) -> Iterator[str]:
    for refused in pbx.refused[:_NAMED]:
        yield f"  {refused.extension}: refused, {refused.reason}"
    if pbx.refused_count > _NAMED:
        yield f"  and {pbx.refused_count - _NAMED} more refused"
    if pbx.surplus:
        more = f" and {pbx.surplus_count - _NAMED} more" if pbx.surplus_count > _NAMED else ""
        yield f"  {', '.join(pbx.surplus[:_NAMED])}{more}: not served, over the user limit"


def _to_do(status: Status) -> Iterator[str]:
    for trouble in status.report.troubles():
        yield f"! {ADVICE[trouble]}"
    if status.cloud.connected_since is None:
        yield "! CloudLink is not connected; calls are kept. Run `cloudlink-gateway check`."
    if status.well:
        yield "All is well."
