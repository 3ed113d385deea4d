"""What OAuth says when it refuses, and how its requests are read: as a form, or as Mitel's samples do, as JSON."""

from __future__ import annotations

import binascii
from base64 import b64decode
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

import orjson
from aiohttp import hdrs, web

from cloudlink.service import request_bodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LARGEST_BODY = 16 * 1024
_MOST_FIELDS = 50
_FORM = "application/x-www-form-urlencoded"
_NAMES = {
    HTTPStatus.BAD_REQUEST: "BadRequest",
    HTTPStatus.UNAUTHORIZED: "Unauthorized",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "RequestEntityTooLarge",
}


class OAuthError(Exception):
    """A refusal of RFC 6749: ``code`` for programs, ``message`` for their developers, without values of the request."""

    def __init__(self, code: str, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid_request(message: str) -> OAuthError:
    """Something is missing, doubled or malformed."""
    return OAuthError("invalid_request", message)


def invalid_client() -> OAuthError:
    """No such application, or not proved to be it."""
    return OAuthError("invalid_client", "The application is unknown or not authenticated.", HTTPStatus.UNAUTHORIZED)


def invalid_grant(message: str) -> OAuthError:
    """A code, refresh token or password that opens nothing."""
    return OAuthError("invalid_grant", message)


def unauthorized_client() -> OAuthError:
    """The application is not registered for what it asks."""
    return OAuthError("unauthorized_client", "The application is not registered for this grant.")


def invalid_scope() -> OAuthError:
    """A scope that there is not, or that was not granted."""
    return OAuthError("invalid_scope", "Unknown scope, or more than was granted.")


def answer(body: Mapping[str, object], status: int = HTTPStatus.OK) -> web.Response:
    """JSON that nobody keeps."""
    headers = {hdrs.CACHE_CONTROL: "no-store", hdrs.PRAGMA: "no-cache", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)


def refusal(error: OAuthError) -> web.Response:
    """Both as OAuth says it and as CloudLink does."""
    body = {
        "error": error.code,
        "error_description": error.message,
        "name": _NAMES.get(error.status, "BadRequest"),
        "message": error.message,
    }
    response = answer(body, error.status)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers[hdrs.WWW_AUTHENTICATE] = 'Basic realm="CloudLink"'
    return response


async def fields_of(request: web.Request) -> dict[str, str]:
    """The body's fields, form or JSON; empty ones count as not sent. Raises ``OAuthError``."""
    body = await _body(request)
    if request.content_type == _FORM:
        return _once(_pairs(body))
    if request.content_type in {"application/json", "application/octet-stream"}:
        return _of_json(body)
    raise invalid_request("The body must be a form or JSON.")


def query_of(request: web.Request) -> dict[str, str]:
    """The fields of the address. Raises ``OAuthError`` for one that occurs twice."""
    return _once(request.query.items())


def basic_credentials(authorization: str) -> tuple[str, str] | None:
    """Id and secret of ``client_secret_basic``; ``None`` for another header. Raises ``OAuthError``."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise invalid_client() from None
    if not colon:
        raise invalid_client()
    return unquote_plus(client_id), unquote_plus(secret)


def required(fields: Mapping[str, str], name: str) -> str:
    """A field that must be there. Raises ``OAuthError``."""
    if name not in fields:
        raise invalid_request(f"{name} is missing.")
    return fields[name]


async def _body(request: web.Request) -> bytes:
    try:
        return await request_bodies.read(request, _LARGEST_BODY)
    except request_bodies.TooLarge:
        status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        raise OAuthError("invalid_request", "The body is too large.", status) from None
    except request_bodies.Unreadable:
        raise invalid_request("The body cannot be unpacked.") from None


def _pairs(body: bytes) -> Iterable[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise invalid_request("The form cannot be read.") from None


def _of_json(body: bytes) -> dict[str, str]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise invalid_request("The body is not JSON.") from None
    if not isinstance(found, dict) or not all(isinstance(value, str | None) for value in found.values()):
        raise invalid_request("The body must be a JSON object of strings.")
    return _once((name, value or "") for name, value in found.items())


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise invalid_request("A field occurs twice.")
        fields[name] = value
    return {name: value for name, value in fields.items() if value}
