"""Users: what is unique, who is monitored, who stays administrator, and what is left of whoever goes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from cloudlink import topics
from cloudlink.administration.actor import Actor, ActorKind
from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.administration.users import NewUser, Source, UserFilter
from cloudlink.identity import AuthProvider, SessionKind
from cloudlink.model import Role
from cloudlink.service.administration import people, unique
from cloudlink.service.identity.sessions import SessionStore
from cloudlink.service.spools import MONITORED, Gateway
from store import schema
from store.database import open_database
from store.directory import Directory
from store.identity import TeamsUser
from tests.cloudlink.administration.conftest import add_gateway, events, person, switch_sync_on

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from cloudlink.administration.users import UserChanges, UserRecord
    from cloudlink.service.administration.accounts import AccountService
    from cloudlink.service.administration.audit import AuditLog
    from cloudlink.service.administration.users import UserService
    from store.database import Database
    from tests.cloudlink.administration.conftest import World
    from tests.conftest import SteppedClock

EVERYTHING = NewUser(
    "Ana", "Example", "Ana@Example.com", login_id="ana", extension="*21#", mobile="06 12 34 56 78",
    phone="+33 1 99 00 00 01", language_code="fr-FR", time_zone="Europe/Paris",
)  # fmt: skip


def sync(account_id: str) -> Actor:
    """Entra ID's provisioning service."""
    return Actor(ActorKind.SYNC, "Entra ID Sync", account_id, "token", Role.ACCOUNT_ADMIN)


async def monitored(database: Database, account_id: str, gateway_id: str) -> list[str]:
    return [row[0] for row in await database.read(MONITORED, Gateway(account_id, gateway_id).key)]


async def refused(question: Any) -> tuple[Reason, str]:
    with pytest.raises(Refused) as caught:
        await question
    return caught.value.reason, caught.value.field


async def test_a_user_is_as_described(users: UserService, world: World, clock: SteppedClock) -> None:
    made = await users.create(world.administrator, world.customer_id, EVERYTHING)

    assert made == await users.get(world.administrator, world.customer_id, made.user.principal_id)
    assert (made.user.name, made.user.email, made.login_id) == ("Ana Example", "Ana@example.com", "ana")
    assert (made.user.extension, made.user.mobile, made.phone) == ("*21#", "+33612345678", "+33 1 99 00 00 01")
    assert (made.user.active, made.user.role, made.version, made.registered_on) == (True, Role.USER, 1, None)
    assert (made.created_on, made.created_by) == (clock(), world.administrator.actor_id)
    assert made.unique_user_id != made.user.principal_id


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"given_name": " "}, Reason.REQUIRED, "given_name"),
        ({"family_name": ""}, Reason.REQUIRED, "family_name"),
        ({"family_name": "x" * 101}, Reason.TOO_LONG, "family_name"),
        ({"given_name": "A\r\nBcc: b@example.com"}, Reason.BAD_CHARACTER, "given_name"),
        ({"given_name": "A\u202eB"}, Reason.BAD_CHARACTER, "given_name"),
        ({"given_name": "A\ud800"}, Reason.BAD_CHARACTER, "given_name"),
        ({"given_name": "A\0B"}, Reason.BAD_CHARACTER, "given_name"),
        ({"given_name": 7}, Reason.UNKNOWN_VALUE, "given_name"),
        ({"email": ""}, Reason.REQUIRED, "email"),
        ({"email": "ana"}, Reason.NOT_AN_EMAIL, "email"),
        ({"email": "Ana <ana@example.com>"}, Reason.NOT_AN_EMAIL, "email"),
        ({"email": "ana@example.com\nBcc: b@example.com"}, Reason.BAD_CHARACTER, "email"),
        ({"email": f"{'a' * 320}@example.com"}, Reason.TOO_LONG, "email"),
        ({"login_id": "a\tb"}, Reason.BAD_CHARACTER, "login_id"),
        ({"extension": "20a"}, Reason.NOT_A_NUMBER, "extension"),
        ({"extension": "٢٠١"}, Reason.NOT_A_NUMBER, "extension"),
        ({"extension": "1" * 33}, Reason.TOO_LONG, "extension"),
        ({"mobile": "12"}, Reason.NOT_A_NUMBER, "mobile"),
        ({"mobile": "+33612345678 ext 5"}, Reason.NOT_A_NUMBER, "mobile"),
        ({"phone": "call me"}, Reason.NOT_A_NUMBER, "phone"),
        ({"role": "KING"}, Reason.UNKNOWN_VALUE, "role"),
        ({"role": Role.GUEST}, Reason.UNKNOWN_VALUE, "role"),
        ({"role": Role.PARTNER_ADMIN}, Reason.UNKNOWN_VALUE, "role"),
        ({"telephony_role": "Boss"}, Reason.UNKNOWN_VALUE, "telephony_role"),
        ({"telephony_role": "CTI"}, Reason.PBX_NEEDS_NO_ROLE, "telephony_role"),
        ({"language_code": "<b>"}, Reason.UNKNOWN_VALUE, "language_code"),
        ({"time_zone": "../etc/passwd"}, Reason.UNKNOWN_VALUE, "time_zone"),
        ({"extension": "203"}, Reason.IN_USE, "extension"),
        ({"email": "PERSON3@example.com"}, Reason.IN_USE, "email"),
        ({"login_id": "Person3@Example.com"}, Reason.IN_USE, "login_id"),
    ],
)
async def test_what_cannot_be_is_refused_by_field_when_made_and_when_changed(
    users: UserService, world: World, changes: dict[str, Any], reason: Reason, field: str
) -> None:
    new = replace(EVERYTHING, **changes)
    assert await refused(users.create(world.administrator, world.customer_id, new)) == (reason, field)

    made = await users.create(world.administrator, world.customer_id, EVERYTHING)
    edit: UserChanges = changes  # type: ignore[assignment]
    changed = users.change(world.administrator, world.customer_id, made.user.principal_id, edit)
    assert await refused(changed) == (reason, field)
    assert await users.get(world.administrator, world.customer_id, made.user.principal_id) == made


