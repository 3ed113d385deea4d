"""All steps, in the order in which an operator would mend things."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from gateway.check import machine
from gateway.check.cloud import check_cloud
from gateway.check.pbx import check_pbx
from gateway.check.smdr import check_smdr
from gateway.pairing import NotPaired, with_credentials
from gateway.pbx import PROFILES
from gateway.retry import Backoff
from gateway.service import pbx_address, pbx_connection, utc_now
from gateway.spool import Spool
from gateway.spool_file import SpoolUnusable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gateway.check.step import Steps
    from gateway.settings import GatewaySettings


async def check(settings: GatewaySettings, extension: str = "", now: Callable[[], datetime] = utc_now) -> Steps:
    """Disk, PBX and CloudLink. The monitor is tried on ``extension``, or on one that the gateway has to monitor."""
    try:
        settings, not_paired = with_credentials(settings), ""
    except NotPaired as error:
        not_paired = str(error)
    yield machine.disk(settings.gateway_spool)
    async for step in _pbx(settings, extension):
        yield step
    async for step in check_cloud(settings, now, not_paired):
        yield step


def _pbx(settings: GatewaySettings, extension: str) -> Steps:
    if PROFILES[settings.csta_profile].interface == "smdr":
        has_run = settings.gateway_spool.exists()
        return check_smdr(pbx_address(settings), settings.gateway_metrics_port, has_run=has_run)
    extensions = [extension] if extension else settings.csta_extensions or _told(settings)
    return check_pbx(pbx_connection(settings, Backoff()), extensions)


def _told(settings: GatewaySettings) -> Sequence[str]:
    """What CloudLink last told to monitor."""
    if not settings.gateway_id or not settings.gateway_spool.exists():
        return ()
    try:
        with closing(Spool(settings.gateway_spool, gateway_id=settings.gateway_id)) as spool:
            return spool.extensions()
    except SpoolUnusable:
        # In use, as a rule: the gateway runs.
        return ()
