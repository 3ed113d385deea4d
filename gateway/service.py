"""The gateway as a whole: what ``python app.py gateway`` runs."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cloudlink.tasks import until_one_ends
from gateway.calls import memory
from gateway.calls.clock import SteadyClock
from gateway.calls.lines import Lines
from gateway.capacity import HOUR, BusyHour, calls_in
from gateway.credentials import load
from gateway.csta.session import SessionRequest
from gateway.exchange import Connection, Exchange
from gateway.link import Cloud, Link
from gateway.orders import Orders
from gateway.outbound import session
from gateway.pbx import PROFILES
from gateway.retry import Backoff
from gateway.smdr.side import SmdrConnection, SmdrSide
from gateway.spool import Spool
from gateway.status.listener import listen
from gateway.status.reporter import Reporter, Watched
from gateway.status.state import Status
from gateway.status.supervisor import beat
from gateway.transport import Address, tls_context

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cloudlink.uplink import Fact
    from gateway.pbx import PbxProfile
    from gateway.settings import GatewaySettings
    from gateway.side import PbxSide
    from gateway.spool import Kept

logger = logging.getLogger(__name__)

_TRY_AGAIN_S = 5.0
# Under load, what happens within a hundredth of a second shares one transaction; what happens alone waits for nothing.
_APART_S = 0.01


def utc_now() -> datetime:
    """The time now, aware."""
    return datetime.now(UTC)


async def run(
    settings: GatewaySettings,
    stop: asyncio.Event,
    *,
    clock: SteadyClock | None = None,
    backoff: Backoff | None = None,
    counters: Counter[str] | None = None,
) -> None:
    """Runs until ``stop``. ``counters`` counts what happened, by name.

    Raises ``SpoolUnusable``, ``NotPaired`` or ``BadAuthority`` when it cannot begin, ``sqlite3.Error`` for a file that
    is broken.
    """
    clock = clock or SteadyClock(utc_now, time.monotonic)
    gateway = Gateway(settings, clock, backoff or Backoff(), Counter() if counters is None else counters)
    await gateway.run(stop)


class Gateway:
    """PBX side, spool and link, joined by a queue, so that the PBX is read whatever disk and cloud do."""

    def __init__(self, settings: GatewaySettings, clock: SteadyClock, backoff: Backoff, counters: Counter[str]) -> None:
        self._counters = counters
        self._facts: list[Fact] = []
        self._news = asyncio.Event()
        self._ours: frozenset[str] = frozenset()
        self._gateway_id = load(settings).gateway_id
        self._spool = Spool(settings.gateway_spool, gateway_id=self._gateway_id, limit=settings.gateway_spool_bytes)
        self._lines = Lines(self._publish, clock, lambda: uuid.uuid4().hex)
        self._lines.restore(self._spool.legs(), self._spool.heard())
        profile = PROFILES[settings.csta_profile]
        self._busy_hour = BusyHour(profile.bhcc)
        self._pbx = self._pbx_side(settings, profile, clock, backoff)
        # Extensions that are set here are not for CloudLink to change.
        self._want(settings.csta_extensions or self._spool.extensions())
        watched = Watched(
            side=self._pbx,
            profile=profile,
            address=str(pbx_address(settings)),
            spool=self._spool,
            busy_hour=self._busy_hour,
            counters=counters,
            version=_version(),
        )
        self._reporter = Reporter(watched, utc_now)
        self._link = Link(
            Cloud(settings.gateway_cloudlink_url, lambda: load(settings), lambda: session(settings), backoff),
            self._spool,
            counters=counters,
            monitor=(lambda _: None) if settings.csta_extensions else self._want,
            orders=Orders(self._pbx, self._lines, counters, outside=settings.csta_outside),
            version=_version(),
            report=self._reporter.report,
            now=utc_now,
        )
        self._status_port = settings.gateway_metrics_port

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set; what was heard by then is in the spool."""
        with closing(self._spool):
            try:
                await until_one_ends(
                    _wait(stop),
                    listen(self._status_port, self._status),
                    beat(self._reporter),
                    self._pbx.run(),
                    self._link.run(),
                    self._store(),
                )
            finally:
                self._spool.append(*self._waiting())
                logger.info("gateway stopped", extra={"counters": dict(self._counters), "held": len(self._spool)})

    async def _status(self) -> Status:
        return Status(
            gateway_id=self._gateway_id,
            cloud=self._link.state(),
            report=await self._reporter.report(),
            counters=dict(self._counters),
        )

    def _want(self, extensions: Iterable[str]) -> None:
        self._ours = frozenset(extensions)
        self._pbx.want(self._ours)

    def _pbx_side(
        self, settings: GatewaySettings, profile: PbxProfile, clock: SteadyClock, backoff: Backoff
    ) -> PbxSide:
        if profile.interface == "csta":
            return Exchange(pbx_connection(settings, backoff), self._lines, self._counters)
        # Calls that another kind of PBX left on this spool: nobody will hear how they end.
        self._lines.retain(frozenset())
        # Lines tell moments of the PBX's clock, so they are read by the machine's as it is set now.
        return SmdrSide(
            smdr_connection(settings, backoff), self._publish, lambda: clock() + clock.correction, self._counters
        )

    def _publish(self, facts: Sequence[Fact]) -> None:
        now = utc_now()
        if calls := calls_in(facts, self._ours, since=now - HOUR):
            self._busy_hour.count(now, calls)
        self._facts += facts
        self._news.set()

    async def _store(self) -> None:
        full = False
        now, written = asyncio.get_running_loop().time, -_APART_S
        while True:
            with suppress(TimeoutError):
                # What the disk has not taken is tried again, also while nothing happens.
                async with asyncio.timeout(_TRY_AGAIN_S if full else None):
                    await self._news.wait()
            await asyncio.sleep(written + _APART_S - now())
            self._news.clear()
            written = now()
            writing = asyncio.ensure_future(asyncio.to_thread(self._spool.append, *self._waiting()))
            try:
                kept = await asyncio.shield(writing)
            except asyncio.CancelledError:
                # What was taken must reach the disk, even at the end.
                await writing
                raise
            self._link.wake()
            self._note_room(kept, was_full=full)
            full = kept.waiting > 0

    def _note_room(self, kept: Kept, *, was_full: bool) -> None:
        about: dict[str, object] = {"held": len(self._spool), "octets": self._spool.octets, "waiting": kept.waiting}
        if kept.lost:
            self._counters["records_lost"] += kept.lost
            logger.error("call records are lost: disk and memory are full", extra={**about, "lost": kept.lost})
        if kept.waiting and not was_full:
            self._counters["spool_full"] += 1
            about["reason"] = self._spool.fault
            logger.error("the disk takes no more facts; they wait in memory", extra=about)
        elif was_full and not kept.waiting:
            logger.warning("the disk takes facts again", extra=about)

    def _waiting(self) -> tuple[list[Fact], dict[str, list[str]], datetime | None]:
        """What ``Spool.append`` takes: facts and calls in being of one moment, so that the disk has them of one too."""
        facts, self._facts = self._facts, []
        legs = {extension: [*map(memory.dump, legs)] for extension, legs in self._lines.take_changes().items()}
        return facts, legs, self._lines.heard


