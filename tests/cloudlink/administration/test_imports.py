"""Many users from a file: each line made or reported, none twice, over restarts too."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from sqlalchemy import select

from cloudlink import topics
from cloudlink.administration.imports import ImportState, UnreadableFile
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.users import UserFilter
from cloudlink.model import Role
from cloudlink.port import UnknownId
from cloudlink.service.administration.imports import BATCH, KEPT, ImportService
from store import schema
from tests.cloudlink.administration.conftest import add_gateway, events

if TYPE_CHECKING:
    from cloudlink.administration.imports import Import
    from cloudlink.service.administration.audit import AuditLog
    from cloudlink.service.administration.users import Invite, UserService
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.administration.conftest import World
    from tests.conftest import SteppedClock


class Job(Protocol):
    """One more process's service, with a way to invite of its own."""

    def __call__(self, invite: Invite | None = None, /) -> ImportService: ...


HEADER = "first name;last name;email;role;login id;extension;mobile;telephony role;language;time zone\n"


@pytest.fixture
def job(database: Database, outbox: Outbox, invite: Invite, clock: SteppedClock) -> Job:
    def make(another: Invite | None = None) -> ImportService:
        return ImportService(database, outbox, another or invite, clock)

    return make


def file(*lines: str) -> bytes:
    return (HEADER + "\n".join(lines)).encode()


def many(count: int) -> bytes:
    return file(*(f"Ana;No {n};ana{n}@example.com;;;{1000 + n};;;;" for n in range(count)))


async def preview(imports: ImportService, world: World, content: bytes) -> Import:
    return await imports.preview(world.administrator, world.customer_id, "people.csv", content)


async def start(imports: ImportService, world: World, this: Import, *, invite: bool = False) -> None:
    await imports.start(world.administrator, world.customer_id, this.import_id, invite=invite)


async def told(imports: ImportService, world: World, this: Import) -> dict[int, tuple[str | None, str | None]]:
    """Field and reason of each refused line."""
    lines = await imports.lines(world.administrator, world.customer_id, this.import_id, refused=True)
    return {line.line: (line.field, line.reason) for line in lines}


async def total(users: UserService, world: World) -> int:
    return (await users.find(world.administrator, world.customer_id)).total


async def test_a_preview_changes_nothing_and_names_each_refused_line(
    database: Database, imports: ImportService, users: UserService, world: World, clock: SteppedClock
) -> None:
    await add_gateway(database, world.customer_id, "mxone", clock)
    before = await events(database, world.customer_id)
    content = file(
        "Ana;One;ana1@example.com;;;300;06 12 34 56 78;user;fr;Europe/Paris",
        "Ana;Two;not an address;;;;;;;",
        ";Three;ana3@example.com;;;;;;;",
        "Ana;Four;ANA1@example.com;;;;;;;",
        "Ana;Five;person3@example.com;;;;;;;",
        "Ana;Six;ana6@example.com;;;203;;;;",
        "Ana;Seven;ana7@example.com;;;;+33 612345678;;;",
        "Ana;Eight;ana8@example.com;king;;;;;;",
        "Ana;Nine;ana9@example.com;partner admin;;;;;;",
        "Ana;Ten;ana10@example.com;;;;;CTI;;",
        '"Ana\nBcc: b@example.com";Eleven;ana11@example.com;;;;;;;',
        "Ana;Twelve;ana12@example.com;;;;;;;;surplus",
        "Ana;Thirteen",
        "Ana;Fourteen;ana14@example.com;Administrateur;ana14;;;;;",
    )

    this = await preview(imports, world, content)

    assert (this.state, this.lines, this.refused, this.done) == (ImportState.PREVIEW, 14, 12, 0)
    assert await told(imports, world, this) == {
        3: ("email", Reason.NOT_AN_EMAIL),
        4: ("given_name", Reason.REQUIRED),
        5: ("email", Reason.TWICE_IN_FILE),
        6: ("email", Reason.IN_USE),
        7: ("extension", Reason.IN_USE),
        8: ("mobile", Reason.TWICE_IN_FILE),
        9: ("role", Reason.UNKNOWN_VALUE),
        10: ("role", Reason.UNKNOWN_VALUE),
        11: ("telephony_role", Reason.PBX_NEEDS_NO_ROLE),
        12: ("given_name", Reason.BAD_CHARACTER),
        13: ("", Reason.TOO_MANY_FIELDS),
        14: ("", Reason.TOO_FEW_FIELDS),
    }
    good = await imports.lines(world.administrator, world.customer_id, this.import_id, refused=False)
    assert [(line.line, line.values["family_name"]) for line in good] == [(2, "One"), (15, "Fourteen")]
    assert await events(database, world.customer_id) == before
    assert await total(users, world) == 3


