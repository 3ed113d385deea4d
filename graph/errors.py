"""What can go wrong at Graph, typed by cause.

The text of an error is safe to log. ``message`` is Graph's own sentence for developers: it may name people, is never
shown to a user and never logged. By the documentation of Graph's errors nothing may be decided by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.messages import Request
    from graph.permissions import Permission

# 500, 502, 503, 504 and 509 (bandwidth) pass; 501 (not implemented) and 507 (storage) do not.
_PASSING = frozenset({500, 502, 503, 504, 509})


class GraphError(Exception):
    """Graph did not do what it was asked. ``status`` is the HTTP status, 0 when there was no answer.

    ``code`` is the error's code and ``inner_code`` the most detailed one below it; ``request_id`` is what Microsoft's
    support asks for: Graph's own, or ours where there was no answer. Each may be empty.
    """

    def __init__(
        self, code: str, message: str = "", request_id: str = "", *, status: int = 0, inner_code: str = ""
    ) -> None:
        super().__init__(" ".join(part for part in ("Graph:", str(status or ""), code, inner_code, request_id) if part))
        self.code = code
        self.message = message
        self.request_id = request_id
        self.status = status
        self.inner_code = inner_code


class NotPermitted(GraphError):
    """403: the tenant has not granted ``permission``, which the request needs, or a policy of its own forbids it."""

    permission: Permission


class NotConsented(NotPermitted):
    """The tenant does not know our application: no administrator has consented, or they have removed it."""


class NotFound(GraphError):
    """404 or 410."""


class Conflict(GraphError):
    """409: what should be made is there already."""


class Unauthenticated(GraphError):
    """401: Graph does not take our token."""


class Throttled(GraphError):
    """429, or our own budget is used up. ``retry_after`` is in seconds, ``None`` when Graph did not say."""

    retry_after: float | None = None


class GraphUnavailable(GraphError):
    """Graph or Entra ID fails or cannot be reached. ``undone`` is true when the request has surely not been carried
    out; ``retry_after`` is in seconds, ``None`` when nobody said.
    """

    undone = False
    retry_after: float | None = None


def refusal(status: int, headers: Mapping[str, str], body: Mapping[str, Any], request: Request) -> GraphError:
    """The error that an answer of 300 and above stands for."""
    code, inner_code, message, request_id = _details(body)
    error = _kind(status)(
        code or f"http{status}",
        message,
        headers.get("request-id", "") or request_id,
        status=status,
        inner_code=inner_code,
    )
    if isinstance(error, NotPermitted):
        error.permission = request.needs
    if isinstance(error, Throttled | GraphUnavailable):
        error.retry_after = _seconds(headers.get("Retry-After"))
    return error


def _kind(status: int) -> type[GraphError]:
    if status in _PASSING:
        return GraphUnavailable
    kinds: dict[int, type[GraphError]] = {
        401: Unauthenticated,
        403: NotPermitted,
        404: NotFound,
        409: Conflict,
        410: NotFound,
        429: Throttled,
    }
    return kinds.get(status, GraphError)


def _details(body: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Code, innermost code, message and request id of ``{"error": {..., "innerError": {...}}}``."""
    error = body.get("error")
    if not isinstance(error, dict):
        return "", "", "", ""
    code, message, inner_code, request_id = _text(error.get("code")), _text(error.get("message")), "", ""
    # Both spellings occur; a hostile body could nest without end.
    for _ in range(8):
        error = error.get("innerError") or error.get("innererror")
        if not isinstance(error, dict):
            break
        inner_code = _text(error.get("code")) or inner_code
        request_id = _text(error.get("request-id")) or request_id
    return code, inner_code, message, request_id


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else ""


def _seconds(retry_after: str | None) -> float | None:
    """``Retry-After`` in seconds; its other form, a date, is not used by Graph and read as absent."""
    return float(retry_after) if retry_after and retry_after.isdecimal() and len(retry_after) < 8 else None
