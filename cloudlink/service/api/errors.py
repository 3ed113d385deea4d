"""What went wrong, as the public API says it: a status and ``{name, message}``.

The names of Mitel's errors are not public: these are ours. Messages quote nothing of a request but names of fields.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING

import orjson
from aiohttp import hdrs, web

from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.identity import InvalidToken
from cloudlink.model import wire_name
from cloudlink.port import CloudLinkUnavailable, TooManyAttempts, UnknownId
from store.database import DatabaseUnavailable

if TYPE_CHECKING:
    from aiohttp.typedefs import Handler

logger = logging.getLogger(__name__)

# Fields whose name in the public API is another.
_FIELDS = {"given_name": "firstName", "family_name": "lastName"}
_CONFLICTS = frozenset({Reason.IN_USE, Reason.LAST_ADMINISTRATOR, Reason.ROLE_LIMIT, Reason.SYNCHRONISED, Reason.STATE})


class ApiError(Exception):
    """An answer that is not the one asked for. ``retry_after`` is in seconds."""

    def __init__(self, status: HTTPStatus, name: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.name = name
        self.message = message
        self.retry_after = retry_after


class BadRequest(ApiError):
    """The request itself is wrong."""

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, "BadRequest", message)


class FeatureNotAllowed(ApiError):
    """Mitel's *Feature not allowed*: what this service, or this caller, cannot do."""

    def __init__(self, message: str) -> None:
        super().__init__(HTTPStatus.FORBIDDEN, "Forbidden", message)


def as_json(body: object, status: int = HTTPStatus.OK) -> web.Response:
    """An answer that nobody keeps."""
    headers = {hdrs.CACHE_CONTROL: "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=orjson.dumps(body), status=status, content_type="application/json", headers=headers)


@web.middleware
async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as the API tells it. What nobody foresaw goes to the log, and to the caller as status 500."""
    try:
        _check_address(request)
        return await handler(request)
    except web.HTTPException as answer:
        if answer.content_type == "application/json" or answer.status < HTTPStatus.BAD_REQUEST:
            raise
        return _of_http(answer)
    except Exception as error:
        if (told := _told(error)) is None:
            logger.exception("request not answered", extra={"path": request.path})
            told = ApiError(HTTPStatus.INTERNAL_SERVER_ERROR, "InternalError", "Unexpected error on the server.")
        return _response(told)


def _check_address(request: web.Request) -> None:
    """No database holds these characters. Raises ``BadRequest``."""
    try:
        if "\0" in f"{request.path}{request.query_string}".encode().decode():
            raise BadRequest("The address holds a null character.")
    except UnicodeError:
        raise BadRequest("The address is not UTF-8.") from None


def _told(error: Exception) -> ApiError | None:
    told: ApiError | None = None
    match error:
        case ApiError():
            told = error
        case InvalidToken():
            told = _of_token(error)
        case UnknownId():
            told = ApiError(HTTPStatus.NOT_FOUND, "NotFound", "Invalid identifier.")
        case NotAllowed():
            told = FeatureNotAllowed("The caller's role does not allow this.")
        case Refused():
            told = _of_refusal(error)
        case TooManyAttempts():
            message = "Too many requests. Please try again later."
            told = ApiError(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", message, retry_after=error.retry_after)
        case CloudLinkUnavailable() | DatabaseUnavailable():
            told = ApiError(HTTPStatus.SERVICE_UNAVAILABLE, "Unavailable", "Please try again later.", retry_after=5)
    return told


def _of_token(error: InvalidToken) -> ApiError:
    if error.scope:
        return FeatureNotAllowed("The token's scope does not allow this.")
    return ApiError(HTTPStatus.UNAUTHORIZED, "Unauthorized", "The request requires a valid access token.")


def _of_refusal(refusal: Refused) -> ApiError:
    field = _FIELDS.get(refusal.field) or wire_name(refusal.field)
    message = f"{field}: {refusal.reason}" if field else str(refusal.reason)
    if refusal.reason == Reason.IN_USE:
        # The sentence is Mitel's own.
        message = f"One or more of the attribute values are already in use: {field}"
    if refusal.reason in _CONFLICTS:
        return ApiError(HTTPStatus.CONFLICT, "Conflict", message)
    return BadRequest(message)


def _of_http(answer: web.HTTPException) -> web.Response:
    """What the HTTP layer itself refuses: an unknown path, another method, a body that is too large."""
    status = HTTPStatus(answer.status)
    response = as_json({"name": status.phrase.title().replace(" ", ""), "message": f"{status.phrase}."}, status)
    if hdrs.ALLOW in answer.headers:
        response.headers[hdrs.ALLOW] = answer.headers[hdrs.ALLOW]
    return response


def _response(error: ApiError) -> web.Response:
    response = as_json({"name": error.name, "message": error.message}, error.status)
    if error.retry_after is not None:
        response.headers[hdrs.RETRY_AFTER] = str(max(1, round(error.retry_after)))
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers[hdrs.WWW_AUTHENTICATE] = "Bearer"
    return response
