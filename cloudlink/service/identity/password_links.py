"""Links and codes by which people set their password, and the mails that bring them.

A link works once, for four days: Mitel states so for the welcome mail of Mitel One. The code that stands beside the
link of a reset mail works for an hour and bears five wrong tries; then only the link is left. A new link makes the
person's earlier ones void. Tokens are stored as hashes; a code has only a million values, so it is stored keyed
(``Vault.fingerprint``).
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert, update

from cloudlink.identity import LinkPurpose
from cloudlink.service.mail import queue
from cloudlink.service.mail.letters import Template
from store.schema import password_links

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.administration.users import UserRecord
    from cloudlink.model import Principal, User
    from store.vault import Vault

LINK_LIFETIME = timedelta(days=4)
CODE_LIFETIME = timedelta(hours=1)
CODE_TRIES = 5
CODE_DIGITS = 6
# A dead link can still be exchanged for a new mail as long as it is remembered.
_REMEMBERED = timedelta(days=90)

_c = password_links.c
_OF_USER = (_c.account_id == bindparam("of_account")) & (_c.principal_id == bindparam("of_principal"))
_VOID = (
    update(password_links)
    .where(_OF_USER, _c.used_on.is_(None), _c.expires_at > bindparam("now"))
    .values(expires_at=bindparam("now"), code_hash=None)
)
_FORGET_OLD = delete(password_links).where(_c.expires_at < bindparam("before"))


def invite_in(
    connection: Connection, vault: Vault, record: UserRecord, purpose: LinkPurpose, *, public_url: str, now: datetime
) -> None:
    """Makes a link for the user, voids their earlier ones and queues its mail, all in the caller's transaction."""
    send_link(connection, vault, record.user, purpose, public_url=public_url, now=now)


def send_link(
    connection: Connection, vault: Vault, user: User, purpose: LinkPurpose, *, public_url: str, now: datetime
) -> None:
    """``invite_in`` for whoever holds no more than a ``User``."""
    void_in(connection, user.principal, now)
    connection.execute(_FORGET_OLD, {"before": now - _REMEMBERED})
    token, code = secrets.token_urlsafe(32), new_code() if purpose == LinkPurpose.RESET else None
    add_link(connection, vault, user, purpose, token=token, code=code, now=now)
    template = Template.RESET if purpose == LinkPurpose.RESET else Template.WELCOME
    queue.enqueue(connection, vault, user.principal, template, _values(public_url, token, code), now=now)


def void_in(connection: Connection, who: Principal, now: datetime) -> None:
    """Voids the user's open links, and takes the mails that would bring them out of the queue."""
    key = {"of_account": who.account_id, "of_principal": who.principal_id}
    connection.execute(_VOID, {**key, "now": now})
    queue.drop_unsent_links(connection, who)


def add_link(
    connection: Connection,
    vault: Vault,
    user: User,
    purpose: str,
    *,
    token: str,
    now: datetime,
    code: str | None = None,
    lifetime: timedelta = LINK_LIFETIME,
) -> None:
    """Stores a link and its code, if it has one."""
    row = {
        "token_hash": hash_token(token),
        "account_id": user.account_id,
        "principal_id": user.principal_id,
        "purpose": purpose,
        "code_hash": None if code is None else code_fingerprint(vault, user.principal_id, code),
        "wrong_tries": 0,
        "created_on": now,
        "expires_at": now + lifetime,
    }
    connection.execute(insert(password_links), row)


def hash_token(token: str) -> str:
    """How a link's token is stored. Tokens are random and long, so a fast hash gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


def code_fingerprint(vault: Vault, principal_id: str, code: str) -> str:
    """How a code is stored: differently for each person."""
    return vault.fingerprint(f"{principal_id}:{code}")


def new_code() -> str:
    """Six digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"


def _values(public_url: str, token: str, code: str | None) -> Mapping[str, str]:
    values = {"link": f"{public_url}/password/{token}", "days": str(LINK_LIFETIME.days)}
    if code is None:
        return values
    return {**values, "code": code, "minutes": str(CODE_LIFETIME // timedelta(minutes=1))}