async def test_a_mobile_is_one_however_it_is_written(users: UserService, world: World) -> None:
    await users.create(world.administrator, world.customer_id, EVERYTHING)
    other = person(9, mobile="+33 (0)6 12 34 56 78")
    assert await refused(users.create(world.administrator, world.customer_id, other)) == (Reason.IN_USE, "mobile")
    await users.create(world.actors["foreign admin"], world.foreign_customer_id, other)


@pytest.mark.parametrize("field", ["email_folded", "login_id_folded", "extension", "mobile"])
async def test_the_database_too_says_what_is_in_use(database: Database, world: World, field: str) -> None:
    """Should two writers ever have looked before either wrote."""
    mobile = update(schema.users).where(schema.users.c.principal_id == world.user.user.principal_id)
    await database.write(lambda connection: connection.execute(mobile.values(mobile="+33612345678")))
    (row,) = await database.read(
        select(*schema.users.c).where(schema.users.c.principal_id == world.user.user.principal_id)
    )
    values = dict(zip(schema.users.c.keys(), row, strict=True))
    fresh = {"principal_id": "new", "email_folded": "new", "login_id_folded": "new", "extension": "9", "mobile": "9"}
    clashing = {**values, **fresh, field: values[field]}

    from sqlalchemy.exc import IntegrityError

    with pytest.raises(IntegrityError) as caught:
        await database.write(lambda connection: connection.execute(insert(schema.users), clashing))
    answer = unique.refusal(caught.value)
    assert (answer.reason, answer.field) == (Reason.IN_USE, unique.COLUMNS[field])


async def test_names_and_login_follow_until_they_are_chosen(users: UserService, world: World) -> None:
    async def change(**changes: Any) -> UserRecord:
        edit: UserChanges = changes  # type: ignore[assignment]
        return await users.change(world.administrator, world.customer_id, world.user.user.principal_id, edit)

    assert (await change(family_name="Renamed")).user.name == "Person Renamed"
    assert (await change(email="renamed@example.com")).login_id == "renamed@example.com"
    assert (await change(name="Chosen")).user.name == "Chosen"
    assert (await change(given_name="Petra")).user.name == "Chosen"
    assert (await change(login_id="petra")).login_id == "petra"
    assert (await change(email="again@example.com")).login_id == "petra"


