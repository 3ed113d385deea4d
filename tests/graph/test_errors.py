"""Answers of Graph as errors, well formed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph.errors import (
    Conflict,
    GraphError,
    GraphUnavailable,
    NotFound,
    NotPermitted,
    Throttled,
    Unauthenticated,
    refusal,
)
from graph.messages import Method, Request
from graph.permissions import READ_USERS
from graph.retry import Patience

if TYPE_CHECKING:
    from collections.abc import Mapping

READING = Request(Method.GET, "/users", READ_USERS)


def error(status: int, body: Mapping[str, Any] | None = None, **headers: str) -> GraphError:
    return refusal(status, {name.replace("_", "-"): value for name, value in headers.items()}, body or {}, READING)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, GraphError),
        (400, GraphError),
        (401, Unauthenticated),
        (403, NotPermitted),
        (404, NotFound),
        (409, Conflict),
        (410, NotFound),
        (429, Throttled),
        (500, GraphUnavailable),
        (501, GraphError),
        (503, GraphUnavailable),
        (504, GraphUnavailable),
        (507, GraphError),
        (509, GraphUnavailable),
    ],
)
def test_every_status_has_its_cause(status: int, kind: type[GraphError]) -> None:
    assert type(error(status)) is kind
    assert error(status).code == f"http{status}"


@pytest.mark.parametrize("spelling", ["innerError", "innererror"])
def test_the_most_detailed_code_counts(spelling: str) -> None:
    innermost = {"code": "quotaOfTheDay", "request-id": "r-1"}
    body = {"error": {"code": "Forbidden", "message": "of Ada", spelling: {"code": "Denied", spelling: innermost}}}
    refused = error(403, body)
    assert (refused.code, refused.inner_code, refused.request_id) == ("Forbidden", "quotaOfTheDay", "r-1")
    assert str(refused) == "Graph: 403 Forbidden quotaOfTheDay r-1"
    assert refused.message == "of Ada"


def test_the_request_id_of_the_header_comes_first() -> None:
    body = {"error": {"code": "x", "innerError": {"request-id": "in the body"}}}
    assert error(400, body, request_id="in the header").request_id == "in the header"


@pytest.mark.parametrize(
    "body",
    [
        {"error": "a text"},
        {"error": ["a", "list"]},
        {"error": None},
        {"error": {"code": 7, "message": {"lang": "en"}, "innerError": "text"}},
        {"error": {"innerError": {"code": None, "request-id": 5}}},
    ],
)
def test_odd_bodies_are_errors_too(body: dict[str, Any]) -> None:
    assert error(400, body).code == "http400"


def test_errors_within_errors_without_end_are_read_no_further() -> None:
    nested: dict[str, Any] = {"code": "innermost"}
    for level in range(500):
        nested = {"innerError": nested, "code": f"level {level}"}
    assert error(400, {"error": nested}).inner_code == "level 491"


def test_a_text_without_end_is_cut() -> None:
    assert len(str(error(400, {"error": {"code": "x" * 100_000}}))) < 300


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("17", 17), ("0", 0), ("", None), ("-1", None), ("1.5", None), ("inf", None), ("9" * 400, None), (None, None)],
)
def test_retry_after(written: str | None, seconds: float | None) -> None:
    headers = {} if written is None else {"Retry-After": written}
    throttled, unavailable = (refusal(status, headers, {}, READING) for status in (429, 503))
    assert isinstance(throttled, Throttled)
    assert isinstance(unavailable, GraphUnavailable)
    assert throttled.retry_after == unavailable.retry_after == seconds


def test_what_is_never_repeated() -> None:
    for status in (302, 400, 403, 404, 409, 501):
        assert Patience().wait(error(status), repeatable=True, attempt=1) is None


def test_waits_grow_to_their_limit() -> None:
    patience = Patience(attempts=20, first_wait=1, longest_wait=60)
    waits = [patience.wait(error(503), repeatable=True, attempt=attempt) or 0 for attempt in range(1, 20)]
    assert all(2 ** (n - 1) <= wait <= 1.5 * 2 ** (n - 1) for n, wait in enumerate(waits[:5], 1))
    assert waits[10:] == [60] * 9
    assert patience.wait(error(503), repeatable=True, attempt=20) is None
