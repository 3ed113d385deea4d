"""Filters and orders in SQL find what scim2-models' own matcher finds in the same resources."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from scim2_models import ScimFilter, SearchRequest

from cloudlink.service.scim.resources import PROVIDER, Group, UserModel
from tests.cloudlink.scim.conftest import ENTERPRISE, GROUP

if TYPE_CHECKING:
    from tests.cloudlink.conftest import People
    from tests.cloudlink.scim.conftest import Client

_USERS: list[dict[str, Any]] = [
    {
        "name": "anna",
        "externalId": "Ext-A",
        "displayName": "Anna Élan",
        "title": "100% Clerk_1",
        "nickName": "",
        "emails": [
            {"type": "work", "value": "Anna@example.com", "primary": True},
            {"type": "home", "value": "anna@home.example.com"},
        ],
        "phoneNumbers": [
            {"type": "mobile", "value": "+33 6 39 98 00 01"},
            {"type": "fax", "value": "tel:+33199000009"},
        ],
        "preferredLanguage": "fr-FR",
        "timezone": "Europe/Paris",
        ENTERPRISE: {"department": "Sales", "manager": {"value": "boss"}},
    },
    {"name": "bert", "externalId": "ext-a", "displayName": "bert", "active": False, "title": "Manager"},
    {
        "name": "carla",
        "displayName": 'Carla "Quote" O\'Neil',
        "addresses": [{"type": "work", "locality": "Lyon", "country": "FR"}],
        "roles": [{"value": "admin", "primary": True}],
        ENTERPRISE: {"department": "sales", "employeeNumber": "7"},
    },
]
_FILTERS = (
    'userName eq "ANNA@example.com"',
    'userName ne "anna@example.com"',
    'userName co "EXAMPLE"',
    'userName sw "b"',
    'userName ew "@example.com"',
    'userName gt "b"',
    'userName le "bert@example.com"',
    "userName pr",
    'externalId eq "ext-a"',
    'externalId eq "EXT-A"',
    'externalId ne "ext-a"',
    'externalId co "xt-a"',
    'externalId sw "Ext"',
    'externalId sw ""',
    "externalId pr",
    "not (externalId pr)",
    "externalId eq null",
    "externalId ne null",
    'displayName eq "anna élan"',
    'displayName co "ÉL"',
    'displayName co "\\"quote\\""',
    'displayName co "o\'n"',
    'name.givenName eq "bert"',
    'name.familyName sw "exam"',
    "name pr",
    "active eq true",
    "active eq false",
    "active ne true",
    'title co "0%"',
    'title co "_1"',
    'title co "%"',
    "title pr",
    "nickName pr",
    'not (title eq "manager")',
    'title ne "manager"',
    'title eq "manager" or title eq "x" and active eq true',
    '(title eq "manager" or title pr) and active eq true',
    'preferredLanguage eq "FR-fr"',
    'timezone co "paris"',
    'emails eq "anna@example.com"',
    'emails co "home"',
    'emails.value sw "anna@h"',
    'emails.type eq "home"',
    'emails ne "anna@example.com"',
    'emails[type eq "work" and value co "anna"]',
    'emails[type eq "home" and primary eq true]',
    'emails[not (type eq "work")]',
    'emails[type eq "work"].value eq "anna@example.com"',
    "emails[primary eq true]",
    "emails pr",
    "phoneNumbers pr",
    "not (phoneNumbers pr)",
    'phoneNumbers[type eq "mobile"].value sw "+33 6"',
    'addresses[locality eq "lyon"]',
    'addresses.country eq "FR"',
    'roles[value eq "admin"]',
    f'{ENTERPRISE}:department eq "sales"',
    f'{ENTERPRISE}:employeeNumber eq "7"',
    f'{ENTERPRISE}:manager.value eq "boss"',
    f"{ENTERPRISE}:manager pr",
    f"{ENTERPRISE}:department pr",
    'meta.created gt "2026-01-01T00:00:00Z"',
    'meta.lastModified lt "2026-01-01T00:00:00Z"',
    'meta.resourceType eq "User"',
    'groups.display eq "clerks"',
    "groups pr",
    "not (groups pr)",
)
# Not displayName: PostgreSQL orders letters with accents by its own locale.
_SORTED = ("userName", "externalId", "title", "emails", "meta.created")
_GROUP_FILTERS = (
    ('displayName eq "CLERKS"', 1),
    ('displayName co "x"', 0),
    ("members pr", 1),
    ('members.value eq "{id}"', 1),
    ('members[value eq "{id}" and type eq "User"]', 1),
    ('members eq "nobody"', 0),
    ("externalId pr", 0),
)


@pytest.fixture
async def filled(scim: Client) -> Client:
    """Three users, of whom two are in a group, beside two whom nobody has synchronised."""
    made = [await scim.create(**attributes) for attributes in _USERS]
    members = [{"value": one["id"]} for one in made[:2]]
    answer = await scim("POST", "/Groups", {"schemas": [GROUP], "displayName": "Clerks", "members": members})
    assert answer.status == 201
    return scim


async def _all(scim: Client, path: str) -> list[dict[str, Any]]:
    answer = await scim("GET", path)
    assert answer.body["totalResults"] == len(answer.body["Resources"])
    found: list[dict[str, Any]] = answer.body["Resources"]
    return found


async def test_every_operator_finds_what_the_matcher_finds(filled: Client) -> None:
    everybody = await _all(filled, "/Users")
    assert len(everybody) == 5
    differing = {}
    for expression in _FILTERS:
        found = {one["userName"] for one in await filled.found("/Users", expression)}
        with PROVIDER:
            judge = ScimFilter[UserModel](expression)  # type: ignore[valid-type]
            expected = {one["userName"] for one in everybody if judge.match(UserModel.model_validate(one))}
        if found != expected:
            differing[expression] = (found, expected)
    assert not differing


async def test_groups_are_found(filled: Client) -> None:
    (anna,) = await filled.found("/Users", 'userName eq "anna@example.com"')
    (group,) = await _all(filled, "/Groups")
    for template, count in _GROUP_FILTERS:
        expression = template.replace("{id}", anna["id"])
        assert len(await filled.found("/Groups", expression)) == count, expression
        with PROVIDER:
            assert ScimFilter[Group](expression).match(Group.model_validate(group)) == bool(count)


async def test_users_are_sorted(filled: Client) -> None:
    everybody = await _all(filled, "/Users")
    for attribute, order in product(_SORTED, ("ascending", "descending")):
        answer = await filled("GET", f"/Users?sortBy={attribute}&sortOrder={order}")
        with PROVIDER:
            request = SearchRequest[UserModel](sort_by=attribute, sort_order=order)  # type: ignore[valid-type]
            values = {one["id"]: request.sort_value(UserModel.model_validate(one)) for one in everybody}
        shown = [values[one["id"]] for one in answer.body["Resources"]]
        there = sorted((value for value in shown if value is not None), reverse=order == "descending")
        missing: list[Any] = [None] * (len(shown) - len(there))
        assert shown == (missing + there if order == "descending" else there + missing), attribute
        assert len(shown) == 5


async def test_pages_follow_each_other(filled: Client) -> None:
    pages = [await filled("GET", f"/Users?sortBy=userName&startIndex={start}&count=2") for start in (1, 3, 5, 7)]
    assert [page.body["itemsPerPage"] for page in pages] == [2, 2, 1, 0]
    assert {page.body["totalResults"] for page in pages} == {5}
    names = [one["userName"] for page in pages for one in page.body["Resources"]]
    assert names == sorted(names)
    assert len(set(names)) == 5
    assert (await filled("GET", "/Users?count=0")).body["totalResults"] == 5
    assert (await filled("GET", "/Users?startIndex=99999999999999999999")).body["Resources"] == []


async def test_a_search_of_everything_goes_on_from_users_to_groups(filled: Client) -> None:
    everything = await filled("POST", "/.search", {"schemas": [], "count": 4, "startIndex": 4})
    assert everything.body["totalResults"] == 6
    assert [one["meta"]["resourceType"] for one in everything.body["Resources"]] == ["User", "User", "Group"]
    only_users = await filled("POST", "/.search", {"schemas": [], "filter": "userName pr"})
    assert only_users.body["totalResults"] == 5
    assert (await filled("POST", "/.search", {"schemas": [], "sortBy": "displayName"})).status == 501


async def test_who_was_never_synchronised_is_found_by_what_is_shown(filled: Client, people: People) -> None:
    for expression in (
        f'emails.value eq "{people.desk.email}"',
        'emails[type eq "work" and primary eq true] and userName sw "desk"',
        f'id eq "{people.desk.principal_id}"',
    ):
        (found,) = await filled.found("/Users", expression)
        assert found["id"] == people.desk.principal_id
