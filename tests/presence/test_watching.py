"""Changes of presence are told by Microsoft in the name of whoever has signed in for it, and read at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from sqlalchemy import delete, insert

from graph.permissions import READ_PRESENCE
from graph.session import microsoft_session
from graph.subscriptions import LARGEST
from presence import watchers
from presence.changes import GATHERED_S, Changes
from presence.keeper import LIFE, Microsoft, Wanted, WatchKeeper
from presence.model import Options, Switched
from presence.webhook import MAX_BYTES, PresenceWebhook
from store.schema import integrations, tenants
from store.vault import Vault, new_key
from tests.cloudlink.conftest import outbox, password_hash, people, provisioning
from tests.fakes.entra.grants import sign_in
from tests.fakes.graph import Fault
from tests.graph.conftest import (
    APP_ID,
    SECRET,
    TENANT_ID,
    SteppedTime,
    graph,
    identity,
    microsoft,
    other_tenant,
    ours,
    tenant,
    time,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Sequence

    from graph.client import Graph, TenantGraph
    from graph.presence import Presence
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Entra, Person, Tenant
    from tests.fakes.graph import FakeGraph

__all__ = [
    "graph", "identity", "microsoft", "other_tenant", "ours", "outbox", "password_hash", "people", "provisioning",
    "tenant", "time",
]  # fmt: skip


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


@dataclass
class Heard:
    """The account, as far as changes need it; ``seen`` is each reading."""

    graph: TenantGraph
    seen: list[list[str]] = field(default_factory=list)
    read: asyncio.Event = field(default_factory=asyncio.Event)

    async def saw(self, presences: Iterable[Presence]) -> None:
        self.seen.append(sorted(presence.object_id for presence in presences))
        self.read.set()


class Desk:
    """An account whose people are matched, our server that Microsoft calls, and its clock."""

    def __init__(self, database: Database, people: People, clock: SteppedClock, identity: Entra) -> None:
        self.database = database
        self.account_id = people.account.account_id
        self.people: set[str] = set()
        self.clock = clock
        self.identity = identity
        self.vault = Vault([new_key()])
        self.told: list[tuple[str, list[str]]] = []
        account = Switched(self.account_id, TENANT_ID, APP_ID, SECRET, Options(from_teams=True))
        self.held = [Wanted(account, self.people)]
        self.keeper: WatchKeeper
        self.url = ""

    def match(self, *object_ids: str) -> None:
        """Lets these people have telephones that follow Teams."""
        self.people.update(object_ids)

    async def use(self, application_id: str = APP_ID) -> None:
        """The account's presence is by this application."""
        row = {
            "account_id": self.account_id,
            "kind": "teamsPresence",
            "enabled": True,
            "configuration": {"tenantId": TENANT_ID, "clientId": application_id},
            "created_on": self.clock(),
            "modified_on": self.clock(),
        }
        await self.database.write(lambda connection: connection.execute(insert(integrations), row))

    async def sign_in(self, person: Person, *scopes: str) -> str:
        """Somebody signs in for it; answers the watcher's id."""
        token = sign_in(self.identity, person, *(scopes or [READ_PRESENCE.name]))
        row = {
            "watcher_id": str(uuid4()),
            "account_id": self.account_id,
            "tenant_id": TENANT_ID,
            "application_id": APP_ID,
            "object_id": person.object_id,
            "refresh_encrypted": self.vault.encrypt(token),
            "added_on": self.clock(),
            "next_on": self.clock(),
        }
        await self.database.write(lambda connection: watchers.signed_in(connection, row))
        self.clock.advance(milliseconds=1)
        return str(row["watcher_id"])

    async def states(self) -> list[tuple[str, int]]:
        return [(each.state, each.people) for each in await watchers.shown(self.database, self.account_id)]

    async def keep(self) -> None:
        """Looks after whoever is due."""
        if under_way := await self.keeper.begin():
            await asyncio.gather(*under_way)

    async def pass_time(self, **amount: float) -> None:
        """As many rounds as come in it, one a minute here."""
        until = self.clock() + timedelta(**amount)
        while self.clock() < until:
            self.clock.advance(minutes=1)
            await self.keep()


