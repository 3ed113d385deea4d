"""Accounts, users and applications over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from cloudlink.model import Role
from store.schema import audit_log, mails, users

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.api.conftest import Api, Mint
    from tests.cloudlink.conftest import People

JOAN = {"firstName": "Joan", "lastName": "Example", "email": "joan@example.com", "extension": "207"}


async def test_an_account_for_its_own_people_alone(desk: Api, stranger: Api, people: People) -> None:
    here = f"/accounts/{people.account.account_id}"

    told = (await desk("GET", here)).body

    assert (told["name"], told["languageCode"], told["active"]) == ("Main Office", "fr-FR", True)
    assert told["_links"] == {"self": f"https://assistant.example.com/2017-09-01{here}"}
    for method, body in (("GET", None), ("PUT", {"name": "Mine"})):
        assert (await stranger(method, here, body)).status == 404
    assert (await desk("PUT", here, {"name": "Mine"})).status == 403


async def test_an_administrator_changes_what_they_send(admin: Api, people: People) -> None:
    here = f"/accounts/{people.account.account_id}"
    contact = {"contactId": "1", "name": "Help", "email": "help@example.com", "contactType": "support"}

    changed = await admin(
        "PUT", here, {"name": "Head Office", "location": {"address": {"city": "Lyon"}}, "contacts": [contact]}
    )

    assert changed.status == 200, changed.body
    told = (await admin("GET", here)).body
    assert (told["name"], told["languageCode"], told["location"]["address"]["city"]) == ("Head Office", "fr-FR", "Lyon")
    account = {"accountId": people.account.account_id}
    assert (await admin("GET", f"{here}/contacts")).items == [{**account, **contact}]
    assert (await admin("GET", f"{here}/contacts/1")).body["email"] == "help@example.com"
    assert (await admin("GET", f"{here}/contacts/2")).status == 404
    assert (await admin("PUT", here, {"accessTokenExpiryHours": 2})).status == 403


async def test_users_by_name_in_pages(admin: Api, people: People) -> None:
    first = await admin("GET", "/users", top="1")
    assert [item["name"] for item in first.items] == ["Front Desk"]
    token = first.body["_links"]["next"].partition("skiptoken=")[2]
    second = await admin("GET", "/users", top="1", skiptoken=token)
    assert [item["email"] for item in second.items] == ["warehouse@example.com"]
    assert "next" not in second.body["_links"]
    assert [i["extension"] for i in (await admin("GET", "/users", filter="contains(name, 'HOUSE')")).items] == ["202"]
    assert len((await admin("GET", "/users", filter="role eq 'USER'")).items) == 1
    for token in ("x", "W10", "bnVsbA", "WyJcdTAwMDAiLCAiYSJd", "WyJcdWQ4MDAiLCAiYSJd"):
        assert (await admin("GET", "/users", skiptoken=token)).status == 400


async def test_users_see_colleagues_as_the_telephone_book_does(
    desk: Api, admin: Api, stranger: Api, people: People
) -> None:
    await admin("POST", "/users", {**JOAN, "extension": None, "phone": "+33199000003"})

    found = (await desk("GET", "/users")).items

    assert [item["name"] for item in found] == ["Front Desk", "Warehouse"]
    assert not {"loginId", "phone", "createdBy", "sipPassword"} & found[1].keys()
    assert (await desk("GET", "/users", filter="role eq 'ACCOUNT_ADMIN'")).status == 400
    assert (await desk("GET", f"/users/{people.desk.principal_id}")).body["email"] == "desk@example.com"
    for asker in (desk, stranger):
        assert (await asker("GET", f"/users/{people.warehouse.principal_id}")).status == 404
    assert [item["name"] for item in (await stranger("GET", "/users")).items] == ["Night Desk"]


async def test_a_user_from_first_to_last(admin: Api, people: People, database: Database) -> None:
    made = await admin("POST", "/users", JOAN)
    assert made.status == 201, made.body
    here = f"/users/{made.body['userId']}"
    assert (made.body["name"], made.body["source"], made.body["role"]) == ("Joan Example", "api", Role.USER)

    assert (await admin("PUT", here, {"extension": "208"})).body["extension"] == "208"
    assert (await admin("GET", here)).body["email"] == "joan@example.com"
    assert (await admin("DELETE", here)).status == 204
    assert (await admin("GET", here)).status == 404

    entries = await database.scan(select(audit_log.c.action, audit_log.c.actor_id).order_by(audit_log.c.id))
    by_admin = [action for action, actor in entries if actor == people.warehouse.principal_id]
    assert by_admin == ["user.created", "user.changed", "user.deleted"]


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({**JOAN, "email": "DESK@example.com"}, 409, "already in use: email"),
        ({**JOAN, "extension": "201"}, 409, "already in use: extension"),
        ({**JOAN, "email": "nobody"}, 400, "email: notAnEmail"),
        ({**JOAN, "firstName": "", "lastName": ""}, 400, "irstName"),
        ({**JOAN, "role": "EMPEROR"}, 400, "role: unknownValue"),
        ({**JOAN, "email": 7}, 400, "email: "),
        ({**JOAN, "email": "a\0@example.com"}, 400, "email"),
        ({**JOAN, "firstName": "x" * 5000}, 400, "firstName: "),
    ],
)
async def test_refuses_users_in_words(admin: Api, body: dict[str, Any], status: int, text: str) -> None:
    answer = await admin("POST", "/users", body)
    assert (answer.status, text in answer.body["message"]) == (status, True), answer.body


async def test_users_administer_nobody(desk: Api, people: People) -> None:
    here = f"/users/{people.desk.principal_id}"
    for method, path, body in (
        ("POST", "/users", JOAN),
        ("PUT", here, {"role": "ACCOUNT_ADMIN"}),
        ("DELETE", here, None),
        ("POST", f"/accounts/{people.account.account_id}/clients", {"name": "Mine"}),
    ):
        assert (await desk(method, path, body)).status == 403, path


async def test_the_last_administrator_stays(admin: Api, people: People) -> None:
    here = f"/users/{people.warehouse.principal_id}"
    assert (await admin("PUT", here, {"role": "USER"})).status == 409
    assert (await admin("DELETE", here)).status == 409


async def test_a_forgotten_password(admin: Api, desk: Api, people: People, database: Database) -> None:
    async def ask(asker: Api, email: str, /, **body: Any) -> int:
        return (await asker("PUT", f"/users/{email}/password", {"action": "forgot", **body})).status

    account_id = people.account.account_id
    assert await ask(admin, "desk@example.com", email="desk@example.com", accountId=account_id) == 200
    assert await ask(desk, "Desk@example.com") == 200
    assert await ask(admin, "nobody@example.com") == 404
    assert await ask(admin, "night@example.com", accountId=people.other_account.account_id) == 404
    # Whether there is such a user is nothing that a user learns.
    assert [await ask(desk, email) for email in ("warehouse@example.com", "nobody@example.com")] == [403, 403]
    assert await ask(admin, "desk@example.com", email="nobody@example.com") == 400
    sent = await database.scan(select(mails.c.recipient).order_by(mails.c.created_on))
    assert {row[0] for row in sent} == {"desk@example.com"}


async def test_an_application_shows_its_secret_once(admin: Api, stranger: Api, people: People) -> None:
    here = f"/accounts/{people.account.account_id}/clients"

    made = await admin("POST", here, {"name": "Wallboard", "redirectUris": ["https://wallboard.example.com/done"]})

    assert made.status == 201, made.body
    assert (made.body["name"], made.body["accountId"]) == ("Wallboard", people.account.account_id)
    assert len(made.body["clientSecret"]) > 20
    assert (await admin("POST", here, {"name": "W", "redirectUris": ["http://example.com/"]})).status == 400
    assert (await stranger("POST", here, {"name": "W"})).status == 404


@pytest.mark.parametrize("active", [True, False])
async def test_a_deactivated_user_is_out_at_once(
    admin: Api, desk: Api, people: People, database: Database, *, active: bool
) -> None:
    await admin("PUT", f"/users/{people.desk.principal_id}", {"active": active})

    assert (await desk("GET", "/calls/records")).status == (200 if active else 401)
    ((stored,),) = await database.scan(select(users.c.active).where(users.c.principal_id == people.desk.principal_id))
    assert stored is active


async def test_a_token_that_may_only_read(api: Api, mint: Mint, people: People) -> None:
    reader = api.of(await mint.user(people.desk.principal, scope="read"))
    assert (await reader("GET", "/users")).status == 200
    assert (await reader("PUT", "/calls/records", {"hide": True})).status == 403
