"""All steps, in the order in which an operator would mend things."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from gateway.check import machine
from gateway.check.cloud import check_cloud
from gateway.check.pbx import check_pbx
from gateway.check.smdr import check_smdr
from gateway.credentials import NotPaired, load
from gateway.pbx import PROFILES
from gateway.retry import Backoff
from gateway.service import pbx_address, pbx_connection, utc_now
from gateway.spool import Spool
from gateway.spool_file import SpoolUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gateway.check.step import Steps
    from gateway.credentials import Credentials
    from gateway.settings import GatewaySettings


async def check(settings: GatewaySettings, extension: str = "", now: Callable[[], datetime] = utc_now) -> Steps:
    """Disk, PBX and CloudLink. The monitor is tried on ``extension``, or on one that the gateway has to monitor."""
    known: Credentials | str
    try:
        known = load(settings)
    except NotPaired as error:
        known = str(error)
    yield machine.disk(settings.gateway_spool)
    async for step in _pbx(settings, extension, "" if isinstance(known, str) else known.gateway_id):
        yield step
    async for step in check_cloud(settings, now, known):
        yield step


def _pbx(settings: GatewaySettings, extension: str, gateway_id: str) -> Steps:
    if PROFILES[settings.csta_profile].interface == "smdr":
        has_run = settings.gateway_spool.exists()
        return check_smdr(pbx_address(settings), settings.gateway_metrics_port, has_run=has_run)
    extensions = [extension] if extension else settings.csta_extensions or _told(settings, gateway_id)
    return check_pbx(pbx_connection(settings, Backoff()), extensions)


def _told(settings: GatewaySettings, gateway_id: str) -> Sequence[str]:
    """What CloudLink last told to monitor."""
    if not gateway_id or not settings.gateway_spool.exists():
        return ()
    try:
        with closing(Spool(settings.gateway_spool, gateway_id=gateway_id)) as spool:
            return spool.extensions()
    except SpoolUnusable:
        # In use, as a rule: the gateway runs.
        return ()