@pytest.fixture
async def desk(
    database: Database, people: People, clock: SteppedClock, identity: Entra, microsoft: FakeGraph, *, time: SteppedTime
) -> AsyncIterator[Desk]:
    microsoft.subscriptions.now = clock
    desk = Desk(database, people, clock, identity)
    await desk.use()
    proved = {"tenant_id": TENANT_ID, "account_id": desk.account_id, "proved_on": clock()}
    await database.write(lambda connection: connection.execute(insert(tenants), proved))

    def told(account_id: str, object_ids: Sequence[str]) -> None:
        desk.told.append((account_id, list(object_ids)))

    app = web.Application()
    app.add_routes(PresenceWebhook(database, told, clock).routes())
    async with TestServer(app, host="127.0.0.1") as server, microsoft_session() as session:
        desk.url = str(server.make_url("/")).rstrip("/")
        reached = Microsoft(session, identity.url, microsoft.url, desk.url)
        desk.keeper = WatchKeeper(database, desk.vault, reached, lambda: desk.held, now=clock, timing=time.timing)
        yield desk


def ids(number: int) -> list[str]:
    return [f"00000000-0000-0000-0000-{each:012}" for each in range(number)]


@pytest.fixture
def ada(tenant: Tenant) -> Person:
    return tenant.add("ada@example.com")


@pytest.fixture
def ben(tenant: Tenant) -> Person:
    return tenant.add("ben@example.com")


async def test_a_change_is_told_and_nobody_else_is(desk: Desk, microsoft: FakeGraph, ada: Person) -> None:
    desk.match(*ids(2))
    await desk.sign_in(ada)
    await desk.keep()
    assert await desk.states() == [("watching", 2)]

    assert await microsoft.subscriptions.notify(ids(2)[1], str(uuid4())) == [202]
    assert desk.told == [(desk.account_id, [ids(2)[1]])]


async def test_a_subscription_is_renewed_in_time_and_lasts(desk: Desk, microsoft: FakeGraph, ada: Person) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.keep()
    (made,) = microsoft.subscriptions.live
    for _ in range(40):
        await desk.pass_time(minutes=5)
        assert microsoft.subscriptions.live == [made], "there is one at any moment, and it is the same"
    assert 4 <= len([call for call in microsoft.calls if call.method == "PATCH"]) <= 8
    assert microsoft.subscriptions.asked == 2, "for its two addresses, when it was made"


async def test_graph_may_be_away_for_ten_minutes(desk: Desk, microsoft: FakeGraph, ada: Person) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.keep()
    (made,) = microsoft.subscriptions.live
    await desk.pass_time(minutes=29)
    away = Fault(503, "/subscriptions", times=10_000)
    microsoft.faults.append(away)
    await desk.pass_time(minutes=10)
    assert await desk.states() == [("unreachable", 1)]
    away.times = 0
    await desk.pass_time(minutes=2)
    assert await desk.states() == [("watching", 1)]
    assert microsoft.subscriptions.live == [made]


async def test_one_that_has_ended_is_made_again_with_a_new_secret(
    desk: Desk, microsoft: FakeGraph, ada: Person
) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.keep()
    (first,) = microsoft.subscriptions.live
    desk.clock.advance(hours=2)
    assert not microsoft.subscriptions.live
    await desk.keep()
    (second,) = microsoft.subscriptions.live
    assert second.body["clientState"] != first.body["clientState"]
    assert len(second.body["clientState"]) >= 43
    await microsoft.subscriptions.notify(ids(1)[0])
    assert len(desk.told) == 1


async def test_after_a_crash_one_that_nobody_remembers_makes_way(desk: Desk, microsoft: FakeGraph, ada: Person) -> None:
    """Graph has made it, and we died before we knew."""
    desk.match(*ids(1))
    watcher_id = await desk.sign_in(ada)
    await desk.keep()
    (lost,) = microsoft.subscriptions.live
    forgotten = {"subscription_id": None, "next_on": desk.clock()}
    await desk.database.write(lambda connection: watchers.move(connection, watcher_id, **forgotten))
    await desk.keep()
    (kept,) = microsoft.subscriptions.live
    assert kept is not lost
    assert await desk.states() == [("watching", 1)]


