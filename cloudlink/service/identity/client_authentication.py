"""Which application asks for a token, and whether it is that one.

A confidential application proves itself by its secret, in a Basic header or in the body; a public one only names
itself, and PKCE ties a code to whoever asked for it. Requests of Mitel's samples that name none are taken for the one
application that they can mean, if that is a public one.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.service.identity import refreshing
from cloudlink.service.identity.clients import active_client, hash_client_secret, only_public_client
from cloudlink.service.identity.oauth import invalid_client, invalid_grant, invalid_request, unauthorized_client

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.administration.clients import Client
    from store.database import Database


@dataclass(frozen=True, slots=True)
class Request:
    """The fields of a request, the id and secret of a Basic header if there was one, and the network address."""

    fields: Mapping[str, str]
    basic: tuple[str, str] | None
    address: str


async def client_for(database: Database, request: Request, *grants: str) -> Client:
    """The application, registered for one of the grants. Raises ``OAuthError``."""
    return _allowed(await _named(database, request), *grants)


async def client_of_password(database: Database, request: Request, grant: str) -> Client:
    """As ``client_for``; without a name the only public application of ``account_id`` for the grant."""
    account_id = request.fields.get("account_id")
    if _names_one(request) or account_id is None:
        return await client_for(database, request, grant)
    client = await only_public_client(database, account_id, grant)
    if client is None:
        raise invalid_client()
    return client


async def client_of_refresh_token(database: Database, request: Request, token: str) -> Client:
    """As ``client_for``; without a name the public application that the token was given to."""
    if _names_one(request):
        return await client_for(database, request, "refresh_token")
    client_id = await refreshing.client_of(database, token)
    if client_id is None:
        raise invalid_grant(refreshing.DEAD_TOKEN)
    found = await active_client(database, client_id)
    if found is None or found[0].confidential:
        raise invalid_client()
    return _allowed(found[0], "refresh_token")


async def _named(database: Database, request: Request) -> Client:
    client_id, secret = _credentials(request)
    found = await active_client(database, client_id)
    if found is None:
        raise invalid_client()
    client, secret_hash = found
    # A public application has no secret: one that sends some is not the one that was registered.
    if not hmac.compare_digest(hash_client_secret(secret), secret_hash or hash_client_secret("")):
        raise invalid_client()
    return client


def _credentials(request: Request) -> tuple[str, str]:
    named = request.fields.get("client_id")
    if request.basic is None:
        return named or "", request.fields.get("client_secret", "")
    if "client_secret" in request.fields or named not in {None, request.basic[0]}:
        raise invalid_request("The application authenticates in two ways at once.")
    return request.basic


def _names_one(request: Request) -> bool:
    return request.basic is not None or "client_id" in request.fields


def _allowed(client: Client, *grants: str) -> Client:
    if not set(grants) & set(client.grant_types):
        raise unauthorized_client()
    return client
