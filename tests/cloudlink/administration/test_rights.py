"""Every question of every contract, asked by everybody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from cloudlink.administration.accounts import NewAccount
from cloudlink.administration.refusals import NotAllowed, Refused
from cloudlink.administration.reports import ReportState
from cloudlink.port import UnknownId
from tests.cloudlink.administration.conftest import person
from tests.reports import file_report

if TYPE_CHECKING:
    from cloudlink.administration.actor import Actor
    from cloudlink.service.administration.accounts import AccountService
    from cloudlink.service.administration.audit import AuditLog
    from cloudlink.service.administration.imports import ImportService
    from cloudlink.service.administration.own_reports import OwnReportService
    from cloudlink.service.administration.reports import ReportService
    from cloudlink.service.administration.users import UserService
    from tests.cloudlink.administration.conftest import World

FILE = b"first name,last name,email\nAn,Other,other@example.com\n"
YES, FORBIDDEN, UNKNOWN = "yes", "forbidden", "unknown"
ADMINISTER = {"operator": YES, "partner": YES, "admin": YES, "user": FORBIDDEN, "guest": FORBIDDEN}
SEE = {"operator": YES, "partner": YES, "admin": YES, "user": YES, "guest": YES}
OWN = {"operator": YES, "partner": YES, "admin": FORBIDDEN, "user": FORBIDDEN, "guest": FORBIDDEN}
STRANGERS = {"foreign partner": UNKNOWN, "foreign admin": UNKNOWN, "partner's user": UNKNOWN}


@dataclass(frozen=True, slots=True)
class Services:
    """All contracts at once."""

    accounts: AccountService
    users: UserService
    imports: ImportService
    reports: ReportService
    log: AuditLog


@pytest.fixture
def services(
    accounts: AccountService, users: UserService, imports: ImportService, reports: ReportService, log: AuditLog
) -> Services:
    return Services(accounts, users, imports, reports, log)


async def drain(parts: Any) -> None:
    async for _ in parts:
        pass


Question = Callable[[Services, "Actor", "World"], Awaitable[Any]]
QUESTIONS: dict[str, tuple[dict[str, str], Question]] = {
    "accounts.get": (SEE, lambda s, a, w: s.accounts.get(a, w.customer_id)),
    "accounts.change": (ADMINISTER, lambda s, a, w: s.accounts.change(a, w.customer_id, {"name": "New"})),
    "accounts.change limit": (OWN, lambda s, a, w: s.accounts.change(a, w.customer_id, {"telephony_role_limit": 5})),
    "accounts.set_active": (OWN, lambda s, a, w: s.accounts.set_active(a, w.customer_id, active=False)),
    "accounts.export": (ADMINISTER, lambda s, a, w: drain(s.accounts.export(a, w.customer_id))),
    "accounts.delete": (OWN, lambda s, a, w: s.accounts.delete(a, w.customer_id)),
    "users.find": (ADMINISTER, lambda s, a, w: s.users.find(a, w.customer_id)),
    "users.get": (ADMINISTER, lambda s, a, w: s.users.get(a, w.customer_id, w.second.user.principal_id)),
    "users.create": (ADMINISTER, lambda s, a, w: s.users.create(a, w.customer_id, person(9))),
    "users.change": (
        ADMINISTER,
        lambda s, a, w: s.users.change(a, w.customer_id, w.second.user.principal_id, {"phone": "12"}),
    ),
    "users.delete": (ADMINISTER, lambda s, a, w: s.users.delete(a, w.customer_id, w.second.user.principal_id)),
    "users.invite": (ADMINISTER, lambda s, a, w: s.users.invite(a, w.customer_id, w.second.user.principal_id)),
    "users.reset_password": (
        ADMINISTER,
        lambda s, a, w: s.users.reset_password(a, w.customer_id, w.second.user.principal_id),
    ),
    "users.telephony_roles": (ADMINISTER, lambda s, a, w: s.users.telephony_roles(a, w.customer_id)),
    "imports.preview": (ADMINISTER, lambda s, a, w: s.imports.preview(a, w.customer_id, "f.csv", FILE)),
    "imports.recent": (ADMINISTER, lambda s, a, w: s.imports.recent(a, w.customer_id)),
    "reports.all": (ADMINISTER, lambda s, a, w: s.reports.all(a, w.customer_id)),
    "log.entries": (ADMINISTER, lambda s, a, w: s.log.entries(a, w.customer_id)),
}


MAY = [(name, who) for name, (expected, _) in QUESTIONS.items() for who, outcome in expected.items() if outcome == YES]


@pytest.mark.parametrize("name", QUESTIONS)
async def test_others_are_refused_and_strangers_learn_nothing(services: Services, world: World, name: str) -> None:
    expected, ask = QUESTIONS[name]
    for who, outcome in {**expected, **STRANGERS}.items():
        if outcome != YES:
            with pytest.raises(UnknownId if outcome == UNKNOWN else NotAllowed):
                await ask(services, world.actors[who], world)


@pytest.mark.parametrize(("name", "who"), MAY)
async def test_whoever_may_is_answered(services: Services, world: World, name: str, who: str) -> None:
    ask = QUESTIONS[name][1]
    if name == "accounts.delete":
        # Nothing but the account's own state stands in the way.
        with pytest.raises(Refused, match="accountIsActive"):
            await ask(services, world.actors[who], world)
    else:
        await ask(services, world.actors[who], world)


@pytest.mark.parametrize("who", ["admin", "user", "guest", "foreign admin", "partner's user"])
async def test_only_partners_make_accounts(accounts: AccountService, world: World, who: str) -> None:
    with pytest.raises(NotAllowed):
        await accounts.create(world.actors[who], NewAccount("Another"))


async def test_a_partner_makes_customers_of_its_own_alone(accounts: AccountService, world: World) -> None:
    made = await accounts.create(world.partner, NewAccount("Another"))
    assert (made.partner_id, made.partner) == (world.partner_id, False)
    with pytest.raises(NotAllowed):
        await accounts.create(world.partner, NewAccount("Another", partner=True))
    with pytest.raises(UnknownId):
        await accounts.create(world.partner, NewAccount("Another", partner_id=world.foreign_customer_id))


@pytest.mark.parametrize("who", ["partner", "admin", "user", "operator"])
async def test_an_import_or_report_of_another_account_is_unknown(
    services: Services, own: OwnReportService, world: World, who: str
) -> None:
    foreign = await services.imports.preview(world.actors["foreign admin"], world.foreign_customer_id, "f.csv", FILE)
    report = await file_report(own, world.foreign_user.user.principal, "calls", "No calls", {})
    actor = world.actors[who]
    questions: list[Awaitable[Any]] = [
        services.imports.get(actor, world.customer_id, foreign.import_id),
        services.imports.lines(actor, world.customer_id, foreign.import_id, refused=False),
        services.imports.start(actor, world.customer_id, foreign.import_id, invite=False),
        services.reports.change(actor, world.customer_id, report.report_id, ReportState.CLOSED),
        services.reports.picture(actor, world.customer_id, report.report_id),
        services.users.get(actor, world.customer_id, world.foreign_user.user.principal_id),
        services.users.change(actor, world.customer_id, world.foreign_user.user.principal_id, {"active": False}),
        services.users.delete(actor, world.customer_id, world.foreign_user.user.principal_id),
        services.users.invite(actor, world.customer_id, world.foreign_user.user.principal_id),
        services.users.reset_password(actor, world.customer_id, world.foreign_user.user.principal_id),
    ]
    for question in questions:
        with pytest.raises(NotAllowed if who == "user" else UnknownId):
            await question


async def test_a_user_sees_and_helps_themselves_and_nobody_else(users: UserService, world: World) -> None:
    actor, own_id = world.actors["user"], world.user.user.principal_id
    assert await users.get(actor, world.customer_id, own_id) == world.user
    await users.reset_password(actor, world.customer_id, own_id)
    with pytest.raises(NotAllowed):
        await users.change(actor, world.customer_id, own_id, {"phone": "12"})


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("partner", ["Customer", "Partner"]),
        ("admin", ["Customer"]),
        ("user", ["Customer"]),
        ("partner's user", ["Partner"]),
        ("foreign partner", ["Foreign Customer", "Foreign Partner"]),
        ("operator", ["Customer", "Foreign Customer", "Foreign Partner", "Partner"]),
    ],
)
async def test_everybody_finds_the_accounts_that_they_see(
    accounts: AccountService, world: World, who: str, names: list[str]
) -> None:
    assert [item.account.name for item in (await accounts.find(world.actors[who])).items] == names