async def test_a_change_that_changes_nothing_is_none(
    database: Database, users: UserService, world: World, log: AuditLog
) -> None:
    before = await events(database, world.customer_id), await log.entries(world.partner, world.customer_id)
    same = await users.change(
        world.administrator, world.customer_id, world.user.user.principal_id, {"email": "person3@example.com"}
    )
    assert same == world.user
    assert (await events(database, world.customer_id), await log.entries(world.partner, world.customer_id)) == before


async def test_the_log_has_before_and_after_of_each_change_and_no_secret(
    users: UserService, world: World, log: AuditLog, clock: SteppedClock
) -> None:
    operator = world.actors["operator"]
    made = await users.create(operator, world.customer_id, person(9, password="correct horse", source=Source.OPERATOR))
    clock.advance(minutes=1)
    await users.change(world.administrator, world.customer_id, made.user.principal_id, {"extension": "300"})
    await users.reset_password(world.administrator, world.customer_id, made.user.principal_id)
    await users.delete(world.administrator, world.customer_id, made.user.principal_id)

    entries = (await log.entries(world.partner, world.customer_id, subject_id=made.user.principal_id)).items
    deleted, reset, changed, created = entries
    actions = ["user.deleted", "user.passwordReset", "user.changed", "user.created"]
    assert [entry.action for entry in entries] == actions
    assert (changed.before, changed.after) == ({"extension": "209"}, {"extension": "300"})
    assert (changed.actor_kind, changed.actor_id) == ("user", world.administrator.actor_id)
    assert (changed.address, changed.correlation_id, changed.at) == ("192.0.2.2", "c-2", clock())
    assert (created.actor_kind, created.before, created.at) == ("operator", None, clock() - timedelta(minutes=1))
    assert created.after is not None
    assert created.after["email"] == "person9@example.com"
    assert (reset.before, reset.after) == (None, None)
    assert deleted.after is None
    assert "correct horse" not in repr(entries)
    assert "argon2" not in repr(entries)


async def test_only_an_operator_sets_a_password(users: UserService, world: World) -> None:
    with pytest.raises(NotAllowed):
        await users.create(world.partner, world.customer_id, person(9, password="correct horse"))
    made = await users.create(world.actors["operator"], world.customer_id, person(9, password="correct horse"))
    assert made.registered_on is not None


async def test_user_and_administrator_are_exchanged_and_nothing_else(users: UserService, world: World) -> None:
    who, there = world.user.user.principal_id, world.customer_id
    assert (await users.change(world.administrator, there, who, {"role": Role.ACCOUNT_ADMIN})).user.role == (
        Role.ACCOUNT_ADMIN
    )
    assert (await users.change(world.administrator, there, who, {"role": Role.USER})).user.role == Role.USER
    partners_user = await users.create(world.partner, world.partner_id, person(9))
    promoted = users.change(world.partner, world.partner_id, partners_user.user.principal_id, {"role": "PARTNER_ADMIN"})
    assert await refused(promoted) == (Reason.UNKNOWN_VALUE, "role")
    wrong = users.create(world.partner, world.partner_id, person(8, role=Role.ACCOUNT_ADMIN))
    assert await refused(wrong) == (Reason.UNKNOWN_VALUE, "role")


async def test_nobody_gives_a_role_that_they_do_not_hold(
    database: Database, users: UserService, world: World, clock: SteppedClock
) -> None:
    application = Actor(ActorKind.CLIENT, "App", world.partner_id, "client", Role.ACCOUNT_ADMIN)
    with pytest.raises(NotAllowed):
        await users.create(application, world.partner_id, person(9, role=Role.PARTNER_ADMIN))
    with pytest.raises(NotAllowed):
        await users.create(sync(world.customer_id), world.customer_id, person(9, role=Role.ACCOUNT_ADMIN))
    for who, role in ((world.user, Role.ACCOUNT_ADMIN), (world.second, Role.USER)):
        with pytest.raises(NotAllowed):
            await users.change(sync(world.customer_id), world.customer_id, who.user.principal_id, {"role": role})


