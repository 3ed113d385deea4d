"""Access tokens judged a second on one core: ``python -m benchmarks.tokens``.

Each judgement reads the token, verifies its RS256 signature (2048 bits) and asks SQLite whether the session, its user
and account are still active; nothing is remembered from one to the next. Beside it stands PyJWT's own ``decode`` of the
same token, which asks nobody.
"""

from __future__ import annotations

import asyncio
import os
import time
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

import jwt

from cloudlink.administration.accounts import NewAccount
from cloudlink.identity import SessionKind
from cloudlink.service.identity.keys import Keys
from cloudlink.service.identity.sessions import NewSession, hash_secret, new_session_id, open_in
from cloudlink.service.identity.tokens import ACCESS_TYPE, Tokens
from cloudlink.service.provision import Provisioning, known_as
from store.clock import utc_now
from store.database import open_database
from store.outbox import Outbox
from store.vault import Vault, new_key

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from cloudlink.model import User
    from store.database import Database

TOKENS = 2_000
ROUNDS = 5
SIGNATURES_BOUND = 10_000
"""Tokens a second with their signature, on one core."""
PUBLIC_URL = "https://assistant.example.com"


async def measure() -> None:
    """Prints the medians. Raises ``SystemExit`` when the bound is missed."""
    database = await open_database("sqlite://")
    keys = Keys(database, Vault([new_key()]))
    tokens = Tokens(database, keys, PUBLIC_URL)
    bearers = await _bearers(tokens, database)
    public = (await keys.signing()).public

    async def signature(bearer: str) -> None:
        await tokens.verify(bearer, ACCESS_TYPE)

    async def whole(bearer: str) -> None:
        await tokens.caller(bearer)

    async def peer(bearer: str) -> None:
        jwt.decode(bearer, public, ["RS256"], audience=tokens.audience, issuer=tokens.issuer)

    verified = await _rate(signature, bearers)
    print(f"token with its signature      {verified:8,.0f} a second")
    print(f"and with session and user     {await _rate(whole, bearers):8,.0f} a second")
    print(f"PyJWT's decode alone          {await _rate(peer, bearers):8,.0f} a second")
    await database.close()
    if verified < SIGNATURES_BOUND:
        raise SystemExit(f"fewer than {SIGNATURES_BOUND:,} tokens a second")


async def _bearers(tokens: Tokens, database: Database) -> list[str]:
    provisioning = Provisioning(database, Outbox(database))
    account = await provisioning.create_account(NewAccount("Main Office"))
    user = await provisioning.create_user(account.account_id, known_as("Front Desk", "desk@example.com", "201"))
    session_id = await _session(database, user)
    claims = {
        "sub": user.principal_id,
        "principalId": user.principal_id,
        "userId": user.principal_id,
        "accountId": account.account_id,
        "email": user.email,
        "role": user.role,
        "name": user.name,
        "languageCode": account.language_code,
        "sid": session_id,
        "client_id": session_id,
        "scope": "read write",
    }
    return [await tokens.access(claims, timedelta(hours=1)) for _ in range(TOKENS)]


async def _session(database: Database, user: User) -> str:
    now, session_id = utc_now(), new_session_id()
    end = now + timedelta(hours=1)
    new = NewSession(session_id, user.principal, SessionKind.API, "cloudlink", hash_secret(""), now, end, "")
    await database.write(lambda connection: open_in(connection, new, now))
    return session_id


async def _rate(judge: Callable[[str], Coroutine[Any, Any, None]], bearers: list[str]) -> float:
    rates = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for bearer in bearers:
            await judge(bearer)
        rates.append(len(bearers) / (time.perf_counter() - begun))
    return median(rates)


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    asyncio.run(measure())
