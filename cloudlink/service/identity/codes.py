"""Authorization codes: good once, for a minute, for the application, address and verifier that they were made for.

A used code is remembered for a day: using it again means that somebody else has it too, so what the first use opened
ends (RFC 6749, 4.1.2).
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, select, update

from cloudlink.model import Principal
from cloudlink.service.identity.sessions import end_in
from store.schema import authorization_codes

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

logger = logging.getLogger(__name__)

LIFETIME = timedelta(seconds=60)
_REMEMBERED = timedelta(days=1)

_c = authorization_codes.c
_FIND = select(
    _c.client_id, _c.account_id, _c.principal_id, _c.redirect_uri, _c.scope, _c.nonce, _c.code_challenge,
    _c.auth_provider, _c.authenticated_on, _c.expires_at, _c.session_id,
).where(_c.code_hash == bindparam("hash"))  # fmt: skip
_USE = update(authorization_codes).where(_c.code_hash == bindparam("hash")).values(session_id=bindparam("of_session"))
_FORGET_OLD = delete(authorization_codes).where(_c.expires_at < bindparam("before"))


@dataclass(frozen=True, slots=True)
class Code:
    """What a code stands for. ``redirect_uri`` and ``code_challenge`` are ``None`` for CloudLink's direct authorize."""

    client_id: str
    who: Principal
    scope: str
    auth_provider: str
    authenticated_on: datetime
    redirect_uri: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None


def issue_in(connection: Connection, code: Code, now: datetime) -> str:
    """Makes a code in the caller's transaction."""
    connection.execute(_FORGET_OLD, {"before": now - _REMEMBERED})
    text = secrets.token_urlsafe(32)
    row = {
        "code_hash": _hash(text),
        "client_id": code.client_id,
        "account_id": code.who.account_id,
        "principal_id": code.who.principal_id,
        "redirect_uri": code.redirect_uri,
        "scope": code.scope,
        "nonce": code.nonce,
        "code_challenge": code.code_challenge,
        "auth_provider": code.auth_provider,
        "authenticated_on": code.authenticated_on,
        "expires_at": now + LIFETIME,
    }
    connection.execute(insert(authorization_codes), row)
    return text


def redeem_in(
    connection: Connection,
    text: str,
    client_id: str,
    *,
    redirect_uri: str | None,
    verifier: str | None,
    session_id: str,
    now: datetime,
) -> Code | None:
    """Uses a code up for the session that it is to open; ``None`` when it opens nothing.

    A second use ends the session of the first, so the caller must commit also when nothing is opened.
    """
    row = connection.execute(_FIND, {"hash": _hash(text)}).first()
    if row is None:
        return None
    if row.session_id is not None:
        logger.warning("a code was used twice", extra={"account_id": row.account_id, "client_id": row.client_id})
        end_in(connection, row.session_id)
        return None
    if row.expires_at <= now or row.client_id != client_id or not _proves(row.code_challenge, verifier):
        return None
    if row.redirect_uri is not None and row.redirect_uri != redirect_uri:
        return None
    connection.execute(_USE, {"hash": _hash(text), "of_session": session_id})
    who = Principal(row.account_id, row.principal_id)
    return Code(
        row.client_id, who, row.scope, row.auth_provider, row.authenticated_on, row.redirect_uri, row.nonce,
        row.code_challenge,
    )  # fmt: skip


def challenge_of(verifier: str) -> str:
    """S256 of RFC 7636."""
    return urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _proves(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        # A verifier for a code without challenge is a sign of a downgrade (RFC 9700, 4.8.2).
        return verifier is None
    return verifier is not None and hmac.compare_digest(challenge_of(verifier).encode(), challenge.encode())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
