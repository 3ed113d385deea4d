"""A dialog survives restarts, but neither its lifetime nor its end."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from store.database import open_database
from store.dialogs import Dialogs, DialogState

if TYPE_CHECKING:
    from store.database import Database
    from store.identity import TeamsUser
    from tests.conftest import SteppedClock

TEN_MINUTES = timedelta(minutes=10)
CHOOSING = DialogState("choose", {"names": ["Front Desk", "Entrepôt"], "page": 2})


@pytest.fixture
def dialogs(database: Database, clock: SteppedClock) -> Dialogs:
    return Dialogs(database, clock)


async def test_goes_on_after_a_restart(
    dialogs: Dialogs, teams_user: TeamsUser, database_url: str, clock: SteppedClock
) -> None:
    await dialogs.save(teams_user, "chat", CHOOSING, TEN_MINUTES)
    restarted = await open_database(database_url)
    assert await Dialogs(restarted, clock).load(teams_user, "chat") == CHOOSING
    await restarted.close()


async def test_is_over_with_its_lifetime(dialogs: Dialogs, teams_user: TeamsUser, clock: SteppedClock) -> None:
    await dialogs.save(teams_user, "chat", CHOOSING, TEN_MINUTES)
    clock.advance(minutes=9, seconds=59)
    assert await dialogs.load(teams_user, "chat") == CHOOSING
    clock.advance(seconds=1)
    assert await dialogs.load(teams_user, "chat") is None


async def test_a_new_dialog_replaces_the_open_one(dialogs: Dialogs, teams_user: TeamsUser) -> None:
    await dialogs.save(teams_user, "chat", CHOOSING, TEN_MINUTES)
    await dialogs.save(teams_user, "chat", DialogState("sign-in", {}), TEN_MINUTES)
    assert await dialogs.load(teams_user, "chat") == DialogState("sign-in", {})


async def test_belongs_to_one_person_and_conversation(
    dialogs: Dialogs, teams_user: TeamsUser, other_teams_user: TeamsUser
) -> None:
    await dialogs.save(teams_user, "chat", CHOOSING, TEN_MINUTES)
    await dialogs.clear(other_teams_user, "chat")
    await dialogs.clear(teams_user, "other-chat")
    assert await dialogs.load(other_teams_user, "chat") is None
    assert await dialogs.load(teams_user, "other-chat") is None
    assert await dialogs.load(teams_user, "chat") == CHOOSING


async def test_is_gone_when_cleared(dialogs: Dialogs, teams_user: TeamsUser) -> None:
    await dialogs.save(teams_user, "chat", CHOOSING, TEN_MINUTES)
    await dialogs.clear(teams_user, "chat")
    assert await dialogs.load(teams_user, "chat") is None
