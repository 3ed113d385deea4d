"""Reaching a PBX: ports in turn, TLS that checks, and sentences for what goes wrong."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from gateway.transport import Address, connect, tls_context, unreachable
from tests.fakes.csta_peer import CstaPeer
from tests.fakes.tls import Certificate, self_signed

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """Of 127.0.0.1 and localhost, and of no authority that a machine knows."""
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority that has not signed the PBX's certificate."""
    return self_signed(tmp_path_factory.mktemp("another")).certificate


async def refused(address: Address) -> str:
    try:
        await connect(address)
    except OSError as error:
        return unreachable(error)
    raise AssertionError("connected")


async def test_tls_is_spoken_to_a_pbx_whose_authority_is_named(certificate: Certificate) -> None:
    async with CstaPeer(tls=certificate.serving()) as peer:
        address = Address(host="127.0.0.1", ports=(peer.port,), tls=tls_context(certificate.certificate))
        _, writer = await connect(address)
        assert writer.get_extra_info("ssl_object").version() == "TLSv1.3"
        writer.close()


async def test_a_certificate_of_another_authority_is_not_trusted(certificate: Certificate, another: Path) -> None:
    async with CstaPeer(tls=certificate.serving()) as peer:
        for authority in (None, another):
            sentence = await refused(Address(host="127.0.0.1", ports=(peer.port,), tls=tls_context(authority)))
            assert sentence == "the PBX's certificate is not trusted: self-signed certificate"


async def test_a_certificate_of_another_host_is_not_trusted(certificate: Certificate) -> None:
    async with CstaPeer(tls=certificate.serving(), host="127.0.0.2") as peer:
        address = Address(host="127.0.0.2", ports=(peer.port,), tls=tls_context(certificate.certificate))
        assert "IP address mismatch" in await refused(address)


async def test_tls_on_a_port_that_speaks_in_the_clear_is_told(certificate: Certificate) -> None:
    async def answers_in_the_clear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"\x00\x00\x00\x0c0001<a/>")
        writer.close()

    async with await asyncio.start_server(answers_in_the_clear, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        address = Address(host="127.0.0.1", ports=(port,), tls=tls_context(certificate.certificate))
        assert (await refused(address)).startswith("no TLS with the PBX: ")


@pytest.mark.parametrize("host", ["pbx.invalid", "pbx..example.com", "x" * 70])
async def test_a_name_that_nobody_knows_is_told(host: str) -> None:
    sentence = await refused(Address(host=host, ports=(7001,)))
    assert sentence == "the PBX's host name is not known to this machine"


def test_a_pbx_that_keeps_silent_is_told_from_one_that_refuses() -> None:
    assert unreachable(TimeoutError()) == "the PBX does not answer at this address and port"


async def test_ports_are_tried_in_turn() -> None:
    async with CstaPeer() as gone:
        pass
    async with CstaPeer() as peer:
        address = Address(host="127.0.0.1", ports=(gone.port, peer.port))
        assert await refused(address) == "the PBX cannot be reached: Connection refused"
        _, writer = await connect(address, attempt=2)
        writer.close()
        assert address.port(3) == gone.port