async def test_the_good_lines_become_users_and_are_invited(
    database: Database, imports: ImportService, users: UserService, world: World, log: AuditLog
) -> None:
    content = file(
        "Ana;One;ana1@example.com;Administrateur;;300;0612345678;;fr-FR;Europe/Paris", "Ana;Two;wrong;;;;;;;"
    )
    this = await preview(imports, world, content)
    await start(imports, world, this, invite=True)
    with pytest.raises(Refused, match="state"):
        await start(imports, world, this)
    await imports.run_pending()

    done = await imports.get(world.administrator, world.customer_id, this.import_id)
    assert (done.state, done.lines, done.refused, done.done) == (ImportState.DONE, 2, 1, 1)
    assert done.finished_on == done.created_on
    (made,) = (await users.find(world.administrator, world.customer_id, text="ana one")).items
    assert (made.user.role, made.user.extension, made.user.mobile) == (Role.ACCOUNT_ADMIN, "300", "+33612345678")
    assert (made.source, made.created_by) == ("file", world.administrator.actor_id)
    mails = await database.read(select(schema.mails.c.recipient, schema.mails.c.template))
    assert [tuple(row) for row in mails] == [("ana1@example.com", "welcome")]
    entries = (await log.entries(world.partner, world.customer_id)).items[:2]
    assert [entry.action for entry in entries] == ["user.created", "import.started"]
    assert {(entry.actor_id, entry.address) for entry in entries} == {(world.administrator.actor_id, "192.0.2.2")}
    assert [one.import_id for one in await imports.recent(world.partner, world.customer_id)] == [this.import_id]


async def test_an_import_goes_on_after_a_restart_and_makes_nobody_twice(
    imports: ImportService, users: UserService, world: World, job: Job, database: Database
) -> None:
    count = 2 * BATCH + 7
    this = await preview(imports, world, many(count))
    await start(imports, world, this, invite=True)
    invited = 0

    def fails_in_the_second_batch(*_: Any) -> None:
        nonlocal invited
        invited += 1
        if invited == BATCH + 3:
            raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        await job(fails_in_the_second_batch).run_pending()
    between = await imports.get(world.administrator, world.customer_id, this.import_id)
    assert (between.state, between.done) == (ImportState.RUNNING, BATCH)
    assert await total(users, world) == BATCH + 3

    await asyncio.gather(job().run_pending(), imports.run_pending())

    done = await imports.get(world.administrator, world.customer_id, this.import_id)
    assert (done.state, done.done, done.refused) == (ImportState.DONE, count, 0)
    assert await total(users, world) == count + 3
    changed = [topic for topic, _ in await events(database, world.customer_id)].count(topics.EXTENSIONS_CHANGED)
    # Of the three who were there, and of three batches.
    assert changed == 3 + 3


async def test_what_was_taken_after_the_preview_is_reported_when_it_runs(
    imports: ImportService, users: UserService, world: World, clock: SteppedClock
) -> None:
    first = await preview(imports, world, many(3))
    clock.advance(seconds=1)
    second = await preview(imports, world, many(3))
    for this in (first, second):
        await start(imports, world, this)
    await imports.run_pending()

    assert await told(imports, world, second) == dict.fromkeys((2, 3, 4), ("email", Reason.IN_USE))
    done = await imports.get(world.administrator, world.customer_id, second.import_id)
    assert (done.state, done.done, done.refused) == (ImportState.DONE, 0, 3)
    assert (await users.find(world.administrator, world.customer_id, kind=UserFilter.PBX_USERS)).total == 6


async def test_the_job_begins_when_an_import_is_started(job: Job, world: World) -> None:
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def note(*_: Any) -> None:
        loop.call_soon_threadsafe(begun.set)

    service = job(note)
    running = asyncio.create_task(service.run())
    this = await preview(service, world, many(1))
    await start(service, world, this, invite=True)
    async with asyncio.timeout(20):
        await begun.wait()
    running.cancel()
    await asyncio.wait([running])


async def test_a_file_that_cannot_be_read_leaves_nothing(
    database: Database, imports: ImportService, world: World
) -> None:
    content = many(700) + b'\nA;"B;a@example.com'
    with pytest.raises(UnreadableFile, match="quoting"):
        await preview(imports, world, content)
    assert list(await database.read(select(schema.imports.c.import_id))) == []
    assert list(await database.read(select(schema.import_lines.c.line))) == []


async def test_old_imports_are_forgotten(imports: ImportService, world: World, clock: SteppedClock) -> None:
    old = await preview(imports, world, many(1))
    clock.advance(days=KEPT.days, seconds=1)
    await preview(imports, world, many(1))
    with pytest.raises(UnknownId):
        await imports.get(world.administrator, world.customer_id, old.import_id)


async def test_the_name_of_a_file_is_shown_without_its_folder(imports: ImportService, world: World) -> None:
    for name, shown in (("C:\\people\\a.csv", "a.csv"), ("/people/b\r\n\u202e.csv", "b.csv"), ("x" * 300, "x" * 200)):
        this = await imports.preview(world.administrator, world.customer_id, name, many(1))
        assert this.file_name == shown
