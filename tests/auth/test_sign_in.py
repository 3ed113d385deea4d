"""Links and codes: who may use which, how often, and for how long."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from auth.sign_in import Burned, NoSignIn, SignIn, UnknownLink, UsedLink, WrongCode
from cloudlink.codes import ALPHABET, canonical, new_code
from tests.auth.conftest import CHAT, TEAMS_USER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from store.database import Database
    from store.directory import Directory
    from store.identity import TeamsUser
    from tests.auth.conftest import People
    from tests.conftest import SteppedClock


async def test_the_right_code_connects(sign_in: SignIn, directory: Directory, people: People, token: str) -> None:
    code = await sign_in.grant(token, people.desk.principal)
    assert await directory.principal_of(TEAMS_USER) is None, "not before the code came back"
    assert await sign_in.complete(TEAMS_USER, CHAT, code) == people.desk.principal
    assert await directory.principal_of(TEAMS_USER) == people.desk.principal


@pytest.mark.parametrize(
    "typed", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:2]} {code[2:]}\n"]
)
async def test_a_code_may_be_typed_as_people_type(
    sign_in: SignIn, people: People, token: str, typed: Callable[[str], str]
) -> None:
    code = await sign_in.grant(token, people.desk.principal)
    assert await sign_in.complete(TEAMS_USER, CHAT, typed(code)) == people.desk.principal


async def test_a_code_works_once(sign_in: SignIn, people: People, token: str) -> None:
    code = await sign_in.grant(token, people.desk.principal)
    await sign_in.complete(TEAMS_USER, CHAT, code)
    with pytest.raises(NoSignIn):
        await sign_in.complete(TEAMS_USER, CHAT, code)


@pytest.mark.parametrize(
    "somebody",
    [
        replace(TEAMS_USER, user_id="29:stranger"),
        replace(TEAMS_USER, tenant_id="00000000-0000-0000-0000-00000000ffff"),
        replace(TEAMS_USER, app_id="00000000-0000-0000-0000-00000000ffff"),
    ],
)
async def test_a_code_is_of_no_use_to_anybody_else(
    sign_in: SignIn, directory: Directory, people: People, token: str, somebody: TeamsUser
) -> None:
    code = await sign_in.grant(token, people.desk.principal)
    with pytest.raises(NoSignIn):
        await sign_in.complete(somebody, CHAT, code)
    await sign_in.begin(somebody, CHAT, "Stranger", "en")
    with pytest.raises(NoSignIn):
        await sign_in.complete(somebody, CHAT, code)
    assert await directory.principal_of(somebody) is None
    assert await sign_in.complete(TEAMS_USER, CHAT, code) == people.desk.principal, "and still works for its owner"


async def test_a_stranger_with_a_code_of_their_own_cannot_use_another(
    sign_in: SignIn, people: People, token: str
) -> None:
    stranger = replace(TEAMS_USER, user_id="29:stranger")
    theirs = await sign_in.begin(stranger, CHAT, "Stranger", "en")
    await sign_in.grant(theirs, people.manager.principal)
    code = await sign_in.grant(token, people.desk.principal)
    with pytest.raises(WrongCode):
        await sign_in.complete(stranger, CHAT, code)


async def test_a_code_works_only_in_its_conversation(sign_in: SignIn, people: People, token: str) -> None:
    code = await sign_in.grant(token, people.desk.principal)
    with pytest.raises(NoSignIn):
        await sign_in.complete(TEAMS_USER, "19:group@thread.v2", code)


async def test_the_fifth_wrong_try_burns_the_sign_in(
    sign_in: SignIn, directory: Directory, people: People, token: str
) -> None:
    code = await sign_in.grant(token, people.desk.principal)
    wrong = "2" * 8 if code != "2222-2222" else "3" * 8
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongCode) as refused:
            await sign_in.complete(TEAMS_USER, CHAT, wrong)
        assert refused.value.tries_left == left
    with pytest.raises(Burned):
        await sign_in.complete(TEAMS_USER, CHAT, wrong)
    with pytest.raises(NoSignIn):
        await sign_in.complete(TEAMS_USER, CHAT, code)
    assert await directory.principal_of(TEAMS_USER) is None


async def test_link_and_code_live_ten_minutes(sign_in: SignIn, people: People, token: str, clock: SteppedClock) -> None:
    code = await sign_in.grant(token, people.desk.principal)
    clock.advance(minutes=10)
    with pytest.raises(NoSignIn):
        await sign_in.complete(TEAMS_USER, CHAT, code)
    with pytest.raises(UnknownLink):
        await sign_in.of_link(token)


async def test_a_link_grants_once(sign_in: SignIn, people: People, token: str) -> None:
    await sign_in.grant(token, people.desk.principal)
    with pytest.raises(UsedLink):
        await sign_in.of_link(token)
    with pytest.raises(UsedLink):
        await sign_in.grant(token, people.manager.principal)


async def test_a_newer_link_replaces_an_older_one(sign_in: SignIn, people: People, token: str) -> None:
    code = await sign_in.grant(token, people.desk.principal)
    newer = await sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en")
    with pytest.raises(UnknownLink):
        await sign_in.of_link(token)
    with pytest.raises(NoSignIn):
        await sign_in.complete(TEAMS_USER, CHAT, code)
    assert (await sign_in.of_link(newer)).user == TEAMS_USER


async def test_signing_in_again_replaces_whom_the_person_was(
    sign_in: SignIn, directory: Directory, people: People
) -> None:
    for user in (people.desk, people.manager):
        token = await sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en")
        await sign_in.complete(TEAMS_USER, CHAT, await sign_in.grant(token, user.principal))
    assert await directory.principal_of(TEAMS_USER) == people.manager.principal


async def test_signing_out_forgets_the_connection_and_the_open_link(
    sign_in: SignIn, directory: Directory, people: People, token: str
) -> None:
    await sign_in.complete(TEAMS_USER, CHAT, await sign_in.grant(token, people.desk.principal))
    open_token = await sign_in.begin(TEAMS_USER, CHAT, "Front Desk", "en")
    await sign_in.sign_out(TEAMS_USER)
    assert await directory.principal_of(TEAMS_USER) is None
    with pytest.raises(UnknownLink):
        await sign_in.of_link(open_token)


async def test_neither_token_nor_code_is_in_the_database(
    sign_in: SignIn, people: People, token: str, database: Database
) -> None:
    code = await sign_in.grant(token, people.desk.principal)

    def dump(connection: Connection) -> str:
        return str(connection.exec_driver_sql("SELECT * FROM sign_ins").all())

    stored = await database.write(dump)
    assert people.desk.principal_id in stored
    assert token not in stored
    assert code not in stored
    assert canonical(code) not in stored


async def test_a_name_cannot_break_or_turn_the_sentence_around_it(sign_in: SignIn) -> None:
    token = await sign_in.begin(TEAMS_USER, CHAT, "Front\n\u202edesk" + "x" * 500, "en")
    shown = (await sign_in.of_link(token)).display_name
    assert shown.startswith("Frontdesk")
    assert len(shown) == 200


def test_codes_are_random_and_unambiguous() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    letters = set("".join(map(canonical, codes)))
    assert letters == set(ALPHABET)
    assert not letters & set("0O1ILU")
    assert {len(canonical(code)) for code in codes} == {8}
