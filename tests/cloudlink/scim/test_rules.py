"""What synchronisation may do to people, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select, update

from cloudlink import topics
from cloudlink.administration.actor import ActorKind
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.model import Role
from store.directory import hash_key
from store.schema import audit_log, endpoints, integrations, mails, outbox, password_links, sessions, users
from tests.cloudlink.scim.conftest import ENTERPRISE, user

if TYPE_CHECKING:
    from cloudlink.model import User
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.cloudlink.scim.conftest import Client, Synchronise
    from tests.conftest import SteppedClock


async def _row(database: Database, principal_id: str) -> dict[str, Any]:
    names = [column.name for column in users.c]
    (row,) = await database.scan(select(users).where(users.c.principal_id == principal_id))
    return dict(zip(names, row, strict=True))


async def _set(database: Database, principal_id: str, **values: Any) -> None:
    statement = update(users).where(users.c.principal_id == principal_id).values(version=users.c.version + 1, **values)
    await database.write(lambda connection: connection.execute(statement))


async def _open_session(database: Database, who: User, clock: SteppedClock) -> None:
    row = {
        "session_id": who.principal_id, "account_id": who.account_id, "principal_id": who.principal_id,
        "kind": SessionKind.CONSOLE.value, "auth_provider": AuthProvider.ENTRA.value, "scope": "",
        "secret_hash": hash_key(who.principal_id), "generation": 1, "authenticated_on": clock(),
        "created_on": clock(), "used_on": clock(), "expires_at": clock(), "address": "",
    }  # fmt: skip
    await database.write(lambda connection: connection.execute(insert(sessions), row))


async def _count(database: Database, table: Any, **values: Any) -> int:
    where = [table.c[name] == value for name, value in values.items()]
    ((count,),) = await database.scan(select(func.count()).select_from(table).where(*where))
    return int(count)


async def _topics(database: Database) -> list[str]:
    return [topic for (topic,) in await database.scan(select(outbox.c.topic).order_by(outbox.c.id))]


async def test_a_person_is_taken_into_our_columns(database: Database, scim: Client) -> None:
    numbers = [
        {"type": "mobile", "value": "06 39 98 00 01"},
        {"type": "work", "value": "tel:+33-1-99-00-02-05;ext=205"},
    ]
    made = await scim.create(
        phoneNumbers=numbers, preferredLanguage="fr-FR", timezone="Europe/Paris", roles=[{"value": "ACCOUNT_ADMIN"}]
    )
    row = await _row(database, made["id"])
    assert made["phoneNumbers"] == numbers
    assert made["roles"] == [{"value": "ACCOUNT_ADMIN"}]
    assert (row["login_id"], row["email"], row["name"]) == ("clerk@example.com", "clerk@example.com", "Clerk")
    assert (row["given_name"], row["family_name"]) == ("Clerk", "Example")
    assert (row["mobile"], row["phone"], row["extension"]) == ("+33639980001", "+33-1-99-00-02-05", "205")
    assert (row["language_code"], row["time_zone"]) == ("fr-FR", "Europe/Paris")
    assert (row["role"], row["source"], row["synchronised"], row["active"]) == (Role.USER, "sync", True, True)
    assert row["password_hash"] is None
    assert await _count(database, endpoints, principal_id=made["id"], name="205") == 1
    assert {topics.USER_CHANGED, topics.EXTENSIONS_CHANGED} <= set(await _topics(database))


async def test_what_is_no_number_or_language_keeps_nobody_out(database: Database, scim: Client) -> None:
    odd = {
        "phoneNumbers": [{"type": "mobile", "value": "ask me"}],
        "preferredLanguage": "Klingon (home)",
        "timezone": "?",
    }
    made = await scim.create(**odd)
    assert {name: made[name] for name in odd} == odd
    row = await _row(database, made["id"])
    assert [row[name] for name in ("mobile", "phone", "extension", "language_code", "time_zone")] == [None] * 5


async def test_the_extension_comes_from_the_attribute_that_is_configured(
    database: Database, people: People, synchronise: Synchronise
) -> None:
    client = await synchronise(people.other_account.account_id, extensionAttribute=f"{ENTERPRISE}:employeeNumber")
    made = await client.create(**{ENTERPRISE: {"employeeNumber": "212"}})
    assert (await _row(database, made["id"]))["extension"] == "212"
    taken = await client("POST", "/Users", user("other") | {ENTERPRISE: {"employeeNumber": "212"}})
    assert (taken.status, taken.scim_type) == (409, "uniqueness")


async def test_the_login_is_the_address_of_who_has_no_other(database: Database, scim: Client) -> None:
    made = await scim("POST", "/Users", {"schemas": [], "userName": "alone@example.com"})
    assert made.status == 201
    assert (await _row(database, made.body["id"]))["email"] == "alone@example.com"
    refused = await scim("POST", "/Users", {"schemas": [], "userName": "nobody"})
    assert (refused.status, refused.scim_type) == (400, "invalidValue")


async def test_who_is_there_already_is_found_and_adopted_by_a_patch(
    database: Database, scim: Client, people: People
) -> None:
    desk = people.desk
    again = await scim("POST", "/Users", user("desk"))
    assert (again.status, again.scim_type) == (409, "uniqueness")
    (found,) = await scim.found("/Users", f'userName eq "{desk.email}"')
    assert (found["id"], found["displayName"]) == (desk.principal_id, desk.name)
    assert not (await _row(database, desk.principal_id))["synchronised"]

    adopted = await scim.patch(f"/Users/{desk.principal_id}", {"op": "Add", "path": "externalId", "value": "e-desk"})
    assert adopted.status == 200
    row = await _row(database, desk.principal_id)
    assert (row["synchronised"], row["external_id"]) == (True, "e-desk")
    assert (row["name"], row["email"], row["extension"]) == (desk.name, desk.email, desk.extension)


async def test_an_administrator_is_read_only(database: Database, scim: Client, people: People) -> None:
    desk = people.desk
    await _set(database, desk.principal_id, role=Role.ACCOUNT_ADMIN.value)
    before = await _row(database, desk.principal_id)
    path = f"/Users/{desk.principal_id}"
    assert (await scim("GET", path)).status == 200
    assert (await scim("POST", "/Users", user("desk"))).status == 409
    for answer in (
        await scim.patch(path, {"op": "Replace", "path": "displayName", "value": "Taken"}),
        await scim.patch(path, {"op": "Replace", "path": "active", "value": False}),
        await scim("PUT", path, user("taken")),
        await scim("DELETE", path),
    ):
        assert answer.status == 403
        assert answer.scim_type is None
    assert await _row(database, desk.principal_id) == before


async def test_an_administrator_who_was_synchronised_before_leaves_but_is_not_taken_over(
    database: Database, scim: Client, people: People
) -> None:
    made = await scim.create(name="boss")
    path = f"/Users/{made['id']}"
    await _set(database, made["id"], role=Role.ACCOUNT_ADMIN.value)
    for name, value in (
        ("userName", "other@example.com"),
        ("emails", [{"value": "other@example.com"}]),
        ("externalId", "x"),
    ):
        assert (await scim.patch(path, {"op": "replace", "path": name, "value": value})).status == 403
    assert (await scim.patch(path, {"op": "replace", "path": "title", "value": "Head"})).status == 200

    last = await scim.patch(path, {"op": "replace", "path": "active", "value": False})
    assert (last.status, last.scim_type) == (409, None)
    assert (await scim("DELETE", path)).status == 409
    await _set(database, people.desk.principal_id, role=Role.ACCOUNT_ADMIN.value)
    assert (await scim.patch(path, {"op": "replace", "path": "active", "value": False})).status == 200
    assert (await _row(database, made["id"]))["role"] == Role.ACCOUNT_ADMIN


async def test_who_arrives_gets_the_welcome_mail(database: Database, scim: Client) -> None:
    made = await scim("POST", "/Users", user("welcome"))
    await scim("POST", "/Users", user("later", active=False))
    found = (await scim("GET", '/Users?filter=userName eq "desk@example.com"')).body["Resources"][0]
    await scim("PUT", f"/Users/{found['id']}", {**found, "title": "Receptionist"})

    written = await database.scan(select(mails.c.principal_id, mails.c.template, mails.c.recipient))

    assert [tuple(row) for row in written] == [(made.body["id"], "welcome", "welcome@example.com")]
    assert await _count(database, password_links, principal_id=made.body["id"], purpose="welcome") == 1


async def test_where_people_sign_in_at_their_company_nobody_is_asked_for_a_password(
    database: Database, scim: Client, people: People, clock: SteppedClock
) -> None:
    row = {
        "account_id": people.account.account_id, "kind": IntegrationKind.ENTRA_SSO.value, "enabled": True,
        "configuration": {}, "created_on": clock(), "modified_on": clock(),
    }  # fmt: skip
    await database.write(lambda connection: connection.execute(insert(integrations), row))

    assert (await scim("POST", "/Users", user("quiet"))).status == 201

    assert (await _count(database, mails), await _count(database, password_links)) == (0, 0)


@pytest.mark.parametrize("way", ["patch", "put", "delete"])
async def test_who_leaves_loses_their_sessions_at_once(
    database: Database, scim: Client, people: People, clock: SteppedClock, way: str
) -> None:
    await _open_session(database, people.desk, clock)
    path = f"/Users/{people.desk.principal_id}"
    if way == "patch":
        answer = await scim.patch(path, {"op": "Replace", "value": {"active": "False"}})
    elif way == "put":
        answer = await scim("PUT", path, user("desk", active=False))
    else:
        answer = await scim("DELETE", path)
    assert answer.status in {200, 204}
    assert await _count(database, sessions, principal_id=people.desk.principal_id) == 0
    assert await _count(database, outbox, topic=topics.USER_DEACTIVATED) == 1
    assert topics.EXTENSIONS_CHANGED in await _topics(database)


async def test_a_new_user_may_be_inactive_and_removing_the_word_activates_nobody(
    database: Database, scim: Client
) -> None:
    made = await scim.create(active=False)
    assert (made["active"], (await _row(database, made["id"]))["active"]) == (False, False)
    assert (await scim.patch(f"/Users/{made['id']}", {"op": "remove", "path": "active"})).status == 200
    assert not (await _row(database, made["id"]))["active"]


async def test_a_column_that_somebody_else_changed_is_shown(database: Database, scim: Client) -> None:
    made = await scim.create(phoneNumbers=[{"type": "mobile", "value": "+33 6 39 98 00 01"}])
    await _set(database, made["id"], mobile="+33639980002", name="Renamed", language_code="de-DE", active=False)
    shown = (await scim("GET", f"/Users/{made['id']}")).body
    assert shown["phoneNumbers"] == [{"type": "mobile", "value": "+33639980002", "primary": True}]
    assert (shown["displayName"], shown["preferredLanguage"], shown["active"]) == ("Renamed", "de-DE", False)
    assert shown["emails"] == made["emails"]


async def test_every_change_is_in_the_audit_log(database: Database, scim: Client) -> None:
    made = await scim.create(title="Clerk", password="do not keep this")
    path = f"/Users/{made['id']}"
    await scim.patch(path, {"op": "replace", "path": "title", "value": "Head"})
    await scim.patch(path, {"op": "replace", "path": "displayName", "value": "Renamed"})
    await scim.patch(path, {"op": "replace", "path": "displayName", "value": "Renamed"})
    await scim("DELETE", path)
    c = audit_log.c
    told = select(c.action, c.before, c.after).where(c.actor_kind == ActorKind.SYNC.value).order_by(c.id)
    entries = await database.scan(told)
    assert [entry[0] for entry in entries] == ["user.created", "user.synchronised", "user.changed", "user.deleted"]
    assert list(entries[1][1:]) == [{"title": "Clerk"}, {"title": "Head"}]
    assert entries[2][2]["name"] == "Renamed"
    stored = [str(row) for table in (users, audit_log, outbox) for row in await database.scan(select(table))]
    assert not [row for row in stored if "do not keep this" in row]
