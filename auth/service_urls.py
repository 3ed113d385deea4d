"""Where an activity may say that it comes from, which is where its replies and our token go."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from yarl import URL

if TYPE_CHECKING:
    from collections.abc import Sequence

# The hosts that Microsoft's Teams SDK allows in the public cloud and GCC. Sovereign clouds have others, for example
# smba.infra.gov.teams.microsoft.us (GCC High) and smba.infra.dod.teams.microsoft.us (DoD).
TEAMS_HOSTS = (
    "smba.trafficmanager.net",
    "smba.onyx.prod.teams.trafficmanager.net",
    "smba.infra.gcc.teams.microsoft.com",
)
_LONGEST = 400


class ForeignServiceUrl(PermissionError):
    """A service URL that is none of Teams'."""


class ServiceUrls:
    """An allow-list of hosts. ``.example.com`` allows every host below it; any other entry is that host alone.

    https on its usual port only. A loopback address that is listed by itself may also be reached by http on any port.
    A suffix must belong to Microsoft as a whole: anybody can register a name under ``trafficmanager.net``.
    """

    def __init__(self, hosts: Sequence[str]) -> None:
        lowered = [host.lower() for host in hosts]
        self._exact = frozenset(host for host in lowered if not host.startswith("."))
        self._suffixes = tuple(host for host in lowered if host.startswith("."))

    def check(self, url: str) -> None:
        """Raises ``ForeignServiceUrl``. Reads the URL by the same parser as the client that sends there (yarl)."""
        if not self._allows(url):
            raise ForeignServiceUrl("the service URL is not on the allow-list")

    def _allows(self, url: str) -> bool:
        parsed = _parse(url)
        if parsed is None or parsed.host is None:
            return False
        host = parsed.host.lower()
        if host in self._exact and is_loopback(host):
            return parsed.scheme in {"http", "https"}
        return (
            parsed.scheme == "https" and parsed.port == 443 and (host in self._exact or host.endswith(self._suffixes))
        )


def _parse(url: str) -> URL | None:
    """``None`` for what parsers read differently, or what no service URL of Teams has."""
    if len(url) > _LONGEST or not url.isascii() or not url.isprintable() or "\\" in url or " " in url:
        return None
    try:
        parsed = URL(url)
    except ValueError:
        return None
    return None if parsed.user or parsed.password or parsed.query_string or parsed.fragment else parsed


def is_loopback(host: str) -> bool:
    """Whether a host, without port and brackets, is this machine. Names other than ``localhost`` are not resolved."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