async def test_another_server_goes_on_with_what_is_stored(desk: Desk, microsoft: FakeGraph, ada: Person) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.keep()
    (made,) = microsoft.subscriptions.live
    held = desk.held
    successor = WatchKeeper(
        desk.database, desk.vault, desk.keeper._microsoft, lambda: held, now=desk.clock, timing=desk.keeper._timing
    )
    desk.clock.advance(minutes=40)
    await asyncio.wait(await successor.begin())
    assert microsoft.subscriptions.live == [made]
    assert made.ends_at == desk.clock() + LIFE


async def test_each_watches_650_people_and_the_rest_is_left(
    desk: Desk, microsoft: FakeGraph, ada: Person, ben: Person
) -> None:
    everybody = ids(2 * LARGEST + 1)
    desk.match(*everybody)
    await desk.sign_in(ada)
    await desk.keep()
    await desk.sign_in(ben)
    await desk.keep()
    assert await desk.states() == [("watching", LARGEST), ("watching", LARGEST)]
    first, second = microsoft.subscriptions.live
    assert first.people | second.people == set(everybody[: 2 * LARGEST])


async def test_somebody_with_nobody_to_watch_waits(desk: Desk, microsoft: FakeGraph, ada: Person, ben: Person) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.sign_in(ben)
    await desk.keep()
    assert await desk.states() == [("watching", 1), ("idle", 0)]
    desk.match(*ids(LARGEST + 1)[1:])
    await desk.pass_time(minutes=45)
    assert await desk.states() == [("watching", LARGEST), ("watching", 1)]
    assert len(microsoft.subscriptions.live) == 2


async def test_a_sign_in_that_is_revoked_is_told_and_another_takes_over(
    desk: Desk, microsoft: FakeGraph, identity: Entra, ada: Person, *, ben: Person
) -> None:
    desk.match(*ids(2))
    await desk.sign_in(ada)
    await desk.keep()
    identity.refresh_tokens.clear()
    await desk.sign_in(ben)
    await desk.pass_time(minutes=45)
    assert await desk.states() == [("signedOut", 2), ("watching", 2)]
    asked = len(identity.grants)
    await desk.pass_time(minutes=10)
    assert len(identity.grants) == asked, "nobody is asked for a token in vain"

    await desk.sign_in(ada)
    await desk.keep()
    assert [state for state, _ in await desk.states()] == ["watching", "watching"], "until the other one is renewed"
    await desk.pass_time(minutes=45)
    assert await desk.states() == [("watching", 2), ("idle", 0)]


async def test_the_newest_refresh_token_is_kept_encrypted(desk: Desk, identity: Entra, ada: Person) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.keep()
    await desk.pass_time(minutes=40)
    used = [grant["refresh_token"] for grant in identity.grants]
    assert len(set(used)) == len(used) >= 2
    (row,) = await watchers.of_account(desk.database, desk.account_id)
    assert row.refresh_encrypted not in identity.refresh_tokens
    assert desk.vault.decrypt(row.refresh_encrypted) in identity.refresh_tokens.keys() - set(used)
    assert row.refresh_encrypted not in repr(row)


async def test_who_has_not_granted_it_is_not_asked_again_and_again(
    desk: Desk, microsoft: FakeGraph, ada: Person
) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada, "User.Read")
    await desk.pass_time(minutes=50)
    assert await desk.states() == [("notPermitted", 0)]
    assert len(microsoft.calls) == 1


async def test_a_server_that_microsoft_cannot_reach_is_told(desk: Desk, microsoft: FakeGraph, ada: Person) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    desk.keeper._microsoft = replace(desk.keeper._microsoft, public_url=desk.url + "/elsewhere")
    await desk.keep()
    assert await desk.states() == [("notReached", 0)]
    assert not microsoft.subscriptions.made