async def _wait(stop: asyncio.Event) -> None:
    await stop.wait()


def pbx_connection(settings: GatewaySettings, backoff: Backoff) -> Connection:
    """How the settings say that the PBX is reached."""
    profile = PROFILES[settings.csta_profile]
    session = SessionRequest(
        settings.csta_session_application,
        settings.csta_session_info.get_secret_value(),
        settings.csta_session_seconds,
        () if settings.csta_namespace else profile.editions,
    )
    wants_session = profile.session if settings.csta_session is None else settings.csta_session
    return Connection(
        address=pbx_address(settings),
        profile=replace(
            profile,
            device=settings.csta_device or profile.device,
            namespace=settings.csta_namespace or profile.namespace,
            in_flight=settings.csta_requests or profile.in_flight,
        ),
        session=session if wants_session else None,
        register=settings.csta_register,
        heartbeat=settings.csta_heartbeat,
        heartbeat_seconds=settings.csta_heartbeat_seconds,
        backoff=backoff,
    )


def smdr_connection(settings: GatewaySettings, backoff: Backoff) -> SmdrConnection:
    """The same for a PBX that tells its calls by SMDR."""
    return SmdrConnection(
        address=pbx_address(settings),
        profile=PROFILES[settings.csta_profile],
        zone=ZoneInfo(settings.smdr_time_zone) if settings.smdr_time_zone else None,
        outside_prefix=settings.smdr_outside_prefix,
        backoff=backoff,
    )


def pbx_address(settings: GatewaySettings) -> Address:
    """Where the settings and the PBX's profile say that it is."""
    profile = PROFILES[settings.csta_profile]
    usual = profile.tls_port if settings.csta_tls and profile.tls_port else profile.port
    return Address(
        host=settings.csta_host,
        ports=(settings.csta_port or usual, *settings.csta_more_ports),
        tls=tls_context(settings.csta_ca) if settings.csta_tls else None,
    )


def _version() -> str:
    try:
        return version("mitel-assistant")
    except PackageNotFoundError:
        # Run from a checkout that was not installed.
        return "0"
