"""What RFC 7644 asks beside the operations themselves: versions, PUT, chosen attributes, discovery."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.cloudlink.scim.conftest import ENTERPRISE, GROUP, USER, user

if TYPE_CHECKING:
    from tests.cloudlink.scim.conftest import Client


async def test_a_change_of_another_version_is_refused(scim: Client) -> None:
    made = await scim.create()
    path, tag = f"/Users/{made['id']}", made["meta"]["version"]
    rename = {"op": "replace", "path": "displayName", "value": "Renamed"}
    assert (await scim("GET", path, headers={"If-None-Match": tag})).status == 304
    changed = await scim.patch(path, rename, if_match=tag)
    assert changed.status == 200
    assert changed.headers["ETag"] == changed.body["meta"]["version"] != tag
    for answer in (
        await scim.patch(path, rename, if_match=tag),
        await scim("PUT", path, user(), headers={"If-Match": tag}),
        await scim("DELETE", path, headers={"If-Match": tag}),
        await scim.patch(path, rename, if_none_match="*"),
    ):
        assert answer.status == 412
    assert (await scim("GET", path, headers={"If-None-Match": tag})).status == 200
    assert (await scim("DELETE", path, headers={"If-Match": changed.headers["ETag"]})).status == 204


async def test_a_patch_that_changes_nothing_keeps_the_version(scim: Client) -> None:
    made = await scim.create()
    same = await scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "displayName", "value": "Clerk"})
    assert (same.status, same.body) == (200, made)


async def test_of_changes_at_once_none_is_lost(scim: Client) -> None:
    made = await scim.create()
    path = f"/Users/{made['id']}"
    names = ("title", "nickName", "userType", "locale")
    changes = [scim.patch(path, {"op": "replace", "path": name, "value": name}) for name in names]
    assert {answer.status for answer in await asyncio.gather(*changes)} == {200}
    changed = (await scim("GET", path)).body
    assert [changed[name] for name in names] == list(names)


async def test_a_replacement_leaves_nothing_of_what_was(scim: Client) -> None:
    made = await scim.create(title="Clerk", **{ENTERPRISE: {"department": "Sales"}})
    path = f"/Users/{made['id']}"
    replaced = await scim("PUT", path, {"schemas": [USER], "id": "mine", "userName": "new@example.com"})
    assert replaced.status == 200
    assert {name: replaced.body[name] for name in ("id", "userName")} == {
        "id": made["id"],
        "userName": "new@example.com",
    }
    assert not {"title", ENTERPRISE, "name", "emails"} & replaced.body.keys()
    assert (await scim("GET", path)).body == replaced.body


async def test_only_what_is_asked_for_is_answered(scim: Client) -> None:
    made = await scim.create(title="Clerk", **{ENTERPRISE: {"department": "Sales"}})
    path = f"/Users/{made['id']}"
    some = (await scim("GET", f"{path}?attributes=title,emails.value,{ENTERPRISE}:department")).body
    assert some == {
        "schemas": made["schemas"],
        "id": made["id"],
        "title": "Clerk",
        "emails": [{"value": "clerk@example.com"}],
        ENTERPRISE: {"department": "Sales"},
    }
    others = (await scim("GET", f"{path}?excludedAttributes=title,name,meta")).body
    assert others.keys() == made.keys() - {"title", "name", "meta"}
    rename = {"schemas": [], "Operations": [{"op": "replace", "path": "title", "value": "Head"}]}
    assert (await scim("PATCH", f"{path}?attributes=title", rename)).body["title"] == "Head"
    (listed,) = (await scim("GET", "/Users?filter=title+pr&attributes=userName")).body["Resources"]
    assert listed.keys() == {"schemas", "id", "userName"}


@pytest.mark.parametrize("body", [{"attributes": ["members"]}, {"attributes": ["displayName"]}, {}])
async def test_members_are_read_only_when_they_are_shown(scim: Client, body: dict[str, list[str]]) -> None:
    made = await scim.create()
    group = {"schemas": [GROUP], "displayName": "Sales", "members": [{"value": made["id"]}]}
    assert (await scim("POST", "/Groups", group)).status == 201
    (found,) = (await scim("POST", "/Groups/.search", {"schemas": [], **body})).body["Resources"]
    assert ("members" in found) == (body.get("attributes") != ["displayName"])


async def test_the_service_says_what_it_can(scim: Client) -> None:
    config = (await scim("GET", "/ServiceProviderConfig")).body
    supported = {name for name, value in config.items() if isinstance(value, dict) and value.get("supported")}
    assert supported == {"patch", "filter", "sort", "etag"}
    types = (await scim("GET", "/ResourceTypes")).body["Resources"]
    assert [one["endpoint"] for one in types] == ["/Users", "/Groups"]
    schema = (await scim("GET", f"/Schemas/{USER}")).body
    attributes = {attribute["name"]: attribute for attribute in schema["attributes"]}
    assert attributes["emails"]["required"]
    assert "password" not in attributes


async def test_what_there_is_not_is_said(scim: Client) -> None:
    asked = (
        ("POST", "/Bulk", 501),
        ("GET", "/Me", 501),
        ("DELETE", "/Users", 405),
        ("PUT", "/Schemas", 405),
        ("GET", "/Nothing", 404),
        ("GET", "/Users/1/2", 404),
        ("GET", "/Users/unknown", 404),
        ("DELETE", "/Groups/unknown", 404),
        ("GET", "/Schemas/unknown", 404),
        ("GET", "/Schemas?filter=name+pr", 403),
    )
    for method, path, status in asked:
        answer = await scim(method, path)
        assert answer.status == status, path
        assert answer.scim_type is None, path
