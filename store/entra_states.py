"""What waits while a browser is away at Entra ID, or a tab at its sign-in window: found again, once, by a state.

The state is random and stored as a hash; what waits with it (the code flow's verifier among it) is encrypted. Whoever
opens them may have so many open at once: anybody may ask for one, and each is a row.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, insert, select

from store.clock import Clock, utc_now
from store.schema import entra_states

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from sqlalchemy import Connection

    from store.database import Database
    from store.vault import Vault

# A company's people often share an address, and who comes back closes their own.
MOST_OPEN = 200

_c = entra_states.c
_THIS = (_c.state_hash == bindparam("hash")) & (_c.purpose == bindparam("of_purpose"))
_FIND = select(_c.details_encrypted).where(_THIS, _c.expires_at > bindparam("now"))
_TAKE = delete(entra_states).where(_THIS)
_OPEN = select(func.count(), func.min(_c.expires_at)).where(_c.opener_hash == bindparam("opener"))
_EXPIRED = delete(entra_states).where(_c.expires_at <= bindparam("now"))


class EntraStates:
    """States on their way."""

    def __init__(self, database: Database, vault: Vault, now: Clock = utc_now) -> None:
        self._database = database
        self._vault = vault
        self._now = now

    async def keep(
        self, state: str, purpose: str, details: Mapping[str, Any], lifetime: timedelta, *, browser: str, opener: str
    ) -> float:
        """Keeps ``details`` (JSON values) for the browser that brings ``state`` back in time for the same ``purpose``.

        ``browser`` is a secret of that browser alone, such as a cookie's value. Answers 0.0, or keeps nothing and
        answers how many seconds ``opener`` (a network address, or a user) must wait, who has ``MOST_OPEN`` of them
        already.
        """
        now = self._now()
        row = {
            "state_hash": _hash(state),
            "purpose": purpose,
            "opener_hash": _hash(opener),
            "details_encrypted": self._vault.encrypt(json.dumps([browser, dict(details)])),
            "expires_at": now + lifetime,
        }

        def work(connection: Connection) -> float:
            connection.execute(_EXPIRED, {"now": now})
            number, first_ends = connection.execute(_OPEN, {"opener": row["opener_hash"]}).one()
            if number >= MOST_OPEN:
                return float((first_ends - now).total_seconds())
            connection.execute(insert(entra_states), row)
            return 0.0

        return await self._database.write(work)

    async def take(self, state: str, purpose: str, browser: str) -> Mapping[str, Any] | None:
        """What was kept, once; ``None`` for a state that is unknown, used, expired, another purpose's or browser's."""
        key = {"hash": _hash(state), "of_purpose": purpose}

        def work(connection: Connection) -> str | None:
            kept = connection.execute(_FIND, {**key, "now": self._now()}).scalar()
            return kept if connection.execute(_TAKE, key).rowcount == 1 else None

        kept = await self._database.write(work)
        if kept is None:
            return None
        owner, details = json.loads(self._vault.decrypt(kept))
        ours = bool(browser) and hmac.compare_digest(_hash(owner), _hash(browser))
        return dict(details) if ours else None


def new_state() -> str:
    """A state that nobody guesses."""
    return secrets.token_urlsafe(32)


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode(errors="replace")).hexdigest()