async def test_a_tenant_whose_microsoft_is_slow_makes_no_other_wait(
    desk: Desk, microsoft: FakeGraph, identity: Entra, ada: Person, *, people: People
) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    identity.open.clear()
    (slow,) = await desk.keeper.begin()
    assert await asyncio.to_thread(identity.asked.wait, 10)
    other = replace(desk.held[0].account, account_id=people.other_account.account_id)
    desk.held.append(Wanted(other, desk.people))
    under_way = await desk.keeper.begin()
    assert len(under_way) == 2
    await asyncio.wait(set(under_way) - {slow})
    assert not slow.done()
    identity.open.set()
    await slow
    assert await desk.states() == [("watching", 1)]


async def test_nothing_is_done_for_an_account_that_is_not_ours_to_look_after(
    desk: Desk, microsoft: FakeGraph, ada: Person
) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    desk.held.clear()
    await desk.keep()
    assert await desk.states() == [("new", 0)]
    assert not microsoft.calls


async def test_a_sign_in_to_another_application_is_forgotten(desk: Desk, ada: Person) -> None:
    await desk.sign_in(ada)
    await desk.database.write(lambda connection: connection.execute(delete(integrations)))
    await desk.use(application_id="00000000-0000-0000-0000-0000000000a2")
    await desk.keep()
    assert await desk.states() == []


async def test_a_sign_in_to_a_tenant_that_is_disconnected_is_forgotten(desk: Desk, ada: Person) -> None:
    await desk.sign_in(ada)
    await desk.database.write(lambda connection: connection.execute(delete(tenants)))
    await desk.keep()
    assert await desk.states() == []


async def test_a_clock_that_was_set_back_does_not_leave_a_subscription_to_end(
    desk: Desk, microsoft: FakeGraph, ada: Person
) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.keep()
    desk.clock.advance(days=-1)
    await desk.keep()
    assert [call.method for call in microsoft.calls].count("PATCH") == 1


async def test_microsoft_asks_to_renew_one_or_has_removed_it(desk: Desk, microsoft: FakeGraph, ada: Person) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.keep()
    desk.clock.advance(minutes=5)
    assert await microsoft.subscriptions.tell_life("reauthorizationRequired") == [202]
    await desk.keep()
    (made,) = microsoft.subscriptions.live
    assert made.ends_at == desk.clock() + LIFE
    assert await microsoft.subscriptions.tell_life("subscriptionRemoved") == [202]
    microsoft.subscriptions.made.clear()
    await desk.keep()
    assert len(microsoft.subscriptions.live) == 1
    assert not desk.told


async def _post(url: str, body: object) -> int:
    async with ClientSession() as session, session.post(url, json=body) as answer:
        return answer.status


def _wrong(good: dict[str, Any]) -> dict[str, object]:
    """Bodies that nobody but Microsoft's own may be, by what is wrong with them."""
    return {
        "another secret": {"value": [good | {"clientState": "x" * len(good["clientState"])}]},
        "no secret": {"value": [{name: value for name, value in good.items() if name != "clientState"}]},
        "a secret that is none": {"value": [good | {"clientState": None}, good | {"clientState": ["x"]}]},
        "another tenant": {"value": [good | {"tenantId": str(uuid4())}]},
        "nobody": {"value": [good | {"resourceData": {"id": "' or 1"}}, good | {"resourceData": []}]},
        "no list": {"value": good},
        "no object": [good],
        "text": "text",
    }


async def test_what_is_not_from_microsoft_is_dropped(desk: Desk, microsoft: FakeGraph, ada: Person) -> None:
    desk.match(*ids(1))
    await desk.sign_in(ada)
    await desk.keep()
    (made,) = microsoft.subscriptions.live
    good = made.notification(changeType="updated", resourceData={"id": ids(1)[0]})
    url = made.body["notificationUrl"]
    for name, wrong in _wrong(good).items():
        assert await _post(url, wrong) == 202, name
        assert not desk.told, name
    assert await _post(url, {"value": [good, *([made.notification()] * 2)]}) == 202
    assert len(desk.told) == 1


