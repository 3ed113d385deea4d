"""What every implementation of the ``CloudLink`` port must do.

A test class for an implementation derives from ``CloudLinkContract`` and gives the fixture ``cloudlink``, which must
know the fixture ``people``, show what the fixture ``record`` stores and use the fixture ``telephones``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cloudlink.commands import MakeCall, Result
from cloudlink.model import LineState, Principal
from cloudlink.port import (
    CallFailed,
    CallKind,
    CallProblem,
    CloudLink,
    SignInRefused,
    TooManyAttempts,
    UnknownId,
)
from tests.cloudlink.conftest import PASSWORD, inbound, outbound
from tests.cloudlink.telephones import PER_MINUTE

if TYPE_CHECKING:
    from tests.cloudlink.conftest import AddPerson, Line, People, Record
    from tests.cloudlink.telephones import Telephones

ADDRESS = "198.51.100.7"


class CloudLinkContract:
    """The suite."""

    async def test_opens_the_user_of_an_email_in_any_case(self, cloudlink: CloudLink, people: People) -> None:
        assert await cloudlink.sign_in("  Desk@Example.COM ", PASSWORD, address=ADDRESS) == [people.desk]

    @pytest.mark.parametrize(
        ("email", "password"),
        [("desk@example.com", "wrong"), ("nobody@example.com", PASSWORD), ("warehouse@example.com", ""), ("", "")],
    )
    async def test_refuses_without_saying_what_was_wrong(
        self, cloudlink: CloudLink, people: People, email: str, password: str
    ) -> None:
        with pytest.raises(SignInRefused, match=r"^e-mail and password do not go together$"):
            await cloudlink.sign_in(email, password, address=ADDRESS)

    @pytest.mark.parametrize("email", ["desk@example.com", "nobody@example.com"])
    async def test_pauses_after_five_failures_whether_the_email_is_known_or_not(
        self, cloudlink: CloudLink, people: People, email: str
    ) -> None:
        for _ in range(5):
            with pytest.raises(SignInRefused):
                await cloudlink.sign_in(email, "wrong", address=ADDRESS)

        with pytest.raises(TooManyAttempts) as paused:
            await cloudlink.sign_in(email, PASSWORD, address="203.0.113.9")

        assert paused.value.retry_after > 0

    async def test_tells_of_the_principals_own_account_and_user(self, cloudlink: CloudLink, people: People) -> None:
        assert await cloudlink.account(people.desk.principal) == people.account
        assert await cloudlink.user(people.desk.principal) == people.desk

    async def test_a_principal_under_another_account_is_unknown(self, cloudlink: CloudLink, people: People) -> None:
        crossed = Principal(people.other_account.account_id, people.desk.principal_id)
        for question in (cloudlink.account(crossed), cloudlink.user(crossed)):
            with pytest.raises(UnknownId):
                await question
        assert await cloudlink.endpoints(crossed) == []

    async def test_a_principal_under_another_account_sees_and_changes_nothing(
        self, cloudlink: CloudLink, people: People, record: Record, line: Line
    ) -> None:
        await record(people.desk, inbound("c1"))
        await line(people.warehouse, state="connected")
        crossed = Principal(people.other_account.account_id, people.desk.principal_id)
        assert people.desk not in await cloudlink.find_users(crossed, "")
        found = (await cloudlink.find_people(crossed)).items
        assert not {people.desk.principal_id, people.warehouse.principal_id} & {each.principal_id for each in found}
        assert await cloudlink.line_states(crossed, [people.warehouse.principal_id]) == {}
        assert (await cloudlink.calls(crossed)).items == []
        assert await cloudlink.hide_calls(crossed, ["c1"]) == []
        with pytest.raises(UnknownId):
            await cloudlink.call(crossed, "c1")
        assert len((await cloudlink.calls(people.desk.principal)).items) == 1

    async def test_finds_colleagues_by_part_of_a_name(self, cloudlink: CloudLink, people: People) -> None:
        who = people.desk.principal
        assert await cloudlink.find_users(who, "HOUSE") == [people.warehouse]
        assert await cloudlink.find_users(who, "", limit=1) == [people.desk]

    @pytest.mark.parametrize("text", ["night", "%", "_", "\\"])
    async def test_finds_neither_strangers_nor_by_wildcards(
        self, cloudlink: CloudLink, people: People, text: str
    ) -> None:
        assert await cloudlink.find_users(people.desk.principal, text) == []

    async def test_finds_people_by_the_beginning_of_any_word_and_by_number(
        self, cloudlink: CloudLink, people: People, add_person: AddPerson
    ) -> None:
        durr = await add_person("Anne-Lise Dürr", "204", "+33612345678")
        for text in ("dürr", "DURR", "lise", "anne-l", "du an", "204", "20 4", "06 12 34", "+33 6 12", "0033612"):
            (found,) = (await cloudlink.find_people(people.desk.principal, text)).items
            assert (found.name, found.principal_id) == ("Anne-Lise Dürr", durr.principal_id), text
        assert [(number.kind, number.number) for number in found.numbers] == [
            ("extension", "204"),
            ("mobile", "+33612345678"),
        ]

    @pytest.mark.parametrize("text", ["night", "ouse", "%", "_", "\\", "desk house", "\0", "\ud800", "x" * 10_000])
    async def test_finds_no_strangers_and_nobody_else(self, cloudlink: CloudLink, people: People, text: str) -> None:
        assert list((await cloudlink.find_people(people.desk.principal, text)).items) == []

    async def test_pages_through_people_by_name(
        self, cloudlink: CloudLink, people: People, add_person: AddPerson
    ) -> None:
        for number, name in enumerate(["élan", "Zoé", "Elan", "Œuvre", "eleven"]):
            await add_person(name, str(300 + number))
        who = people.desk.principal
        for text, expected in {
            "": ["elan", "elan", "eleven", "front desk", "warehouse", "zoé", "œuvre"],
            "el": ["elan", "elan", "eleven"],
        }.items():
            names, cursor = [], None
            while True:
                page = await cloudlink.find_people(who, text, limit=1, cursor=cursor)
                names += [person.name for person in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert [name.casefold().replace("élan", "elan") for name in names] == expected

    async def test_refuses_a_cursor_of_people_that_is_not_its_own(self, cloudlink: CloudLink, people: People) -> None:
        for cursor in ("", "unknown", people.stranger.principal_id):
            with pytest.raises(ValueError, match="not a cursor"):
                await cloudlink.find_people(people.desk.principal, cursor=cursor)

    @pytest.mark.parametrize("limit", [0, -1, 201])
    async def test_refuses_a_limit_of_people_out_of_range(
        self, cloudlink: CloudLink, people: People, limit: int
    ) -> None:
        with pytest.raises(ValueError, match="limit must be"):
            await cloudlink.find_people(people.desk.principal, limit=limit)

    async def test_tells_the_lines_of_those_asked_for_rightly_or_not_at_all(
        self, cloudlink: CloudLink, people: People, line: Line
    ) -> None:
        """A CloudLink that does not know them says so in both places."""
        await line(people.warehouse, state="connected")
        who, asked = people.desk.principal, people.warehouse.principal_id
        states = await cloudlink.line_states(who, [asked])
        assert states in ({asked: LineState.ON_CALL}, {})
        (found,) = (await cloudlink.find_people(who, "warehouse")).items
        assert found.state == states.get(asked, LineState.UNKNOWN)
        assert await cloudlink.line_states(who, []) == {}

    async def test_refuses_to_tell_too_many_lines_at_once(self, cloudlink: CloudLink, people: People) -> None:
        with pytest.raises(ValueError, match="limit must be"):
            await cloudlink.line_states(people.desk.principal, [f"p{number}" for number in range(201)])

    async def test_tells_no_lines_of_strangers(self, cloudlink: CloudLink, people: People, line: Line) -> None:
        await line(people.stranger, state="connected")
        assert await cloudlink.line_states(people.desk.principal, [people.stranger.principal_id, "unknown"]) == {}

    async def test_lists_the_principals_own_devices(self, cloudlink: CloudLink, people: People) -> None:
        (endpoint,) = await cloudlink.endpoints(people.desk.principal)
        assert (endpoint.name, endpoint.principal_id) == ("201", people.desk.principal_id)

    async def test_pages_through_the_log_newest_first_without_gap_or_repeat(
        self, cloudlink: CloudLink, people: People, record: Record
    ) -> None:
        # Pairs of calls begin in the same minute, so that pages end between equal times.
        for number in range(25):
            await record(people.desk, inbound(f"c{number:02}", number // 2))

        seen: list[str] = []
        cursor = None
        for _ in range(4):
            page = await cloudlink.calls(people.desk.principal, cursor=cursor, limit=7)
            seen += [call.call_id for call in page.items]
            cursor = page.next_cursor

        assert seen == [f"c{number:02}" for number in reversed(range(25))]
        assert cursor is None

    async def test_a_page_that_ends_with_the_last_call_is_the_last_page(
        self, cloudlink: CloudLink, people: People, record: Record
    ) -> None:
        await record(people.desk, inbound("c1"))
        assert (await cloudlink.calls(people.desk.principal, limit=1)).next_cursor is None

    async def test_sorts_calls_into_kinds(self, cloudlink: CloudLink, people: People, record: Record) -> None:
        await record(people.desk, inbound("answered", 1))
        await record(people.desk, inbound("missed", 2, answered=False))
        await record(people.desk, outbound("made", 3))

        kinds = {
            kind: [call.call_id for call in (await cloudlink.calls(people.desk.principal, kind)).items]
            for kind in CallKind
        }

        assert kinds == {
            CallKind.ALL: ["made", "missed", "answered"],
            CallKind.MISSED: ["missed"],
            CallKind.INCOMING: ["missed", "answered"],
            CallKind.OUTGOING: ["made"],
        }

    @pytest.mark.parametrize("cursor", ["", "1", "x" * 22, "x" * 23, "é" * 22, "_" * 22, "../../etc", "\ud800"])
    async def test_refuses_a_cursor_that_is_not_its_own(
        self, cloudlink: CloudLink, people: People, cursor: str
    ) -> None:
        with pytest.raises(ValueError, match="not a cursor"):
            await cloudlink.calls(people.desk.principal, cursor=cursor)

    @pytest.mark.parametrize("limit", [0, -1, 201])
    async def test_refuses_a_limit_out_of_range(self, cloudlink: CloudLink, people: People, limit: int) -> None:
        with pytest.raises(ValueError, match="limit must be"):
            await cloudlink.calls(people.desk.principal, limit=limit)

    async def test_calls_belong_to_their_owner_alone(
        self, cloudlink: CloudLink, people: People, record: Record
    ) -> None:
        await record(people.desk, inbound("c1"))
        for other in (people.warehouse.principal, people.stranger.principal):
            assert (await cloudlink.calls(other)).items == []
            assert await cloudlink.hide_calls(other, ["c1"]) == []
            with pytest.raises(UnknownId):
                await cloudlink.call(other, "c1")
        assert (await cloudlink.call(people.desk.principal, "c1")).call_id == "c1"

    async def test_hides_calls_and_shows_them_again(self, cloudlink: CloudLink, people: People, record: Record) -> None:
        await record(people.desk, inbound("c1", 1))
        await record(people.desk, inbound("c2", 2))
        who = people.desk.principal

        assert await cloudlink.hide_calls(who, ["c1", "unknown"]) == ["c1"]
        assert await cloudlink.hide_calls(who, ["c1"]) == []
        assert [call.call_id for call in (await cloudlink.calls(who)).items] == ["c2"]
        assert (await cloudlink.call(who, "c1")).call_id == "c1"
        assert await cloudlink.hide_calls(who, ["c1", "c2", "c1"], hide=False) == ["c1"]
        assert len((await cloudlink.calls(who)).items) == 2

    async def test_a_hidden_call_is_in_no_list_and_no_page(
        self, cloudlink: CloudLink, people: People, record: Record
    ) -> None:
        for number in range(4):
            await record(people.desk, inbound(f"c{number}", number, answered=False))
        who = people.desk.principal
        first = await cloudlink.calls(who, limit=1)
        assert set(await cloudlink.hide_calls(who, ["c3", "c2"])) == {"c2", "c3"}
        assert [call.call_id for call in (await cloudlink.calls(who, CallKind.MISSED)).items] == ["c1", "c0"]
        onward = await cloudlink.calls(who, cursor=first.next_cursor, limit=1)
        assert [call.call_id for call in onward.items] == ["c1"]

    async def test_refuses_to_hide_too_many_at_once(self, cloudlink: CloudLink, people: People) -> None:
        with pytest.raises(ValueError, match="at most 200 calls"):
            await cloudlink.hide_calls(people.desk.principal, [f"c{number}" for number in range(201)])

    async def test_places_a_call_from_the_own_telephone(
        self, cloudlink: CloudLink, people: People, telephones: Telephones
    ) -> None:
        async with telephones.working() as gateway:
            assert await cloudlink.can_place_calls(people.desk.principal)
            placed = [
                await cloudlink.place_call(people.desk.principal, "01 99 00 00 07", request_id=press)
                for press in ("press-1", "press-1", "press-2")
            ]
        assert gateway.done == [MakeCall("201", "+33199000007")] * 2
        assert [call.call_id for call in placed] == ["c1", "c1", "c2"]
        assert {(call.from_, call.to, call.direction) for call in placed} == {("201", "+33199000007", "outbound")}

    async def test_places_no_call_to_what_may_not_be_dialled(
        self, cloudlink: CloudLink, people: People, telephones: Telephones
    ) -> None:
        refused = {
            "0 899 00 00 01": CallProblem.BARRED,
            "*21*202#": CallProblem.SERVICE_CODE,
            "call me": CallProblem.NOT_A_NUMBER,
            "2\x0002": CallProblem.NOT_A_NUMBER,
        }
        async with telephones.working() as gateway:
            for number, problem in refused.items():
                with pytest.raises(CallFailed) as failed:
                    await cloudlink.place_call(people.desk.principal, number, request_id="press-1")
                assert failed.value.problem is problem
        assert gateway.done == []

    async def test_says_why_a_call_was_not_placed(
        self, cloudlink: CloudLink, people: People, telephones: Telephones
    ) -> None:
        problems = {
            Result.REFUSED: CallProblem.REFUSED,
            Result.NOT_MONITORED: CallProblem.NOT_OFFERED,
            Result.NOT_CONNECTED: CallProblem.NOT_CONNECTED,
            Result.UNANSWERED: CallProblem.UNANSWERED,
        }
        async with telephones.working() as gateway:
            for result, problem in problems.items():
                gateway.result = result
                with pytest.raises(CallFailed) as failed:
                    await cloudlink.place_call(people.desk.principal, "202", request_id=result)
                assert failed.value.problem is problem

    async def test_slows_down_who_places_too_many_calls(
        self, cloudlink: CloudLink, people: People, telephones: Telephones
    ) -> None:
        async with telephones.working() as gateway:
            for press in range(PER_MINUTE):
                await cloudlink.place_call(people.desk.principal, "202", request_id=str(press))
            with pytest.raises(CallFailed) as failed:
                await cloudlink.place_call(people.desk.principal, "202", request_id="one more")
        assert failed.value.problem is CallProblem.TOO_MANY
        assert failed.value.retry_after > 0
        assert len(gateway.done) == PER_MINUTE

    async def test_a_principal_under_another_account_rings_nobody(
        self, cloudlink: CloudLink, people: People, telephones: Telephones
    ) -> None:
        crossed = Principal(people.other_account.account_id, people.desk.principal_id)
        async with telephones.working() as gateway:
            assert not await cloudlink.can_place_calls(crossed)
            with pytest.raises(UnknownId):
                await cloudlink.place_call(crossed, "202", request_id="press-1")
        assert gateway.done == []
