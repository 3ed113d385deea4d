"""The HTTP session that speaks to Microsoft."""

from __future__ import annotations

import ssl

from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector


def microsoft_session(connections: int = 128) -> ClientSession:
    """A pool of so many connections, 0 for as many as are asked for; close it at shutdown.

    Certificates are checked against what the machine trusts now, so an authority in ``SSL_CERT_FILE`` is honoured.
    """
    return ClientSession(
        connector=TCPConnector(limit=connections, keepalive_timeout=60, ssl=ssl.create_default_context()),
        timeout=ClientTimeout(total=30, connect=10),
        cookie_jar=DummyCookieJar(),
        headers={"Accept": "application/json"},
    )
