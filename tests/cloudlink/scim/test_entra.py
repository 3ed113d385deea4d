"""The requests of Entra ID's provisioning service, as Microsoft documents them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cloudlink.scim.conftest import ENTERPRISE, GROUP, user

if TYPE_CHECKING:
    from tests.cloudlink.scim.conftest import Client


async def test_connection_is_tested_by_a_user_who_is_not_there(scim: Client) -> None:
    answer = await scim("GET", "/Users?filter=userName+eq+%22nobody%40example.com%22")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/scim+json")
    assert answer.body["totalResults"] == 0


async def test_a_user_is_made_found_changed_disabled_and_deleted(scim: Client) -> None:
    made = await scim("POST", "/Users", user(externalId="clerk-1") | {ENTERPRISE: {"department": "Sales"}})
    assert made.status == 201
    path = f"/Users/{made.body['id']}"
    assert made.headers["Location"] == f"https://cloudlink.example.com/scim/v2/{scim.url.rpartition('/')[2]}{path}"
    assert made.body["externalId"] == "clerk-1"
    assert made.body[ENTERPRISE] == {"department": "Sales"}

    (found,) = await scim.found("/Users", 'userName eq "CLERK@example.com"')
    assert found == made.body

    changed = await scim.patch(
        path,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "new@example.com"},
        {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "+33 6 39 98 00 01"},
        {"op": "Replace", "path": f"{ENTERPRISE}:department", "value": "Service"},
        {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": "boss-1"},
        {"op": "Replace", "path": "name.familyName", "value": "Renamed"},
    )
    assert changed.status == 200
    assert changed.body["emails"] == [{"primary": True, "type": "work", "value": "new@example.com"}]
    assert changed.body["phoneNumbers"] == [{"type": "mobile", "value": "+33 6 39 98 00 01"}]
    assert changed.body[ENTERPRISE] == {"department": "Service", "manager": {"value": "boss-1"}}
    assert changed.body["name"]["familyName"] == "Renamed"
    assert changed.headers["ETag"] != made.headers["ETag"]

    disabled = await scim.patch(path, {"op": "Replace", "path": "active", "value": "False"})
    assert disabled.status == 200
    assert disabled.body["active"] is False
    (found,) = await scim.found("/Users", 'userName eq "clerk@example.com"')
    assert found["active"] is False

    assert (await scim("DELETE", path)).status == 204
    for method in ("GET", "DELETE"):
        assert (await scim(method, path)).status == 404


async def test_a_group_is_made_filled_emptied_and_deleted(scim: Client) -> None:
    users = [await scim.create(name=f"member{number}") for number in range(3)]
    ids = [made["id"] for made in users]
    made = await scim("POST", "/Groups", {"schemas": [GROUP], "externalId": "g-1", "displayName": "Sales"})
    path = f"/Groups/{made.body['id']}"
    assert made.status == 201
    assert "members" not in made.body

    added = await scim.patch(path, {"op": "Add", "path": "members", "value": [{"value": one} for one in ids]})
    assert added.status == 200
    assert {member["value"] for member in added.body["members"]} == set(ids)

    taken = await scim.patch(path, {"op": "Remove", "path": "members", "value": [{"value": ids[0]}]})
    assert {member["value"] for member in taken.body["members"]} == set(ids[1:])
    taken = await scim.patch(path, {"op": "Remove", "path": f'members[value eq "{ids[1]}"]'})
    assert {member["value"] for member in taken.body["members"]} == {ids[2]}

    probe = await scim("GET", "/Groups?excludedAttributes=members&filter=displayName+eq+%22sales%22")
    assert probe.body["totalResults"] == 1
    assert "members" not in probe.body["Resources"][0]
    assert (await scim("GET", f"{path}?excludedAttributes=members")).body["displayName"] == "Sales"
    of_member = await scim("GET", f"/Users/{ids[2]}")
    assert [group["display"] for group in of_member.body["groups"]] == ["Sales"]

    assert (await scim.patch(path, {"op": "Replace", "path": "displayName", "value": "Service"})).status == 200
    assert (await scim("DELETE", path)).status == 204
    assert (await scim("GET", path)).status == 404
    assert (await scim("GET", f"/Users/{ids[2]}")).status == 200
