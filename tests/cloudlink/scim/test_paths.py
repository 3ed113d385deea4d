"""Paths to the text that holds an extension, and what of it is dialled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloudlink.administration.actor import SYSTEM
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import Refused
from cloudlink.service.administration.integrations import AccountIntegrations
from cloudlink.service.scim.paths import BadPath, reader
from cloudlink.service.scim.people import person_of
from store.vault import Vault, new_key
from tests.cloudlink.scim.conftest import ENTERPRISE, user

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.conftest import People

_SOMEBODY = user(
    title="Clerk",
    nickName="",
    phoneNumbers=[{"type": "Work", "value": "+331"}, {"type": "other", "value": "201"}, {"type": "fax"}],
) | {ENTERPRISE: {"employeeNumber": "212", "manager": {"value": "boss"}}}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("title", "Clerk"),
        ("TITLE", "Clerk"),
        ("nickName", None),
        ("locale", None),
        ("name.givenName", "Clerk"),
        ('phoneNumbers[type eq "work"].value', "+331"),
        ('phoneNumbers[type eq "other"].value', "201"),
        ('phoneNumbers[type eq "fax"].value', None),
        ('addresses[type eq "work"].locality', None),
        (f"{ENTERPRISE}:employeeNumber", "212"),
        (f"{ENTERPRISE}:manager.value", "boss"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:title", "Clerk"),
    ],
)
def test_a_path_reads_one_text(path: str, text: str | None) -> None:
    assert reader(path)(_SOMEBODY) == text


@pytest.mark.parametrize(
    "path", ["", "unknown", "name.unknown", "emails[", 'emails[type co "w"].value', "emails[primary eq true].value"]
)
def test_a_path_that_names_no_text_is_refused(path: str) -> None:
    with pytest.raises(BadPath):
        reader(path)


async def test_an_administrator_says_where_extensions_stand(database: Database, people: People) -> None:
    service = AccountIntegrations(database, Vault([new_key()]))
    account_id, path = people.account.account_id, f"{ENTERPRISE}:employeeNumber"
    kind = IntegrationKind.ENTRA_SYNC
    saved = await service.save(SYSTEM, account_id, kind, {"extensionAttribute": f" {path} "})
    assert saved.configuration == {"extensionAttribute": path}
    with pytest.raises(Refused, match="extensionAttribute"):
        await service.save(SYSTEM, account_id, kind, {"extensionAttribute": "emails["})
    assert (await service.save(SYSTEM, account_id, kind, {"extensionAttribute": ""})).configuration == {}


@pytest.mark.parametrize(
    ("told", "extension"),
    [
        ("201", "201"),
        (" 201 ", "201"),
        ("*21#", "*21#"),
        ("+33 1 99 00 02 01", None),
        ("+33 1 99 00 02 01 ext. 201", "201"),
        ("tel:+33-1-99-00-02-01;ext=201", "201"),
        ("+33199000201x201", "201"),
        ("0199000201", None),
        ("reception", None),
        (None, None),
    ],
)
def test_an_extension_is_what_is_dialled_behind_the_number(told: str | None, extension: str | None) -> None:
    assert person_of(_SOMEBODY, told, "FR").extension == extension


@pytest.mark.parametrize(
    ("emails", "taken"),
    [
        ([{"type": "home", "value": "h@example.com"}, {"type": "work", "value": "w@example.com"}], "w@example.com"),
        ([{"value": "first@example.com"}, {"value": "main@example.com", "primary": True}], "main@example.com"),
        ([{"type": "other", "value": "first@example.com"}, {"value": "second@example.com"}], "first@example.com"),
        ([{"type": "work"}], "clerk@example.com"),
        (None, "clerk@example.com"),
    ],
)
def test_the_address_is_the_one_at_work(emails: list[dict[str, object]] | None, taken: str) -> None:
    assert person_of(_SOMEBODY | {"emails": emails}, None, "FR").email == taken


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({}, "Clerk"),
        ({"displayName": None}, "Clerk Example"),
        ({"displayName": "", "name": {"givenName": "Ann", "familyName": "Example"}}, "Ann Example"),
        ({"displayName": None, "name": None}, "clerk@example.com"),
    ],
)
def test_the_name_is_the_fullest_that_is_told(attributes: dict[str, object], name: str) -> None:
    assert person_of(_SOMEBODY | attributes, None, "FR").name == name
