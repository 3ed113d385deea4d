"""Placing calls by ``POST /endpoints/{id}/calls``.

Published by Mitel: the operation, ``to``, and the statuses 400, 401, 403, 404, 500 and 504; 409, 422 and 429 are among
its standard answers. Not public: in which form a number outside is wanted. It is sent in E.164. 503 and
``Idempotency-Key`` are those of our own service.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from cloudlink.hosted.api import ApiError, Failed, Request, Throttled, segments
from cloudlink.port import CallFailed, CallProblem, CloudLinkUnavailable, UnknownId

if TYPE_CHECKING:
    from cloudlink.model import Principal

_PROBLEMS: dict[int, CallProblem] = {
    HTTPStatus.BAD_REQUEST: CallProblem.NOT_A_NUMBER,
    HTTPStatus.FORBIDDEN: CallProblem.NOT_OFFERED,
    HTTPStatus.SERVICE_UNAVAILABLE: CallProblem.NOT_CONNECTED,
}


def request(who: Principal, to: str, request_id: str) -> Request:
    """Of the principal's own device: their principal id names it."""
    path = segments("endpoints", who.principal_id, "calls")
    return Request("POST", "media", path, body={"to": to}, patient=False, headers={"Idempotency-Key": request_id})


def told(error: ApiError | CloudLinkUnavailable) -> CallFailed | UnknownId:
    """What an answer that is no call means."""
    match error:
        case Throttled(retry_after=wait):
            return CallFailed(CallProblem.TOO_MANY, retry_after=wait)
        case ApiError() if error.missing:
            return UnknownId("no such endpoint")
        case ApiError(status=status):
            return CallFailed(_PROBLEMS.get(status, CallProblem.REFUSED), reason=error.name)
        case Failed(status=status):
            return CallFailed(_PROBLEMS.get(status, CallProblem.UNANSWERED))
        case _:
            # It may have placed the call before it fell silent.
            return CallFailed(CallProblem.UNANSWERED)
