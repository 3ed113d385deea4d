"""Commands to a telephone: what they may hold, and what their failures are answered with."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING
from uuid import uuid4

from cloudlink.port import CallFailed, CallProblem
from cloudlink.service.api.errors import ApiError, BadRequest, FeatureNotAllowed
from cloudlink.service.call_control import WITHIN_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import web

    from cloudlink.identity import Caller
    from cloudlink.model import Endpoint, Principal
    from cloudlink.service.api.media.bodies import NewCall

REQUEST_ID = "Idempotency-Key"
"""A header of ours: requests with the same text and the same content, within some minutes, are one."""

_LONGEST_REQUEST_ID = 200
_SHORTEST_WAIT_S = 3.0
_TEL = "tel:"
# What a PBX is not told by MakeCall.
_NOT_OFFERED = ("from_name", "success_url", "failure_url", "associated_call_id", "execute_on_answer")

_ANSWERS = {
    CallProblem.NOT_A_NUMBER: (HTTPStatus.BAD_REQUEST, "BadRequest", "to: must be a number that can be called"),
    CallProblem.SERVICE_CODE: (HTTPStatus.BAD_REQUEST, "BadRequest", "to: must not be a service code, with * or #"),
    CallProblem.BARRED: (HTTPStatus.FORBIDDEN, "Barred", "The account does not allow calls to this number."),
    CallProblem.NOT_OFFERED: (
        HTTPStatus.FORBIDDEN, "Forbidden", "Feature not allowed: no gateway can control calls on this endpoint.",
    ),
    CallProblem.NOT_CONNECTED: (
        HTTPStatus.SERVICE_UNAVAILABLE, "GatewayNotConnected", "The gateway or its PBX is not connected.",
    ),
    CallProblem.REFUSED: (HTTPStatus.UNPROCESSABLE_ENTITY, "RefusedByPbx", "The PBX refused"),
    CallProblem.UNANSWERED: (
        HTTPStatus.GATEWAY_TIMEOUT, "GatewayTimeout", "The PBX did not answer in time; it may have acted all the same.",
    ),
    CallProblem.TOO_MANY: (HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequests", "Too many calls. Please try again later."),
}  # fmt: skip


def person(caller: Caller) -> Principal:
    """Whose devices may be used. Raises ``FeatureNotAllowed`` for an application, which has none."""
    if caller.user is None:
        raise FeatureNotAllowed("Feature not allowed: a telephone obeys its own user alone.")
    return caller.user.principal


def check(new: NewCall, device: Endpoint) -> None:
    """Raises ``FeatureNotAllowed`` for what no gateway can do, a caller of one's own choice first of all."""
    if new.from_ not in {None, device.name, device.endpoint_id}:
        raise FeatureNotAllowed("Feature not allowed: from: must be the endpoint's own number, or left out.")
    for field in _NOT_OFFERED:
        if getattr(new, field) is not None:
            raise FeatureNotAllowed(f"Feature not allowed: {type(new).model_fields[field].alias}.")
    if new.record:
        raise FeatureNotAllowed("Feature not allowed: record.")


def number(to: str) -> str:
    """As people write it; ``tel:`` before it, as Mitel writes numbers outside, is left out."""
    return to[len(_TEL) :] if to[: len(_TEL)].lower() == _TEL else to


def within(new: NewCall) -> float:
    """How many seconds the request may take. Ringing has no end of ours: the PBX has its own."""
    asked = WITHIN_S if new.originate_timeout is None else new.originate_timeout
    if "timeout_ms" in new.model_fields_set:
        asked = min(asked, new.timeout_ms / 1000)
    return max(_SHORTEST_WAIT_S, min(asked, WITHIN_S))


def request_id(request: web.Request) -> str:
    """The caller's name of the request, or one that nobody else has. Raises ``BadRequest``."""
    named = request.headers.get(REQUEST_ID, "")
    if len(named) > _LONGEST_REQUEST_ID:
        raise BadRequest(f"{REQUEST_ID}: must have at most {_LONGEST_REQUEST_ID} characters")
    return named or uuid4().hex


@contextmanager
def telling() -> Iterator[None]:
    """Answers failures of the telephone as the API does."""
    try:
        yield
    except CallFailed as error:
        status, name, message = _ANSWERS[error.problem]
        if error.problem is CallProblem.REFUSED:
            message = f"{message}: {error.reason}." if error.reason else f"{message}."
        raise ApiError(status, name, message, retry_after=_retry_after(error)) from None


def _retry_after(error: CallFailed) -> float | None:
    if error.problem is CallProblem.NOT_CONNECTED:
        return 30.0
    return error.retry_after or None