@pytest.mark.parametrize("how", ["delete", "demote", "deactivate"])
async def test_the_last_active_administrator_stays(users: UserService, world: World, how: str) -> None:
    async def end(record: UserRecord) -> None:
        if how == "delete":
            await users.delete(world.partner, world.customer_id, record.user.principal_id)
        else:
            edit: UserChanges = {"role": Role.USER} if how == "demote" else {"active": False}
            await users.change(world.partner, world.customer_id, record.user.principal_id, edit)

    outcomes = await asyncio.gather(end(world.admin), end(world.second), return_exceptions=True)

    failures = [outcome for outcome in outcomes if outcome is not None]
    assert len(failures) == 1
    assert isinstance(failures[0], Refused)
    assert failures[0].reason == Reason.LAST_ADMINISTRATOR
    left = (await users.find(world.partner, world.customer_id, kind=UserFilter.ADMINS)).items
    assert len([one for one in left if one.user.active]) == 1


async def test_two_processes_do_not_take_the_last_two_administrators(
    database: Database, database_url: str, world: World, clock: SteppedClock
) -> None:
    other = await open_database(database_url)

    def removing(record: UserRecord) -> Any:
        def work(connection: Connection) -> None:
            people.remove(connection, world.partner, world.customer_id, record.user.principal_id, clock())

        return work

    outcomes = await asyncio.gather(
        database.write(removing(world.admin)), other.write(removing(world.second)), return_exceptions=True
    )
    await other.close()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Refused"]


async def test_who_is_deactivated_is_signed_out_and_not_monitored(
    database: Database, users: UserService, world: World, clock: SteppedClock
) -> None:
    gateway_id = await add_gateway(database, world.customer_id, "office400", clock)
    who = world.user.user.principal
    sessions, directory = SessionStore(database, clock), Directory(database, clock)
    secret = await sessions.open(who, SessionKind.CONSOLE, AuthProvider.CLOUDLINK, address="192.0.2.1")
    teams_user = TeamsUser("app", "tenant", "29:user")
    await directory.connect(teams_user, who)
    told = len(await events(database, world.customer_id))

    gone = await users.change(world.administrator, world.customer_id, who.principal_id, {"active": False})

    assert (gone.user.active, gone.version) == (False, 2)
    assert "203" not in await monitored(database, world.customer_id, gateway_id)
    payload = {"principal_id": who.principal_id}
    assert (await events(database, world.customer_id))[told:] == [
        (topics.EXTENSIONS_CHANGED, {}),
        (topics.USER_DEACTIVATED, payload),
        (topics.USER_CHANGED, payload),
    ]
    await users.change(world.administrator, world.customer_id, who.principal_id, {"active": True})
    assert "203" in await monitored(database, world.customer_id, gateway_id)
    assert await sessions.find(secret) is None
    assert await directory.principal_of(teams_user) is None


async def test_nothing_names_a_user_who_was_deleted(
    database: Database, users: UserService, world: World, clock: SteppedClock
) -> None:
    who = world.user.user.principal
    await users.invite(world.administrator, world.customer_id, who.principal_id)
    await Directory(database, clock).connect(TeamsUser("app", "tenant", "29:user"), who)
    await users.delete(world.administrator, world.customer_id, who.principal_id)

    for table in schema.metadata.sorted_tables:
        if "principal_id" in table.c:
            rows = await database.read(select(table.c.principal_id).where(table.c.principal_id == who.principal_id))
            assert list(rows) == [], table.name
    last = (await events(database, world.customer_id))[-2:]
    assert last == [(topics.USER_DEACTIVATED, {"principal_id": who.principal_id}), (topics.EXTENSIONS_CHANGED, {})]


async def test_a_new_extension_is_a_new_device_and_the_old_one_nobodys(
    database: Database, users: UserService, world: World, clock: SteppedClock
) -> None:
    gateway_id = await add_gateway(database, world.customer_id, "business", clock)
    await users.change(world.administrator, world.customer_id, world.user.user.principal_id, {"extension": "250"})
    assert await monitored(database, world.customer_id, gateway_id) == ["201", "202", "250"]
    taken_over = await users.create(world.administrator, world.customer_id, replace(person(3), email="n@example.com"))
    rows = await database.read(
        select(schema.endpoints.c.principal_id).where(
            schema.endpoints.c.account_id == world.customer_id, schema.endpoints.c.name == "203"
        )
    )
    assert [row[0] for row in rows] == [taken_over.user.principal_id]


