"""Whether a gateway has the key that its account knows it by, and the next key that it takes."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy import bindparam, select, update

from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.gateway_key import audience, is_public_key, proven
from cloudlink.service.administration import audit
from cloudlink.topics import GATEWAY_CHANGED
from cloudlink.uplink import UplinkError
from store import outbox
from store.schema import gateways

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from cloudlink.service.spools import Gateway
    from cloudlink.uplink import Proof, Rotate

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}

_THIS = (
    (gateways.c.account_id == bindparam("of_account"))
    & (gateways.c.gateway_id == bindparam("of_gateway"))
    & (gateways.c.public_key == bindparam("old"))
)
_NAME = select(gateways.c.name).where(_THIS)
_ROTATE = update(gateways).where(_THIS).values(public_key=bindparam("new"))


def new_nonce() -> str:
    """Never used before."""
    return secrets.token_urlsafe(24)


def is_proven(proof: Proof, public_key: str, nonce: str) -> bool:
    """Whether the gateway has signed its id, the address that it says, and the nonce."""
    return proven(public_key, proof.signature, proof.gateway_id, proof.audience, nonce)


def is_ours(told: str, public_url: str, host: str) -> bool:
    """Whether a gateway that reached ``told`` meant this server, which was asked for as ``host``.

    That is the server's public URL, or an address of this machine, from where nobody passes anything on.
    """
    try:
        parts = urlsplit(told)
        loopback = parts.hostname in _LOOPBACK and parts.netloc == host
        return loopback or bool(public_url and told == audience(public_url))
    except ValueError:
        return False


def rotate(connection: Connection, gateway: Gateway, wanted: Rotate, old: str, now: datetime) -> None:
    """The new key takes the place of the old. Raises ``UplinkError`` when the old one is not the gateway's any more."""
    if not is_public_key(wanted.public_key):
        raise UplinkError("no public key")
    this = {**gateway.key, "old": old}
    row = connection.execute(_NAME, this).first()
    if row is None:
        raise UplinkError("the key is void")
    connection.execute(_ROTATE, {**this, "new": wanted.public_key})
    actor = Actor(ActorKind.SYSTEM, "gateway")
    subject = ("gateway", gateway.gateway_id, row[0] or gateway.gateway_id)
    audit.record(connection, actor, gateway.account_id, "gateway.keyRotated", subject=subject, now=now)
    outbox.append(connection, gateway.account_id, GATEWAY_CHANGED, {"gateway_id": gateway.gateway_id}, now)
