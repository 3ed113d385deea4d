"""The code ties who signs in on the page to who opened the link in the chat."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from cloudlink.model import Principal
from store.schema import sign_ins as rows
from store.sign_ins import Burned, Redeemed, SignIn, SignIns, WrongCode

if TYPE_CHECKING:
    from store.database import Database
    from store.identity import TeamsUser
    from tests.conftest import SteppedClock

TEN_MINUTES = timedelta(minutes=10)
PRINCIPAL = Principal("account", "principal")
CODE = "K7PX9MWD"


@pytest.fixture
def sign_ins(database: Database, clock: SteppedClock) -> SignIns:
    return SignIns(database, clock)


@pytest.fixture
async def token(sign_ins: SignIns, teams_user: TeamsUser) -> str:
    """Of a sign-in that was opened but not granted."""
    return await sign_ins.open(teams_user, "chat", "Front Desk", "fr-FR", TEN_MINUTES)


@pytest.fixture
async def granted(sign_ins: SignIns, token: str) -> str:
    """Its token, once granted against ``CODE``."""
    assert await sign_ins.grant(token, PRINCIPAL, CODE)
    return token


async def test_the_link_tells_whom_it_connects(sign_ins: SignIns, token: str, teams_user: TeamsUser) -> None:
    assert await sign_ins.find(token) == SignIn(teams_user, "chat", "Front Desk", "fr-FR", granted=False)
    assert await sign_ins.find(token + "x") is None


async def test_the_right_code_is_redeemed_once(sign_ins: SignIns, granted: str, teams_user: TeamsUser) -> None:
    assert await sign_ins.redeem(teams_user, "chat", CODE) == Redeemed(PRINCIPAL)
    assert await sign_ins.redeem(teams_user, "chat", CODE) is None
    assert await sign_ins.find(granted) is None


async def test_of_many_who_redeem_at_once_one_succeeds(sign_ins: SignIns, granted: str, teams_user: TeamsUser) -> None:
    answers = await asyncio.gather(*(sign_ins.redeem(teams_user, "chat", CODE) for _ in range(5)))
    assert answers.count(Redeemed(PRINCIPAL)) == 1


async def test_the_code_is_worth_nothing_to_another_person_or_elsewhere(
    sign_ins: SignIns, granted: str, teams_user: TeamsUser, other_teams_user: TeamsUser
) -> None:
    assert await sign_ins.redeem(other_teams_user, "chat", CODE) is None
    assert await sign_ins.redeem(teams_user, "other-chat", CODE) is None
    assert await sign_ins.redeem(teams_user, "chat", CODE) == Redeemed(PRINCIPAL)


async def test_the_fifth_wrong_code_burns_the_sign_in(sign_ins: SignIns, granted: str, teams_user: TeamsUser) -> None:
    for left in (4, 3, 2, 1):
        assert await sign_ins.redeem(teams_user, "chat", "WRONGWRO") == WrongCode(left)
    assert await sign_ins.redeem(teams_user, "chat", "WRONGWRO") == Burned()
    assert await sign_ins.redeem(teams_user, "chat", CODE) is None
    assert await sign_ins.find(granted) is None


async def test_no_code_fits_before_the_page_has_granted_one(
    sign_ins: SignIns, token: str, teams_user: TeamsUser
) -> None:
    assert await sign_ins.redeem(teams_user, "chat", "") is None
    assert await sign_ins.redeem(teams_user, "chat", CODE) is None


async def test_is_granted_once(sign_ins: SignIns, granted: str, teams_user: TeamsUser) -> None:
    assert not await sign_ins.grant(granted, Principal("account", "somebody else"), "OTHERCOD")
    assert await sign_ins.redeem(teams_user, "chat", CODE) == Redeemed(PRINCIPAL)


async def test_link_grant_and_code_end_with_the_lifetime(
    sign_ins: SignIns, granted: str, teams_user: TeamsUser, clock: SteppedClock
) -> None:
    late = await sign_ins.open(teams_user, "chat", "Front Desk", "en", timedelta(minutes=1))
    clock.advance(minutes=1)
    assert await sign_ins.find(late) is None
    assert not await sign_ins.grant(late, PRINCIPAL, CODE)
    assert await sign_ins.redeem(teams_user, "chat", CODE) is None


async def test_opening_again_replaces_the_earlier_sign_in_of_that_person_alone(
    sign_ins: SignIns, granted: str, teams_user: TeamsUser, other_teams_user: TeamsUser
) -> None:
    theirs = await sign_ins.open(other_teams_user, "chat", "Warehouse", "en", TEN_MINUTES)
    mine = await sign_ins.open(teams_user, "chat", "Front Desk", "en", TEN_MINUTES)

    assert await sign_ins.find(granted) is None
    assert await sign_ins.redeem(teams_user, "chat", CODE) is None
    assert await sign_ins.find(theirs) is not None
    assert await sign_ins.find(mine) is not None


async def test_neither_token_nor_code_is_stored(database: Database, granted: str) -> None:
    (row,) = await database.read(select(rows))
    assert not {granted, CODE} & {str(value) for value in row}