@pytest.mark.parametrize("case", [("mivoice5000", "CTI", "User"), ("mxone", "User", "CTI")], ids=["5000", "mxone"])
async def test_where_the_pbx_asks_for_a_role_its_holders_are_monitored(
    database: Database, users: UserService, world: World, clock: SteppedClock, case: tuple[str, str, str]
) -> None:
    pbx, asked, other = case
    gateway_id = await add_gateway(database, world.customer_id, pbx, clock)
    who, there, admin = world.user.user.principal_id, world.customer_id, world.administrator
    assert await monitored(database, there, gateway_id) == []

    wrong = users.change(admin, there, who, {"telephony_role": other})
    assert await refused(wrong) == (Reason.PBX_NEEDS_NO_ROLE, "telephony_role")
    await users.change(admin, there, who, {"telephony_role": asked})

    assert await monitored(database, there, gateway_id) == ["203"]
    assert (topics.EXTENSIONS_CHANGED, {}) in (await events(database, there))[-2:]
    assert await users.telephony_roles(admin, there) == (1, 1000)
    await users.change(admin, there, who, {"telephony_role": None})
    assert await monitored(database, there, gateway_id) == []


async def test_who_holds_the_role_of_one_pbx_is_left_to_it_by_the_other(
    database: Database, users: UserService, world: World, clock: SteppedClock
) -> None:
    five_thousand = await add_gateway(database, world.customer_id, "mivoice5000", clock, "a")
    office = await add_gateway(database, world.customer_id, "office400", clock, "b")
    await users.change(world.administrator, world.customer_id, world.user.user.principal_id, {"telephony_role": "CTI"})
    assert await monitored(database, world.customer_id, five_thousand) == ["203"]
    assert await monitored(database, world.customer_id, office) == ["201", "202"]


async def test_so_many_hold_a_telephony_role_and_no_more(
    database: Database, users: UserService, accounts: AccountService, world: World, clock: SteppedClock
) -> None:
    for pbx in ("mivoice5000", "mxone"):
        await add_gateway(database, world.customer_id, pbx, clock, pbx)
    await accounts.change(world.partner, world.customer_id, {"telephony_role_limit": 1})
    admin, there = world.administrator, world.customer_id
    await users.change(admin, there, world.user.user.principal_id, {"telephony_role": "CTI"})

    second = users.change(admin, there, world.second.user.principal_id, {"telephony_role": "CTI"})
    assert await refused(second) == (Reason.ROLE_LIMIT, "telephony_role")
    made = users.create(admin, there, person(9, telephony_role="User"))
    assert await refused(made) == (Reason.ROLE_LIMIT, "telephony_role")
    # A holder may have another one, and whoever needs none is not counted.
    await users.change(admin, there, world.user.user.principal_id, {"telephony_role": "User"})
    await users.create(admin, there, person(9))
    assert await users.telephony_roles(admin, there) == (1, 1)


async def test_what_entra_id_owns_only_sync_changes_while_it_is_on(
    database: Database, users: UserService, world: World, clock: SteppedClock
) -> None:
    there = world.customer_id
    made = await users.create(sync(there), there, person(9, source=Source.SYNC), invite=False)
    assert made.synchronised
    await users.change(world.administrator, there, made.user.principal_id, {"phone": "1"})
    await switch_sync_on(database, there, clock)
    edits: list[UserChanges] = [{"email": "x@example.com"}, {"active": False}, {"phone": "2"}, {"name": "X"}]
    for edit in edits:
        changed = users.change(world.administrator, there, made.user.principal_id, edit)
        assert await refused(changed) == (Reason.SYNCHRONISED, min(edit))
    assert (await refused(users.delete(world.partner, there, made.user.principal_id)))[0] == Reason.SYNCHRONISED

    await users.change(world.administrator, there, made.user.principal_id, {"extension": "400"})
    await users.change(world.administrator, there, made.user.principal_id, {"role": Role.ACCOUNT_ADMIN})
    await users.change(sync(there), there, made.user.principal_id, {"email": "x@example.com", "active": False})
    await users.delete(sync(there), there, made.user.principal_id)