async def test_a_watcher_does_not_take_what_is_anothers(
    desk: Desk, microsoft: FakeGraph, ada: Person, ben: Person
) -> None:
    desk.match(*ids(LARGEST + 1))
    await desk.sign_in(ada)
    await desk.sign_in(ben)
    await desk.keep()
    first, second = microsoft.subscriptions.live
    good = first.notification(changeType="updated", resourceData={"id": ids(1)[0]})
    assert await _post(second.body["notificationUrl"], {"value": [good]}) == 202
    assert await _post(f"{desk.url}/graph/presence/{uuid4()}", {"value": [good]}) == 202
    assert await _post(f"{desk.url}/graph/presence/nobody", {"value": [good]}) == 202
    assert not desk.told


async def test_bodies_are_bounded_and_broken_ones_change_nothing(desk: Desk, ada: Person) -> None:
    url = f"{desk.url}/graph/presence/{await desk.sign_in(ada)}"
    async with ClientSession() as session:
        async with session.post(url, data=BytesIO(b"{" * (MAX_BYTES + 1))) as answer:
            assert answer.status == 413
        for broken in (b"{", b"", b"\xff", b"[" * 100_000):
            async with session.post(url, data=broken) as answer:
                assert answer.status == 202
    assert not desk.told


async def test_a_token_is_echoed_as_plain_text_and_for_a_watcher_alone(desk: Desk, ada: Person) -> None:
    known = await desk.sign_in(ada)
    token = "Validation: <script>alert(1)</script> ü+%"
    async with ClientSession() as session:

        async def ask(watcher_id: str, asked: str = token) -> tuple[int, str, str]:
            url = f"{desk.url}/graph/presence/{watcher_id}"
            async with session.post(url, params={"validationToken": asked}) as answer:
                assert answer.status != 200 or answer.headers["X-Content-Type-Options"] == "nosniff"
                return answer.status, answer.content_type, await answer.text()

        assert await ask(known) == (200, "text/plain", token)
        assert (await ask(str(uuid4())))[0] == 404
        assert (await ask("nobody"))[0] == 404
        assert (await ask(known, "x" * 2001))[0] == 404


async def test_people_who_change_at_once_are_read_at_once(
    microsoft: FakeGraph, graph: Graph, ours: TenantGraph, time: SteppedTime, *, tenant: Tenant
) -> None:
    everybody = [tenant.add(f"{number}@example.com").object_id for number in range(3)]
    heard = Heard(ours)
    changes = Changes({"ours": heard}.get, time.timing)
    changes.told("ours", everybody[:2])
    changes.told("ours", everybody[1:])
    changes.told("another server's", everybody)
    running = asyncio.create_task(changes.run())
    await asyncio.wait_for(heard.read.wait(), 10)
    assert heard.seen == [sorted(everybody)]
    assert time.slept == [GATHERED_S]
    assert [call.path for call in microsoft.calls] == ["/communications/getPresencesByUserId"]

    heard.read.clear()
    changes.told("ours", everybody[:1])
    await asyncio.wait_for(heard.read.wait(), 10)
    assert heard.seen[1:] == [everybody[:1]]
    running.cancel()
    await asyncio.wait([running])


async def test_a_reading_that_fails_hinders_none_after_it(
    microsoft: FakeGraph, ours: TenantGraph, time: SteppedTime, tenant: Tenant
) -> None:
    person = tenant.add("ada@example.com").object_id
    heard = Heard(ours)
    changes = Changes({"ours": heard}.get, time.timing)
    microsoft.faults.append(Fault(503, "getPresencesByUserId"))
    running = asyncio.create_task(changes.run())
    changes.told("ours", [person])
    await microsoft.wait_for_requests(1)
    while not heard.seen:
        changes.told("ours", [person])
        await asyncio.sleep(0)
    assert heard.seen == [[person]]
    running.cancel()
    await asyncio.wait([running])
