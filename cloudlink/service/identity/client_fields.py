"""What an application may be registered with.

A redirect address is compared exactly, so a code goes nowhere but to an address that an administrator has read. It is
https, or http to this machine alone, for native applications (RFC 8252); it holds no fragment, no credentials and no
wildcard. Roles: client credentials act with no more than the administrator who registers them has.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cloudlink.administration.clients import GRANT_TYPES, NewClient
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.model import Role
from cloudlink.service.administration import fields

if TYPE_CHECKING:
    from cloudlink.administration.actor import Actor

MOST_ADDRESSES = 20
_LONGEST_ADDRESS = 2000
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# RFC 3986 without ``#``, and without ``*``, by which people mean any.
_ADDRESS = re.compile(r"[A-Za-z0-9\-._~:/?\[\]@!$&'()+,;=%]+", re.ASCII)
_CLIENT_ID = re.compile(r"[A-Za-z0-9._-]{1,36}", re.ASCII)
_ROLES = frozenset({Role.USER, Role.ACCOUNT_ADMIN, Role.PARTNER_ADMIN})


def row_of(actor: Actor, new: NewClient) -> dict[str, Any]:
    """The columns that a registration sets. Raises ``Refused``, ``NotAllowed``."""
    row: dict[str, Any] = {
        "name": fields.text(new.name, "name", 200),
        "description": fields.text(new.description, "description", 400, required=False),
        "redirect_uris": _addresses(new.redirect_uris, "redirect_uris"),
        "post_logout_redirect_uris": _addresses(new.post_logout_redirect_uris, "post_logout_redirect_uris"),
        "grant_types": _grant_types(new),
        "role": _role(actor, new),
    }
    needs_address = "authorization_code" in row["grant_types"] and "direct_authorize" not in row["grant_types"]
    if needs_address and not row["redirect_uris"]:
        raise Refused(Reason.REQUIRED, "redirect_uris")
    return row


def client_id(text: str) -> str:
    """An id that somebody wishes. Raises ``Refused``."""
    if not _CLIENT_ID.fullmatch(text):
        raise Refused(Reason.UNKNOWN_VALUE, "client_id")
    return text


def _grant_types(new: NewClient) -> list[str]:
    if not set(new.grant_types) <= set(GRANT_TYPES):
        raise Refused(Reason.UNKNOWN_VALUE, "grant_types")
    if not new.grant_types:
        raise Refused(Reason.REQUIRED, "grant_types")
    if "client_credentials" in new.grant_types and not new.confidential:
        raise Refused(Reason.REQUIRED, "confidential")
    return [grant for grant in GRANT_TYPES if grant in new.grant_types]


def _role(actor: Actor, new: NewClient) -> str | None:
    if "client_credentials" not in new.grant_types:
        return None
    if new.role is None:
        raise Refused(Reason.REQUIRED, "role")
    if new.role not in _ROLES:
        raise Refused(Reason.UNKNOWN_VALUE, "role")
    if new.role == Role.PARTNER_ADMIN and not (actor.unbound or actor.role == Role.PARTNER_ADMIN):
        raise NotAllowed("only a partner gives a partner's rights")
    return str(new.role)


def _addresses(given: tuple[str, ...], field: str) -> list[str]:
    if len(given) > MOST_ADDRESSES:
        raise Refused(Reason.TOO_MANY_FIELDS, field)
    for address in given:
        _check(address, field)
    return list(dict.fromkeys(given))


def _check(address: str, field: str) -> None:
    if len(address) > _LONGEST_ADDRESS:
        raise Refused(Reason.TOO_LONG, field)
    if not _ADDRESS.fullmatch(address):
        raise Refused(Reason.BAD_CHARACTER, field)
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise Refused(Reason.UNKNOWN_VALUE, field) from None
    loopback = parts.scheme == "http" and host in _LOOPBACK
    if not host or "@" in parts.netloc or not (parts.scheme == "https" or loopback):
        raise Refused(Reason.UNKNOWN_VALUE, field)
