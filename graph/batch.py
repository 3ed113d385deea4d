"""Many requests as ``POST /$batch``: up to twenty at a time, each with its own status (json-batching).

Graph counts and throttles the items one by one, so each is charged to its own service, and those that were throttled
are sent again without the others.
"""

from __future__ import annotations

from collections import Counter
from itertools import count
from typing import TYPE_CHECKING, Any

from graph.budget import service_of
from graph.errors import GraphError, refusal
from graph.messages import Answer, Method, Request
from graph.retry import Patience

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from graph.budget import Service
    from graph.client import TenantGraph

LARGEST_BATCH = 20
_ONCE = Patience(attempts=1)

Outcome = Answer | GraphError


async def send_all(graph: TenantGraph, requests: Sequence[Request]) -> list[Outcome]:
    """What became of each request, in their order. Raises nothing: an error is its request's outcome."""
    outcomes: list[Outcome] = []
    # The items of a batch arrive at once, so it is no larger than the smallest burst among them.
    size = min([LARGEST_BATCH, *(service_of(request.path).rate.burst for request in requests)])
    for start in range(0, len(requests), size):
        outcomes += await _send(graph, requests[start : start + size])
    return outcomes


async def send_once(graph: TenantGraph, requests: Sequence[Request]) -> list[Outcome]:
    """What became of each of at most twenty requests, which are sent once; the budget must have been charged for them.

    For whoever would rather send what is true by then than the same again. Raises nothing.
    """
    try:
        outcomes = await _attempt(graph.within(_ONCE), dict(enumerate(requests)), charges={})
    except GraphError as error:
        return [error] * len(requests)
    return [outcomes[number] for number in range(len(requests))]


async def _send(graph: TenantGraph, requests: Sequence[Request]) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    left = dict(enumerate(requests))
    for attempt in count(1):
        try:
            outcomes |= await _attempt(graph, left)
        except GraphError as error:
            # The batch as a whole has had its attempts.
            outcomes |= dict.fromkeys(left, error)
            break
        waits = {number: _wait(graph, outcomes[number], request, attempt) for number, request in left.items()}
        left = {number: request for number, request in left.items() if waits[number] is not None}
        if not left:
            break
        await graph.timing.sleep(max(wait for wait in waits.values() if wait is not None))
    return [outcomes[number] for number in range(len(requests))]


def _wait(graph: TenantGraph, outcome: Outcome, request: Request, attempt: int) -> float | None:
    if isinstance(outcome, Answer):
        return None
    return graph.heed(outcome, request, {service_of(request.path): 1}, attempt=attempt)


async def _attempt(
    graph: TenantGraph, requests: Mapping[int, Request], charges: Mapping[Service, int] | None = None
) -> dict[int, Outcome]:
    """One batch, which costs what its requests do unless ``charges`` says otherwise.

    Raises the ``GraphError`` with which it fails as a whole.
    """
    batch = Request(
        Method.POST,
        "/$batch",
        next(iter(requests.values())).needs,
        {"requests": [_item(number, request) for number, request in requests.items()]},
        idempotent=all(request.repeatable for request in requests.values()),
    )
    if charges is None:
        charges = Counter(service_of(request.path) for request in requests.values())
    responses = _responses((await graph.send(batch, charges)).body)
    return {number: _outcome(responses.get(str(number)), request) for number, request in requests.items()}


def _item(number: int, request: Request) -> dict[str, Any]:
    item: dict[str, Any] = {"id": str(number), "method": request.method, "url": request.path}
    if request.body is not None:
        item |= {"body": request.body, "headers": {"Content-Type": "application/json"}}
    return item


def _responses(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """By id; they may come in any order."""
    listed = body.get("responses")
    responses = listed if isinstance(listed, list) else []
    return {str(response.get("id")): response for response in responses if isinstance(response, dict)}


def _outcome(response: Mapping[str, Any] | None, request: Request) -> Outcome:
    status = response.get("status") if response else None
    if response is None or not isinstance(status, int):
        return GraphError("noAnswerInBatch")
    body = response.get("body")
    body = body if isinstance(body, dict) else {}
    if 200 <= status < 300:
        return Answer(status, body)
    headers = response.get("headers")
    return refusal(status, _texts(headers) if isinstance(headers, dict) else {}, body, request)


def _texts(headers: Mapping[Any, Any]) -> dict[str, str]:
    """With the names as ``refusal`` asks for them: in a batch they are plain JSON, and case is no matter in HTTP."""
    lower = {str(name).lower(): str(value) for name, value in headers.items()}
    return {name: lower[name.lower()] for name in ("Retry-After", "request-id") if name.lower() in lower}