async def test_a_new_address_is_not_proved_and_ends_the_links_to_the_old_one(
    database: Database, users: UserService, world: World, clock: SteppedClock
) -> None:
    who = world.user.user.principal
    await users.invite(world.administrator, world.customer_id, who.principal_id)
    await database.write(lambda c: people.proved(c, who.account_id, who.principal_id, clock()))
    proved = await users.get(world.administrator, world.customer_id, who.principal_id)
    assert (proved.email_verified, proved.registered_on) == (True, clock())

    moved = await users.change(world.administrator, world.customer_id, who.principal_id, {"email": "new@example.com"})

    assert (moved.email_verified, moved.registered_on) == (False, clock())
    assert moved.unique_user_id != proved.unique_user_id
    open_links = select(schema.password_links.c.principal_id).where(schema.password_links.c.expires_at > clock())
    assert list(await database.read(open_links)) == []
    waiting = select(schema.mails.c.mail_id).where(schema.mails.c.principal_id == who.principal_id)
    assert list(await database.read(waiting)) == []


async def test_one_person_in_two_accounts_is_who_has_proved_the_same_address(
    database: Database, users: UserService, world: World, clock: SteppedClock
) -> None:
    ours, theirs = world.user, world.foreign_user
    assert ours.user.email == theirs.user.email
    assert ours.unique_user_id != theirs.unique_user_id

    for record in (ours, theirs):
        await database.write(
            lambda c, who=record.user: people.proved(c, who.account_id, who.principal_id, clock())  # type: ignore[misc]
        )

    admin, foreign_admin = world.administrator, world.actors["foreign admin"]
    ours = await users.get(admin, world.customer_id, ours.user.principal_id)
    theirs = await users.get(foreign_admin, world.foreign_customer_id, theirs.user.principal_id)
    assert ours.unique_user_id == theirs.unique_user_id == world.user.unique_user_id


async def test_who_is_inactive_gets_no_mail(database: Database, users: UserService, world: World) -> None:
    who = world.user.user.principal_id
    await users.change(world.administrator, world.customer_id, who, {"active": False})
    assert await refused(users.invite(world.administrator, world.customer_id, who)) == (Reason.STATE, "active")
    assert list(await database.read(select(schema.mails.c.mail_id))) == []


async def test_lists_are_of_their_kind_by_name_in_pages(users: UserService, world: World) -> None:
    admin, there = world.administrator, world.customer_id
    for number in range(10, 17):
        await users.create(admin, there, NewUser("Zoë", f"Nr {number}", f"z{number}@example.com"), invite=False)
    names: list[str] = []
    cursor = None
    while True:
        page = await users.find(admin, there, text="ZOË", cursor=cursor, limit=3)
        assert page.total == 7
        names += [item.user.name for item in page.items]
        if (cursor := page.next_cursor) is None:
            break
    assert names == [f"Zoë Nr {number}" for number in range(10, 17)]

    async def found(kind: UserFilter, text: str = "") -> int:
        return (await users.find(admin, there, kind=kind, text=text)).total

    kinds = {kind: await found(kind) for kind in UserFilter}
    assert kinds == {
        UserFilter.ALL: 10, UserFilter.ADMINS: 2, UserFilter.REGISTERED: 0, UserFilter.UNREGISTERED: 10,
        UserFilter.PBX_USERS: 3, UserFilter.SYNCHRONISED: 0, UserFilter.INACTIVE: 0,
    }  # fmt: skip
    assert await found(UserFilter.ALL, "202") == 1
    assert await found(UserFilter.PBX_USERS, "person3@EXAMPLE") == 1
    for nothing in ("%", "_", "\\", "\0qq", "\ud800qq"):
        assert await found(UserFilter.PBX_USERS, nothing) == 0


@pytest.mark.parametrize("cursor", ["", "x", "!!", "W10", "eyJhIjoxfQ", "WyJhIl0", "WyJhXHUwMDAwIiwiYiJd", "\ud800"])
async def test_a_foreign_cursor_is_refused(users: UserService, world: World, cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        await users.find(world.administrator, world.customer_id, cursor=cursor)
