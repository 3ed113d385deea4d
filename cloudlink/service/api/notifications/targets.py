"""Where a webhook may be: https, at an address that everybody on the Internet can reach.

An address is judged twice: as text when a subscription is made, and after DNS at each delivery, where the connection
goes to the very address that was judged, so a name that changes in between wins nothing. Redirects are not followed.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver

from cloudlink.service.api.errors import BadRequest

if TYPE_CHECKING:
    from aiohttp.abc import ResolveResult

# Networks of IPv6 that carry an address of IPv4 in their last 32 bits: of NAT64, and of what came before mapped ones.
_CARRIERS = (ip_network("64:ff9b::/96"), ip_network("::/96"))
_LOWEST_FREE_PORT = 1024


class Forbidden(OSError):
    """An address that no webhook may have."""


def allowed(text: str, *, loopback: bool) -> bool:
    """Whether a webhook may be at this IP address; with ``loopback`` this machine is one too."""
    address = _unwrapped(ip_address(text.partition("%")[0]))
    if address.is_loopback:
        return loopback
    if isinstance(address, IPv6Address) and (address.sixtofour or address.teredo):
        return False
    return address.is_global and not address.is_multicast


def check(url: str, *, loopback: bool) -> None:
    """Judges the text of an address. Raises ``BadRequest``."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise BadRequest("deviceId: must be a URL") from None
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or not host:
        raise BadRequest("deviceId: must be a URL in ASCII")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise BadRequest("deviceId: must hold neither credentials nor a fragment")
    if parts.scheme != "https" and not (loopback and parts.scheme == "http" and _is_loopback(host)):
        raise BadRequest("deviceId: must begin with https://")
    if port is not None and port != 443 and port < _LOWEST_FREE_PORT:
        raise BadRequest("deviceId: must have port 443 or one from 1024")
    if (address := _literal(host)) is not None and not allowed(address, loopback=loopback):
        raise BadRequest("deviceId: must be an address that everybody on the Internet can reach")


class GuardedResolver(AbstractResolver):
    """Resolves names; one with any address that is not allowed has none at all."""

    def __init__(self, resolver: AbstractResolver, *, loopback: bool) -> None:
        self._resolver = resolver
        self._loopback = loopback

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises ``Forbidden``."""
        found = await self._resolver.resolve(host, port, family)
        if not all(allowed(result["host"], loopback=self._loopback) for result in found):
            raise Forbidden("the name leads to an address that no webhook may have")
        return found

    async def close(self) -> None:
        await self._resolver.close()


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if not address.is_loopback and any(address in carrier for carrier in _CARRIERS):
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _literal(host: str) -> str | None:
    """The address that a host is, in any spelling that some resolver takes (``2130706433``, ``0x7f.1``)."""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return None


def _is_loopback(host: str) -> bool:
    address = _literal(host)
    return host == "localhost" if address is None else _unwrapped(ip_address(address)).is_loopback
