"""Bodies, filters and paths that no client should send: each a clear answer, nothing half-done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cloudlink.service.scim.routes import LARGEST_BODY
from tests.cloudlink.scim.conftest import GROUP, PATCH, USER, user

if TYPE_CHECKING:
    from tests.cloudlink.scim.conftest import Client

JSON = {"Content-Type": "application/scim+json"}
_WRONG: list[dict[str, Any]] = [
    {"userName": None},
    {"userName": 7},
    {"userName": ["a@example.com"]},
    {"userName": ""},
    {"userName": "x" * 400 + "@example.com"},
    {"userName": "a\u0000@example.com"},
    {"userName": "line\nbreak@example.com"},
    {"emails": "a@example.com"},
    {"emails": [{"value": "no address", "type": "work"}]},
    {"emails": [{"value": {"deep": []}}]},
    {"active": "perhaps"},
    {"active": {}},
    {"displayName": "x" * 300},
    {"displayName": "a\u202eb"},
    {"name": []},
    {"name": {"givenName": 1}},
    {"externalId": "x" * 400},
    {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]},
    {"schemas": "all"},
]
_IMPOSSIBLE: list[tuple[Any, str | None]] = [
    ([], "invalidValue"),
    (None, "invalidValue"),
    ([{"op": "destroy", "path": "title"}], "invalidValue"),
    ([{"op": "remove"}], "noTarget"),
    ([{"op": "replace", "path": "emails[type eq"}], "invalidPath"),
    ([{"op": "replace", "path": "id", "value": "mine"}], "mutability"),
    ([{"op": "replace", "path": "userName", "value": None}], None),
    ([{"op": "remove", "path": "userName"}], "mutability"),
    ([{"op": "replace", "path": "active", "value": "perhaps"}], "invalidValue"),
    ([{"op": "replace", "path": "emails", "value": [{"value": "no address"}]}], "invalidValue"),
    ([{"op": "replace", "path": "userName", "value": "desk@example.com"}], "uniqueness"),
    ([{"op": "replace", "path": "not (" * 1_000, "value": "x"}], "invalidPath"),
]
_UNANSWERABLE = [
    "",
    "userName",
    "userName eq",
    "userName like 'x'",
    'userName eq "x',
    "userName eq x",
    'unknown eq "x"',
    'password eq "x"',
    'schemas eq "x"',
    'meta.location co "x"',
    'active gt "x"',
    "active eq 7",
    'active co "t"',
    'meta.created gt "yesterday"',
    'emails[unknown eq "x"]',
    'userName[type eq "x"]',
    'userName eq "x" or',
    "(" * 1_000 + "userName pr" + ")" * 1_000,
    "not (" * 1_000 + "userName pr" + ")" * 1_000,
    'emails[type eq "work"' * 40,
    " or ".join(["userName pr"] * 1_000),
    'userName eq "' + "x" * 10_000 + '"',
]


async def _nothing_was_made(scim: Client) -> bool:
    users = await scim("GET", "/Users?count=0")
    groups = await scim("GET", "/Groups?count=0")
    return (users.body["totalResults"], groups.body["totalResults"]) == (2, 0)


async def test_what_is_no_object_is_refused(scim: Client) -> None:
    bodies = {
        b"": "invalidSyntax",
        b"{": "invalidSyntax",
        b"[]": None,
        b"null": None,
        b'"text"': None,
        b"\xff\xfe{\x00}\x00": None,
        b'{"userName": "caf\xe9@example.com"}': "invalidSyntax",
        b"[" * 100_000: "invalidSyntax",
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000: "invalidSyntax",
    }
    for body, scim_type in bodies.items():
        answer = await scim("POST", "/Users", data=body, headers=JSON)
        assert answer.status == 400, body
        assert scim_type in {answer.scim_type, None}, body
    assert await _nothing_was_made(scim)


async def test_a_value_of_the_wrong_kind_is_refused(scim: Client) -> None:
    for attributes in _WRONG:
        answer = await scim("POST", "/Users", user() | attributes)
        assert answer.status == 400, attributes
        assert answer.scim_type in {"invalidValue", "invalidSyntax"}, attributes
    assert await _nothing_was_made(scim)


async def test_a_group_of_strangers_or_groups_is_refused_whole(scim: Client) -> None:
    made = await scim.create()
    for members in ([{"value": made["id"]}, {"value": "unknown"}], [{"value": made["id"] + "0"}], "all", [7]):
        answer = await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "Sales", "members": members})
        assert (answer.status, answer.scim_type) == (400, "invalidValue")
    for name in (None, "", "x" * 300, 7):
        assert (await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": name})).status == 400
    assert (await scim("GET", "/Groups?count=0")).body["totalResults"] == 0


async def test_a_body_that_is_too_large_is_refused_before_it_is_read_whole(scim: Client) -> None:
    for body in (b" " * (LARGEST_BODY + 1), json.dumps(user(title="x" * LARGEST_BODY)).encode()):
        answer = await scim("POST", "/Users", data=body, headers=JSON)
        assert (answer.status, answer.scim_type) == (413, None)
    assert await _nothing_was_made(scim)


async def test_another_kind_of_body_is_refused(scim: Client) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
        answer = await scim("POST", "/Users", data=json.dumps(user()).encode(), headers={"Content-Type": kind})
        assert (answer.status, answer.scim_type) == (415, None)
    plain = await scim("POST", "/Users", data=json.dumps(user()).encode(), headers={"Content-Type": "application/json"})
    assert plain.status == 201


async def test_a_filter_that_cannot_be_answered_is_refused(scim: Client) -> None:
    for expression in _UNANSWERABLE:
        asked = [await scim("POST", "/Users/.search", {"schemas": [], "filter": expression})]
        if len(expression) < 2_000:
            asked.append(await scim("GET", f"/Users?filter={quote(expression)}"))
        for answer in asked:
            assert (answer.status, answer.scim_type) == (400, "invalidFilter"), expression[:100]


async def test_a_query_that_makes_no_sense_is_refused(scim: Client) -> None:
    queries = (
        ("sortBy=unknown", "invalidPath"),
        ("sortBy=name", "invalidPath"),
        ("sortBy=addresses.locality", "invalidFilter"),
        ("sortOrder=sideways&sortBy=userName", "invalidValue"),
        ("startIndex=first", "invalidValue"),
        ("count=all", "invalidValue"),
        ("cursor=x", None),
        ("attributes=title&excludedAttributes=title", "invalidValue"),
        ("filter=userName+eq+%22a%00b%22", "invalidValue"),
    )
    for query, scim_type in queries:
        answer = await scim("GET", f"/Users?{query}")
        assert answer.status in {400, 501}, query
        assert scim_type in {answer.scim_type, None}, query


async def test_a_patch_is_made_whole_or_not_at_all(scim: Client) -> None:
    made = await scim.create()
    path = f"/Users/{made['id']}"
    first = {"op": "replace", "path": "displayName", "value": "Half"}
    for operations, scim_type in _IMPOSSIBLE:
        body = {"schemas": [PATCH], "Operations": [first, *operations] if operations else operations}
        answer = await scim("PATCH", path, body)
        assert answer.status == (409 if scim_type == "uniqueness" else 400), operations
        assert scim_type in {answer.scim_type, None}, operations
        assert (await scim("GET", path)).body == made, operations


async def test_an_id_is_never_more_than_an_id(scim: Client) -> None:
    for name in ("%27%20or%201=1", "x" * 2_000, "%F0%9F%93%9E", "a%2Fb"):
        answer = await scim("GET", f"/Users/{name}")
        assert answer.status == 404
    assert (await scim("GET", "/Users/a%00b")).status == 400


async def test_a_person_with_a_foreign_schema_loses_what_nobody_knows(scim: Client) -> None:
    foreign = "urn:ietf:params:scim:schemas:extension:example:2.0:User"
    made = await scim("POST", "/Users", user(favouriteColour="red") | {"schemas": [USER, foreign], foreign: {"x": 1}})
    assert made.status == 201
    assert not {"favouriteColour", foreign} & made.body.keys()
