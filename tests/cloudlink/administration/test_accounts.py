"""Accounts: made by partners, changed within bounds, given out whole, and gone without a trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from cloudlink import topics
from cloudlink.administration.accounts import AccountChanges, Contact, Location, NewAccount
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.model import DialSettings
from cloudlink.port import UnknownId
from cloudlink.service.identity.sessions import SessionStore
from store import schema
from tests.cloudlink.administration.conftest import events

if TYPE_CHECKING:
    from sqlalchemy import Table

    from cloudlink.service.administration.accounts import AccountService
    from cloudlink.service.administration.audit import AuditLog
    from cloudlink.service.administration.imports import ImportService
    from store.database import Database
    from tests.cloudlink.administration.conftest import World
    from tests.conftest import SteppedClock

EXAMPLE = NewAccount(
    "Example Ltd",
    language_code="fr-FR",
    time_zone="Europe/Paris",
    account_number="A-17",
    location=Location("FR", "1 Example Street", "Paris", "", "75001"),
    dialing=DialSettings("FR", 5, "micollab:{number}", ("+33899",)),
)


async def exported(accounts: AccountService, world: World) -> list[dict[str, Any]]:
    parts = [part async for part in accounts.export(world.partner, world.customer_id)]
    return [json.loads(line) for line in b"".join(parts).splitlines()]


async def refused(question: Any) -> tuple[Reason, str]:
    with pytest.raises(Refused) as caught:
        await question
    return caught.value.reason, caught.value.field


async def test_an_account_is_as_described(accounts: AccountService, world: World, clock: SteppedClock) -> None:
    made = await accounts.create(world.partner, EXAMPLE)
    assert made == await accounts.get(world.partner, made.account_id)
    assert (made.account.name, made.account.dialing, made.location) == (
        "Example Ltd",
        EXAMPLE.dialing,
        EXAMPLE.location,
    )
    assert (made.created_on, made.created_by, made.partner_id) == (clock(), world.partner.actor_id, world.partner_id)
    assert (made.access_token_expiry_hours, made.refresh_token_expiry_hours) == (1, 360)
    assert (made.telephony_role_limit, made.mitel_credentials, made.guest_access) == (1000, True, False)


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"name": " "}, Reason.REQUIRED, "name"),
        ({"name": "A\nB"}, Reason.BAD_CHARACTER, "name"),
        ({"name": "x" * 201}, Reason.TOO_LONG, "name"),
        ({"language_code": "french!"}, Reason.UNKNOWN_VALUE, "language_code"),
        ({"time_zone": "Mars/Phobos"}, Reason.UNKNOWN_VALUE, "time_zone"),
        ({"access_token_expiry_hours": 25}, Reason.UNKNOWN_VALUE, "access_token_expiry_hours"),
        ({"refresh_token_expiry_hours": 0}, Reason.UNKNOWN_VALUE, "refresh_token_expiry_hours"),
        ({"telephony_role_limit": 5001}, Reason.UNKNOWN_VALUE, "telephony_role_limit"),
        ({"telephony_role_limit": True}, Reason.UNKNOWN_VALUE, "telephony_role_limit"),
        ({"guest_access": "yes"}, Reason.UNKNOWN_VALUE, "guest_access"),
        ({"contacts": (Contact("", "Support", "support"),)}, Reason.NOT_AN_EMAIL, "contacts"),
        ({"contacts": (Contact("", "S", "s@example.com"),) * 21}, Reason.UNKNOWN_VALUE, "contacts"),
        ({"location": {"country": "FR"}}, Reason.UNKNOWN_VALUE, "location"),
        ({"location": Location(city="x" * 201)}, Reason.TOO_LONG, "city"),
        ({"partner_id": "other"}, Reason.UNKNOWN_VALUE, "partner_id"),
    ],
)
async def test_what_cannot_be_is_refused_by_field(
    accounts: AccountService, world: World, changes: dict[str, Any], reason: Reason, field: str
) -> None:
    edit: AccountChanges = changes  # type: ignore[assignment]
    assert await refused(accounts.change(world.partner, world.customer_id, edit)) == (reason, field)


async def test_administrators_change_what_is_theirs_and_the_log_has_both_sides(
    accounts: AccountService, world: World, log: AuditLog
) -> None:
    contact = Contact("", "Support", "support@example.com")
    changed = await accounts.change(
        world.administrator, world.customer_id, {"name": "New Name", "contacts": (contact,), "mitel_credentials": False}
    )
    assert (changed.account.name, changed.mitel_credentials) == ("New Name", False)
    assert (changed.contacts[0].email, bool(changed.contacts[0].contact_id)) == ("support@example.com", True)
    with pytest.raises(NotAllowed):
        await accounts.change(world.administrator, world.customer_id, {"access_token_expiry_hours": 2})
    await accounts.change(world.partner, world.customer_id, {"access_token_expiry_hours": 2})

    newest, before = (await log.entries(world.partner, world.customer_id, subject_id=world.customer_id)).items[:2]
    assert (newest.before, newest.after) == ({"access_token_expiry_hours": 1}, {"access_token_expiry_hours": 2})
    assert before.action == "account.changed"
    assert before.before == {"name": "Customer", "contacts": [], "mitel_credentials": True}


async def test_accounts_are_found_by_name_and_number_in_pages(accounts: AccountService, world: World) -> None:
    for number in range(5):
        await accounts.create(world.partner, NewAccount(f"Éclair {number}", account_number=f"N-{number}"))
    names: list[str] = []
    cursor = None
    while True:
        page = await accounts.find(world.partner, "éCLAIR", cursor=cursor, limit=2)
        names += [item.account.name for item in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert names == [f"Éclair {number}" for number in range(5)]
    (found,) = (await accounts.find(world.partner, "N-3")).items
    assert found.account.name == "Éclair 3"
    assert (await accounts.find(world.partner, "Customer")).users == {world.customer_id: 3}
    with pytest.raises(ValueError, match="not a cursor"):
        await accounts.find(world.partner, cursor="x")


async def test_a_deactivated_account_lets_nobody_in(
    database: Database, accounts: AccountService, world: World, clock: SteppedClock
) -> None:
    sessions = SessionStore(database, clock)
    who = world.user.user.principal
    secret = await sessions.open(who, SessionKind.CONSOLE, AuthProvider.CLOUDLINK, address="192.0.2.1")

    assert not (await accounts.set_active(world.partner, world.customer_id, active=False)).account.active
    await accounts.set_active(world.partner, world.customer_id, active=False)

    told = [topic for topic, _ in await events(database, world.customer_id)]
    assert told.count(topics.ACCOUNT_DEACTIVATED) == 1
    await accounts.set_active(world.partner, world.customer_id, active=True)
    assert await sessions.find(secret) is None


async def test_an_account_is_deleted_once_it_is_inactive_and_was_exported_since(
    accounts: AccountService, world: World
) -> None:
    def deletion() -> Any:
        return accounts.delete(world.partner, world.customer_id)

    await exported(accounts, world)
    assert await refused(deletion()) == (Reason.ACCOUNT_IS_ACTIVE, "")
    await accounts.set_active(world.partner, world.customer_id, active=False)
    assert await refused(deletion()) == (Reason.NOT_EXPORTED, "")
    await exported(accounts, world)
    await deletion()
    with pytest.raises(UnknownId):
        await accounts.get(world.partner, world.customer_id)
    operator = world.actors["operator"]
    await accounts.set_active(operator, world.partner_id, active=False)
    assert await refused(accounts.delete(operator, world.partner_id)) == (Reason.PARTNER_ACCOUNT, "")


SECRET = "s3cret-canary"


def _value(table: Table, column: Any, number: int) -> Any:
    """Something for a column; whatever must stay inside is the canary."""
    if column.name.endswith(("_hash", "_encrypted")):
        return f"{SECRET}-{table.name}-{column.name}"[:64]
    kinds: dict[type, Any] = {bool: True, int: number, float: 1.0, dict: {}, bytes: b"a picture"}
    return kinds.get(column.type.python_type, f"{table.name[:10]}-{number}"[: getattr(column.type, "length", None)])


# Which row of another table a row belongs to.
_PARENTS = {
    "gateway_reports": {"gateway_id": "gateways-1"},
    "group_members": {"group_id": "groups-1"},
    "report_pictures": {"report_id": "problem_re-1"},
}


async def _fill(database: Database, world: World, clock: SteppedClock) -> None:
    """A row of the customer in every table that has an account, in an order that foreign keys bear."""
    made = {"accounts", "users", "endpoints", "audit_log", "outbox"}
    for table in schema.metadata.sorted_tables:
        if table.name in made or "account_id" not in table.c:
            continue
        row = {
            column.name: clock() if isinstance(column.type, schema.UtcTime) else _value(table, column, 1)
            for column in table.c
            if not (column.primary_key and column.autoincrement is True)
        }
        row |= {"account_id": world.customer_id} | (
            {"principal_id": world.user.user.principal_id} if "principal_id" in table.c else {}
        )
        row |= _PARENTS.get(table.name, {})
        await database.write(lambda connection, t=table, r=row: connection.execute(insert(t), r))  # type: ignore[misc]


async def _rows(database: Database, account_id: str) -> dict[str, int]:
    counts = {}
    for table in schema.metadata.sorted_tables:
        if "account_id" in table.c:
            rows = await database.scan(select(table.c.account_id).where(table.c.account_id == account_id))
            counts[table.name] = len(rows)
    return counts


async def test_the_export_has_every_row_and_no_secret(
    database: Database, accounts: AccountService, world: World, clock: SteppedClock
) -> None:
    await _fill(database, world, clock)
    before = await _rows(database, world.customer_id)
    assert [name for name, count in before.items() if count == 0] == []

    header, *lines = await exported(accounts, world)

    assert header == {"format": 1, "account_id": world.customer_id, "exported_on": clock().isoformat()}
    in_progress = {
        "authorization_codes", "deliveries", "dial_links", "hidings", "notices", "outbox", "password_links",
        "report_drafts", "sign_ins",
    }  # fmt: skip
    given = {name: sum(line["table"] == name for line in lines) for name in before}
    assert given == {name: 0 if name in in_progress else count for name, count in before.items()}
    assert SECRET not in json.dumps(lines)
    assert world.foreign_customer_id not in json.dumps(lines)
    assert {line["row"]["email"] for line in lines if line["table"] == "users"} == {
        "person1@example.com", "person2@example.com", "person3@example.com",
    }  # fmt: skip


async def test_the_parts_of_imports_are_exported_too_and_long_tables_in_pages(
    database: Database, accounts: AccountService, imports: ImportService, world: World
) -> None:
    header = b"first name,last name,email\n"
    content = header + b"".join(b"A,B,a%d@example.com\n" % number for number in range(1203))
    await imports.preview(world.administrator, world.customer_id, "f.csv", content)
    foreign = world.actors["foreign admin"]
    await imports.preview(foreign, world.foreign_customer_id, "f.csv", header + b"A,B,foreign@example.com\n")

    lines = await exported(accounts, world)

    emails = [line["row"]["values"]["email"] for line in lines[1:] if line["table"] == "import_lines"]
    assert emails == [f"a{number}@example.com" for number in range(1203)]


async def test_a_deleted_account_leaves_an_entry_in_its_partners_log_and_nothing_else(
    database: Database, accounts: AccountService, world: World, log: AuditLog, clock: SteppedClock
) -> None:
    await _fill(database, world, clock)
    foreign = await _rows(database, world.foreign_customer_id)
    await accounts.set_active(world.partner, world.customer_id, active=False)
    await exported(accounts, world)

    await accounts.delete(world.partner, world.customer_id)

    assert {name: count for name, count in (await _rows(database, world.customer_id)).items() if count} == {}
    assert await _rows(database, world.foreign_customer_id) == foreign
    entry = (await log.entries(world.partner, world.partner_id)).items[0]
    assert (entry.action, entry.subject_id, entry.subject_name) == ("account.deleted", world.customer_id, "Customer")


@pytest.mark.parametrize("statement", [update(schema.audit_log).values(action="x"), delete(schema.audit_log)])
async def test_nobody_edits_the_log(database: Database, world: World, log: AuditLog, statement: Any) -> None:
    before = await log.entries(world.partner, world.customer_id)
    with pytest.raises(DBAPIError, match="the audit log cannot be"):
        await database.write(lambda connection: connection.execute(statement))
    assert await log.entries(world.partner, world.customer_id) == before
