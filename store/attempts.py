"""How often something was tried in vain, to slow down whoever guesses.

Every attempt counts as failed from its beginning until it is known to have succeeded, so that many at once get no
more tries than one after another. Within the allowance there is no wait; after it the wait doubles with every further
failure, up to a limit, so that an owner is delayed but never locked out. A counter is forgotten when nothing has
failed for a while. Keys are stored as hashes, since they are e-mail and network addresses. Whoever has one address of
IPv6 has the whole network of 64 bits that it is in, so its addresses are one key.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, select, update

from store.clock import Clock, utc_now
from store.schema import attempts
from store.upsert import insert

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from store.database import Database

FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(hours=1)
_NETWORK_BITS = 64

_c = attempts.c
_COUNT = select(_c.failures, _c.last_at).where(_c.key_hash == bindparam("hash"))
_FORGET_OLD = delete(attempts).where(_c.last_at <= bindparam("before"))
_ADD = insert(attempts)
_ADD = _ADD.on_conflict_do_update(
    index_elements=[_c.key_hash], set_={"failures": _c.failures + 1, "last_at": _ADD.excluded.last_at}
)
_KEY = _c.key_hash == bindparam("hash")
_CLEAR = delete(attempts).where(_KEY)
_TAKE_BACK = update(attempts).where(and_(_KEY, _c.failures > 0)).values(failures=_c.failures - 1)


class Attempts:
    """Counters of one ``subject`` (``"sign-in e-mail"``), which may fail ``allowance`` times before it must wait."""

    def __init__(self, database: Database, subject: str, allowance: int, now: Clock = utc_now) -> None:
        self._database = database
        self._subject = subject
        self._allowance = allowance
        self._now = now

    async def begin(self, key: str) -> float:
        """Counts an attempt and answers 0.0, or does not and answers how many seconds ``key`` must wait first."""
        now = self._now()
        row = {"key_hash": self._hash(key), "failures": 1, "first_at": now, "last_at": now}

        def work(connection: Connection) -> float:
            connection.execute(_FORGET_OLD, {"before": now - FORGOTTEN_AFTER})
            count = connection.execute(_COUNT, {"hash": row["key_hash"]}).first()
            wait = 0.0 if count is None else (self._open_at(*count) - now).total_seconds()
            if wait <= 0:
                connection.execute(_ADD, row)
            return max(wait, 0.0)

        return await self._database.write(work)

    async def succeeded(self, key: str) -> None:
        """The attempt was good, and whoever made it owns ``key``: its failures are forgotten."""
        await self._database.write(lambda connection: connection.execute(_CLEAR, {"hash": self._hash(key)}))

    async def take_back(self, key: str) -> None:
        """The attempt was good, but ``key`` is shared: this one attempt does not count, the others do."""
        await self._database.write(lambda connection: connection.execute(_TAKE_BACK, {"hash": self._hash(key)}))

    def _open_at(self, failures: int, last_at: datetime) -> datetime:
        beyond = failures - self._allowance
        return last_at if beyond < 0 else last_at + min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(beyond, 16))

    def _hash(self, key: str) -> str:
        return hashlib.sha256(f"{self._subject}:{_network(key)}".encode()).hexdigest()


def _network(key: str) -> str:
    """The network of an address of IPv6; any other key as it is."""
    try:
        address = ip_address(key)
    except ValueError:
        return key
    if address.version == 4 or address.ipv4_mapped is not None:
        return key
    return str(ip_network((int(address), _NETWORK_BITS), strict=False))
