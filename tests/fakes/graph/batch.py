"""``POST /$batch`` (json-batching): up to 20 requests, each answered and counted by itself, in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.fakes.graph.exchange import Call, Refused, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 20


def answer(body: Any, ask: Callable[[Call], Reply | None]) -> Reply:
    """The last request is answered first, since the order is promised to nobody; ``None`` is an answer that is lost."""
    requests = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or not 1 <= len(requests) <= MOST:
        raise Refused(400, "BadRequest", "The batch must hold between 1 and 20 requests.")
    if len({str(item.get("id")).lower() for item in requests}) != len(requests):
        raise Refused(400, "BadRequest", "The ids of the requests are not unique.")
    replies = ((item, ask(_call(item))) for item in reversed(requests))
    return Reply(200, {"responses": [_response(item, reply) for item, reply in replies if reply is not None]})


def _call(item: dict[str, Any]) -> Call:
    address = urlsplit(str(item["url"]))
    headers = {str(name).lower(): str(value) for name, value in item.get("headers", {}).items()}
    if address.netloc or "$batch" in address.path:
        raise Refused(400, "BadRequest", "The url of a request must be relative, and no batch.")
    if "body" in item and "content-type" not in headers:
        raise Refused(400, "BadRequest", "A request with a body must have a Content-Type.")
    path = "/" + unquote(address.path).lstrip("/")
    return Call(item["method"], path, dict(parse_qsl(address.query)), item.get("body"), headers)


def _response(item: dict[str, Any], reply: Reply) -> dict[str, Any]:
    headers = {**reply.headers, "Content-Type": "application/json"}
    return {"id": item["id"], "status": reply.status, "headers": headers, "body": reply.body}
