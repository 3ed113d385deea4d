"""HTTP to CloudLink: through the proxy that is set or that the environment names, over TLS that is checked."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from gateway.settings import is_loopback

if TYPE_CHECKING:
    from gateway.settings import GatewaySettings


class BadAuthority(Exception):
    """The file of ``GATEWAY_CA`` cannot be used; the text is a sentence for the operator."""


def proxy_of(settings: GatewaySettings) -> str | None:
    """``GATEWAY_PROXY``, or what ``HTTPS_PROXY`` and ``NO_PROXY`` say. This machine is never reached by a proxy."""
    parts = urlsplit(settings.gateway_cloudlink_url)
    host = parts.hostname or ""
    if is_loopback(host):
        return None
    if given := settings.gateway_proxy.get_secret_value():
        return given
    return None if proxy_bypass(host) else getproxies().get(parts.scheme)


def tls_of(settings: GatewaySettings) -> ssl.SSLContext:
    """The authorities of the machine, and that of ``GATEWAY_CA``. Raises ``BadAuthority``."""
    context = ssl.create_default_context()
    if settings.gateway_ca is not None:
        try:
            context.load_verify_locations(settings.gateway_ca)
        except (OSError, ssl.SSLError) as error:
            reason = error.strerror or type(error).__name__
            raise BadAuthority(f"GATEWAY_CA: {settings.gateway_ca} is no PEM file to be read: {reason}") from None
    return context


def session(settings: GatewaySettings, *, seconds: float | None = None) -> aiohttp.ClientSession:
    """For requests to CloudLink, each of so many seconds at most. Raises ``BadAuthority``."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls_of(settings)),
        proxy=proxy_of(settings),
        timeout=aiohttp.ClientTimeout(total=seconds),
    )


def reason(error: Exception) -> str:
    """What went wrong, in a few words, without the password of a proxy."""
    if isinstance(error, aiohttp.ClientHttpProxyError):
        return f"the proxy answers {error.status} ({error.message})"
    return str(error) or type(error).__name__
