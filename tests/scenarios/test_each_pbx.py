"""The gateway on each CSTA PBX that is simulated, in each edition, as the settings of an operator have it."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

import pytest

from cloudlink.model import Direction
from cloudlink.uplink import CallRecorded, LineChanged
from gateway.calls.clock import SteadyClock
from gateway.calls.lines import Lines
from gateway.exchange import Exchange
from gateway.service import pbx_connection
from gateway.settings import GatewaySettings
from simulator.profiles import settings_of
from simulator.simulator import Simulator
from tests.fakes.tls import Certificate, self_signed
from tests.gateway.conditions import AT_ONCE, Watched, running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from cloudlink.uplink import Fact

SUBSCRIBERS = ("201", "202", "203")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of the PBX, for the one that speaks TLS."""
    return self_signed(tmp_path_factory.mktemp("tls"))


class Site:
    """A PBX, and a gateway's exchange on it with what it tells."""

    def __init__(self, pbx: Simulator, settings: GatewaySettings) -> None:
        ids = count(1)
        self.pbx = pbx
        self.told: list[Fact] = []
        self.counters = Watched()
        clock = SteadyClock.on(lambda: datetime.now(UTC))
        lines = Lines(self._publish, clock, lambda: f"record-{next(ids)}")
        self.exchange = Exchange(pbx_connection(settings, AT_ONCE), lines, self.counters)

    def _publish(self, facts: Sequence[Fact]) -> None:
        self.told += facts
        self.counters["told"] += len(facts)


@asynccontextmanager
async def site(profile: str, edition: str, certificate: Certificate) -> AsyncIterator[Site]:
    secure = profile == "mxone"
    files = {"tls_certificate": str(certificate.certificate), "tls_key": str(certificate.key), "tls_port": 0}
    simulated = settings_of(profile, port=0, edition=edition, extensions=SUBSCRIBERS, **(files if secure else {}))
    async with Simulator(simulated) as pbx:
        pbx.faults.one_edition = True
        chosen = {
            "gateway_id": "gateway-1",
            "gateway_key": "key-1",
            "csta_profile": profile,
            "csta_port": pbx.tls_port if secure else pbx.port,
            "csta_tls": secure,
            "csta_ca": certificate.certificate if secure else None,
        }
        here = Site(pbx, GatewaySettings.model_validate(chosen))
        here.exchange.want(SUBSCRIBERS)
        async with running(here.exchange.run()):
            await here.counters.until(lambda: here.counters["monitors"] == len(SUBSCRIBERS))
            yield here


@pytest.mark.parametrize("edition", ["ed3", "ed4", "ed5", "ed6"])
@pytest.mark.parametrize("profile", ["office400", "mivoice5000", "mxone"])
async def test_a_pbx_is_followed_and_commanded_in_its_own_edition(
    profile: str, edition: str, certificate: Certificate
) -> None:
    async with site(profile, edition, certificate) as here:
        now = here.exchange.monitoring()
        assert (now.running, now.refused, now.unseen, now.not_offered) == (3, {}, {}, ())
        assert (now.session is not None) == (profile == "mxone")

        call = here.pbx.ring("+33199000142", "201", "Supplier")
        call.answer()
        call.far_end_hangs_up()
        await here.counters.until(lambda: [fact for fact in here.told if isinstance(fact, CallRecorded)])
        (recorded,) = [fact.call for fact in here.told if isinstance(fact, CallRecorded)]
        assert (recorded.direction, recorded.from_, recorded.completed) == (Direction.INBOUND, "+33199000142", True)

        await here.exchange.set_do_not_disturb("202", on=True)
        await here.counters.until(lambda: any(isinstance(fact, LineChanged) and fact.dnd for fact in here.told))
        assert await here.exchange.place_call("203", "201") is not None
