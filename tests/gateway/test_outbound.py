"""The way to CloudLink: through a proxy that only tunnels, to a server whose authority is a company's own."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from cloudlink.administration.actor import SYSTEM
from cloudlink.service.administration.gateways import GatewayService
from cloudlink.service.pairing import pairing_routes
from cloudlink.service.uplink import Uplink
from gateway.credentials import NotPaired, load
from gateway.link import Cloud, Link
from gateway.orders import Orders
from gateway.outbound import proxy_of, session
from gateway.pairing import pair, rotate
from gateway.service import utc_now
from gateway.settings import GatewaySettings
from gateway.spool import Spool
from tests.cloudlink.conftest import outbox, password_hash, people, provisioning
from tests.fakes.proxy import TunnelProxy
from tests.fakes.tls import Certificate, self_signed
from tests.gateway.conditions import AT_ONCE, Watched, nothing_new, running
from tests.gateway.office import Office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock

__all__ = ["outbox", "password_hash", "people", "provisioning"]

NAME = "cloudlink.example.com"
URL = f"https://{NAME}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"), also=(NAME,))


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def gateways(database: Database, outbox: Outbox, clock: SteppedClock) -> GatewayService:
    return GatewayService(database, outbox, now=clock)


@pytest.fixture
async def cloud(
    database: Database, outbox: Outbox, gateways: GatewayService, certificate: Certificate
) -> AsyncIterator[tuple[str, int]]:
    """Where CloudLink really listens."""
    uplink = Uplink(database, outbox, public_url=URL)
    app = web.Application()
    app.add_routes([*uplink.routes(), *pairing_routes(gateways)])
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=certificate.serving())
    yield "127.0.0.1", server.port or 0
    await uplink.close()
    await server.close()


@pytest.fixture
def settings(tmp_path: Path, certificate: Certificate) -> GatewaySettings:
    return GatewaySettings(
        gateway_cloudlink_url=URL,
        gateway_spool=tmp_path / "spool.db",
        gateway_ca=certificate.certificate,
        _env_file=None,
    )


async def code(gateways: GatewayService, people: People) -> str:
    return (await gateways.create(SYSTEM, people.account.account_id, "Office", "office400")).code


def through(settings: GatewaySettings, proxy: TunnelProxy, user: str = "") -> GatewaySettings:
    url = SecretStr(f"http://{user}127.0.0.1:{proxy.port}")
    return settings.model_copy(update={"gateway_proxy": url})


async def test_all_goes_through_a_proxy_to_a_server_of_a_private_authority(
    cloud: tuple[str, int], gateways: GatewayService, people: People, settings: GatewaySettings
) -> None:
    async with TunnelProxy({f"{NAME}:443": cloud}) as proxy:
        here = through(settings, proxy)
        await pair(here, await code(gateways, people))
        await rotate(here)
        counters = Watched()
        spool = Spool(here.gateway_spool, gateway_id=load(here).gateway_id)
        way = Cloud(URL, lambda: load(here), lambda: session(here), AT_ONCE)
        office = Office(port=1)
        link = Link(
            way,
            spool,
            counters=counters,
            monitor=lambda _: None,
            version="1",
            report=nothing_new,
            orders=Orders(office.exchange, office.lines, counters),
            now=utc_now,
        )
        async with running(link.run()):
            await counters.until(lambda: counters["cloud_connections"])
        spool.close()
        assert proxy.asked == [f"{NAME}:443"] * 3


async def test_a_proxy_may_want_a_password(
    cloud: tuple[str, int], gateways: GatewayService, people: People, settings: GatewaySettings
) -> None:
    wanted = "Basic " + b64encode(b"gateway:s3cret").decode()
    async with TunnelProxy({f"{NAME}:443": cloud}, authorization=wanted) as proxy:
        with pytest.raises(NotPaired, match="407") as caught:
            await pair(through(settings, proxy, "gateway:wrong@"), await code(gateways, people))
        assert "wrong" not in str(caught.value)
        await pair(through(settings, proxy, "gateway:s3cret@"), await code(gateways, people))


async def test_a_server_whose_authority_is_not_known_is_not_told_the_code(
    cloud: tuple[str, int], gateways: GatewayService, people: People, settings: GatewaySettings
) -> None:
    async with TunnelProxy({f"{NAME}:443": cloud}) as proxy:
        untrusting = through(settings, proxy).model_copy(update={"gateway_ca": None})
        with pytest.raises(NotPaired, match="certificate"):
            await pair(untrusting, await code(gateways, people))


async def test_a_file_that_holds_no_authority_is_named(settings: GatewaySettings, tmp_path: Path) -> None:
    for path in (tmp_path / "missing.pem", tmp_path):
        with pytest.raises(NotPaired, match=f"GATEWAY_CA: {path}"):
            await pair(settings.model_copy(update={"gateway_ca": path}), "AAAA-AAAA-AAAA-AAAA")


@pytest.mark.parametrize(
    ("environment", "url", "proxy"),
    [
        ({}, URL, None),
        ({"HTTPS_PROXY": "http://proxy.example.com:3128"}, URL, "http://proxy.example.com:3128"),
        ({"https_proxy": "http://proxy.example.com:3128", "no_proxy": "example.com"}, URL, None),
        (
            {"HTTPS_PROXY": "http://proxy.example.com:3128", "NO_PROXY": "example.net"},
            URL,
            "http://proxy.example.com:3128",
        ),
        ({"HTTP_PROXY": "http://proxy.example.com:3128"}, "http://127.0.0.1:3978", None),
    ],
)
def test_the_environment_names_the_proxy(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_of(GatewaySettings(gateway_cloudlink_url=url, _env_file=None)) == proxy


def test_what_is_set_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("GATEWAY_PROXY", "http://user:s3cret@own.example.com:8080")
    settings = GatewaySettings(gateway_cloudlink_url=URL, _env_file=None)
    assert proxy_of(settings) == "http://user:s3cret@own.example.com:8080"
    assert "s3cret" not in repr(settings)
