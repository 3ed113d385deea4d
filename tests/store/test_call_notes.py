"""Notes on calls belong to one person, stay within bounds, and are text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, select

from store.call_notes import CallNote, CallNotes
from store.schema import call_notes, users

if TYPE_CHECKING:
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock


@pytest.fixture
def notes(database: Database, clock: SteppedClock) -> CallNotes:
    return CallNotes(database, clock)


async def test_a_note_is_written_changed_and_taken_away(notes: CallNotes, people: People) -> None:
    who = people.desk.principal
    for note in (CallNote.read("Call back", "invoice"), CallNote.read("", "urgent")):
        await notes.write(who, "c1", note)
        assert await notes.of(who, ["c0", "c1"]) == {"c1": note}
        assert await notes.all(who) == {"c1": note}
    await notes.write(who, "c1", CallNote.read(" \n", " , "))
    assert await notes.all(who) == {}


async def test_notes_are_their_writers_alone(notes: CallNotes, people: People) -> None:
    await notes.write(people.desk.principal, "c1", CallNote("mine"))
    for other in (people.warehouse.principal, people.stranger.principal):
        assert await notes.of(other, ["c1"]) == {}
        await notes.write(other, "c1", CallNote())
    assert await notes.of(people.desk.principal, ["c1"]) == {"c1": CallNote("mine")}


async def test_more_notes_than_one_question_asks_for(notes: CallNotes, people: People) -> None:
    ids = [f"c{number}" for number in range(120)]
    for call_id in ids:
        await notes.write(people.desk.principal, call_id, CallNote(call_id))
    assert (await notes.of(people.desk.principal, ids)).keys() == set(ids)


async def test_notes_go_with_their_user(notes: CallNotes, people: People, database: Database) -> None:
    for user in (people.desk, people.warehouse):
        await notes.write(user.principal, "c1", CallNote("mine"))
    gone = delete(users).where(users.c.principal_id == people.desk.principal_id)
    await database.write(lambda connection: connection.execute(gone))
    assert await database.read(select(func.count()).select_from(call_notes)) == [(1,)]


def test_text_is_kept_as_it_was_typed_without_what_is_invisible() -> None:
    note = CallNote.read("<b>a</b>\r\nb\x00\u202e\ud800 👩\u200d🔧", "Big  Customer, big customer,\u202etag")
    assert note == CallNote("<b>a</b>\nb 👩\u200d🔧", ("Big Customer", "tag"))


@pytest.mark.parametrize(
    ("text", "tags"), [("x" * 1001, ""), ("", "x" * 31), ("", ",".join(f"tag {number}" for number in range(11)))]
)
def test_what_is_too_long_is_refused(text: str, tags: str) -> None:
    with pytest.raises(ValueError, match="too long"):
        CallNote.read(text, tags)


def test_the_longest_that_fits() -> None:
    note = CallNote.read("x" * 1000, ",".join(f"{number}" * 30 for number in range(10)))
    assert (len(note.text), len(note.tags)) == (1000, 10)
