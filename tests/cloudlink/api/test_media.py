"""Call records and line state over HTTP: whose they are, pages, filters, hiding, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select
from yarl import URL

from cloudlink.model import CallState
from cloudlink.service.api.media.records import WINDOW
from store.schema import calls
from tests.cloudlink.conftest import inbound, outbound
from tests.lines import show_line

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from store.database import Database
    from tests.cloudlink.api.conftest import Answer, Api, Mint
    from tests.cloudlink.conftest import People, Record
    from tests.conftest import SteppedClock


def ids(answer: Answer) -> list[str]:
    assert answer.status == 200, answer.body
    return [item["callId"] for item in answer.items]


async def follow(api: Api, answer: Answer) -> Answer:
    following = URL(answer.body["_links"]["next"])
    assert str(following.origin()) == "https://assistant.example.com"
    return await api("GET", following.raw_path, query={k[1:]: v for k, v in following.query.items()})


@pytest.fixture
async def three_calls(people: People, record: Record) -> None:
    await record(people.desk, inbound("answered", 1))
    await record(people.desk, inbound("missed", 2, answered=False, caller="+33199000077"))
    await record(people.desk, outbound("made", 3))


async def test_a_record_has_the_fields_of_the_published_description(desk: Api, people: People, record: Record) -> None:
    await record(people.desk, inbound("c1"))

    (told,) = (await desk("GET", "/calls/records")).items

    assert told == {
        "callId": "c1",
        "direction": "inbound",
        "createdOn": "2026-03-02T09:00:00.000Z",
        "state": "completed",
        "from": "+33199000001",
        "fromNumberE164": True,
        "to": "201",
        "toNumberE164": False,
        "toName": "Front Desk",
        "toPrincipalId": people.desk.principal_id,
        "completed": True,
        "ringTime": 4.0,
        "billingTime": 60.0,
        "_links": {"self": "https://assistant.example.com/2017-09-01/calls/c1/records"},
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["made", "missed", "answered"]),
        ("direction eq 'inbound'", ["missed", "answered"]),
        ("\"direction eq 'outbound'\"", ["made"]),
        ("direction eq 'inbound' and completed eq false", ["missed"]),
        ("completed eq false", ["missed"]),
        ("not (direction eq 'inbound')", ["made"]),
        ("callId eq 'missed' or callId eq 'made'", ["made", "missed"]),
        ("callId eq 'missed'", ["missed"]),
        ("callId eq 'missed' and direction eq 'outbound'", []),
        ("contains(from, '077')", ["missed"]),
        ("startswith(from,'+331') and endswith(from,'01')", ["answered"]),
        ("contains(toName, 'FRONT')", ["missed", "answered"]),
        ("contains(from, '%')", []),
        ("createdOn ge 2026-03-02T09:02:00Z", ["made", "missed"]),
        ("createdOn lt '2026-03-02T10:02:00+01:00'", ["answered"]),
        ("ringTime gt 3.5", ["missed", "answered"]),
        ("4 eq ringTime", ["missed", "answered"]),
        ("endTime eq null and cause ne 'busy'", ["made", "missed", "answered"]),
        ("not (cause eq 'busy')", ["made", "missed", "answered"]),
        ("fromName ne null", ["made"]),
    ],
)
@pytest.mark.usefixtures("three_calls")
async def test_filters(desk: Api, text: str, found: list[str]) -> None:
    assert ids(await desk("GET", "/calls/records", filter=text)) == found


@pytest.mark.parametrize(
    "text",
    [
        "direction",
        "direction eq",
        "direction eq 'inbound",
        "direction eq inbound",
        "eq eq eq",
        "colour eq 'red'",
        "extraPbxData eq 'x'",
        "completed eq 'true'",
        "completed gt true",
        "ringTime eq 'long'",
        "contains(ringTime, '4')",
        "contains(direction, 4)",
        "createdOn gt 'soon'",
        "createdOn gt 2026-02-31",
        "direction eq 'inbound' direction eq 'outbound'",
        "contains(principal, 'a') or direction eq 'inbound'",
        "contains(principal, 'a') and contains(principal, 'b')",
        "direction eq 'x'; drop table calls",
        "(" * 1000 + "direction eq 'inbound'" + ")" * 1000,
        "not " * 400 + "direction eq 'inbound'",
        "(" * 30 + "direction eq 'inbound'" + ")" * 30,
        "completed eq true and " * 60 + "completed eq true",
    ],
)
@pytest.mark.usefixtures("three_calls")
async def test_what_is_no_filter_is_refused_in_words(desk: Api, text: str) -> None:
    for method, body in (("GET", None), ("PUT", {"hide": True})):
        answer = await desk(method, "/calls/records", body, filter=text)
        assert (answer.status, answer.body["name"]) == (400, "BadRequest")
        assert answer.body["message"].startswith("$filter: ")


async def test_pages_follow_their_links_without_gap_or_repeat(desk: Api, people: People, record: Record) -> None:
    for number in range(7):
        await record(people.desk, inbound(f"c{number}", number // 2))

    first = await desk("GET", "/calls/records", top="3")
    second = await follow(desk, first)
    third = await follow(desk, second)

    assert ids(first) + ids(second) + ids(third) == [f"c{number}" for number in reversed(range(7))]
    assert "next" not in third.body["_links"]
    assert ids(await desk("GET", "/calls/records", top="2", skip="4")) == ["c2", "c1"]
    assert ids(await desk("GET", "/calls/records", top="0")) == []
    assert ids(await desk("GET", "/calls/records", top="1", skip="2", filter="ringTime gt 0")) == ["c4"]


async def test_a_filter_without_an_index_goes_on_behind_each_window(
    desk: Api, people: People, record: Record, database: Database
) -> None:
    """A log of two and a half windows, of which the first, the middle and the last call were answered."""
    await record(people.desk, inbound("first", 0))
    await copies(database, 2 * WINDOW + WINDOW // 2, answered={WINDOW + 7, 2 * WINDOW})

    answer = await desk("GET", "/calls/records", filter="completed eq true", top="10", skip="1")
    seen, pages = ids(answer), 1
    while "next" in answer.body["_links"]:
        answer = await follow(desk, answer)
        seen += ids(answer)
        pages += 1

    assert (seen, pages) == ([f"copy {WINDOW + 7}", "first"], 3)
    assert (await desk("PUT", "/calls/records", {"hide": True}, filter="completed eq false")).status == 200
    assert ids(await desk("GET", "/calls/records")) == [f"copy {2 * WINDOW}", f"copy {WINDOW + 7}", "first"]


async def copies(database: Database, number: int, *, answered: set[int]) -> None:
    """As many later copies of the one call there is, missed but for those ``answered``."""

    def work(connection: Connection) -> None:
        original = dict(connection.execute(select(calls)).mappings().one())
        del original["id"]
        rows = [
            {
                **original,
                "call_id": f"copy {place}",
                "created_on": original["created_on"] + timedelta(minutes=place),
                "completed": place in answered,
                "missed": place not in answered,
            }
            for place in range(1, number + 1)
        ]
        connection.execute(insert(calls), rows)

    await database.write(work)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"top": "-1"}, "$top"),
        ({"top": "ten"}, "$top"),
        ({"top": "٣"}, "$top"),
        ({"top": "9" * 30}, "$top"),
        ({"skip": "-1"}, "$skip"),
        ({"skip": "100001"}, "$skip"),
        ({"skiptoken": "x"}, "$skiptoken"),
        ({"skiptoken": "x" * 5000}, "$skiptoken"),
        ({"skiptoken": "x", "filter": "ringTime gt 0"}, "$skiptoken"),
        ({"skiptoken": "x", "skip": "3"}, "$skiptoken"),
    ],
)
async def test_refuses_places_that_there_are_not(desk: Api, query: dict[str, str], name: str) -> None:
    answer = await desk("GET", "/calls/records", query=query)
    assert (answer.status, answer.body["message"].partition(":")[0]) == (400, name)


async def test_an_administrator_sees_the_account_and_whom_they_name(
    admin: Api, api: Api, mint: Mint, people: People, record: Record
) -> None:
    await record(people.desk, inbound("at the desk", 1))
    await record(people.warehouse, inbound("in the warehouse", 2, answered=False))
    await record(people.stranger, inbound("elsewhere", 3))
    application = api.of(await mint.client(people.account.account_id))

    for asker in (admin, application):
        assert ids(await asker("GET", "/calls/records")) == ["in the warehouse", "at the desk"]
        first = await asker("GET", "/calls/records", top="1")
        assert ids(await follow(asker, first)) == ["at the desk"]
        assert ids(await asker("GET", "/calls/records", skip="1")) == ["at the desk"]
        assert ids(await asker("GET", "/calls/records", filter="direction eq 'inbound' and completed eq false")) == [
            "in the warehouse"
        ]
        of_desk = f"contains(principal, '{people.desk.principal_id}')"
        assert ids(await asker("GET", "/calls/records", filter=of_desk)) == ["at the desk"]
        of_stranger = f"contains(principal, '{people.stranger.principal_id}')"
        assert ids(await asker("GET", "/calls/records", filter=of_stranger)) == []
        assert ids(await asker("GET", "/calls/at the desk/records")) == ["at the desk"]


async def test_a_user_sees_nobody_elses(desk: Api, stranger: Api, people: People, record: Record) -> None:
    await record(people.warehouse, inbound("c1"))

    for asker in (desk, stranger):
        assert ids(await asker("GET", "/calls/records")) == []
        of_other = f"contains(principal, '{people.warehouse.principal_id}')"
        for method, path, body in (
            ("GET", "/calls/records", None),
            ("PUT", "/calls/records", {"hide": True}),
            ("GET", "/calls/c1/records", None),
            ("PUT", "/calls/c1/records", {"hide": True}),
        ):
            query = {"filter": of_other} if path == "/calls/records" else {}
            answer = await asker(method, path, body, query=query)
            assert (answer.status, answer.body["name"]) == (404, "NotFound")


@pytest.mark.usefixtures("three_calls")
async def test_hides_and_shows_again(desk: Api) -> None:
    assert (await desk("PUT", "/calls/missed/records", {"hide": True})).status == 200
    assert ids(await desk("GET", "/calls/records")) == ["made", "answered"]
    assert ids(await desk("GET", "/calls/missed/records")) == ["missed"]
    assert ids(await desk("GET", "/calls/records", filter="callId eq 'missed'")) == []

    assert (await desk("PUT", "/calls/records", {"hide": True}, filter="direction eq 'inbound'")).status == 200
    assert ids(await desk("GET", "/calls/records")) == ["made"]
    assert (await desk("PUT", "/calls/records", {})).status == 200
    assert ids(await desk("GET", "/calls/records")) == []
    assert (await desk("PUT", "/calls/records", {"hide": False})).status == 200
    assert ids(await desk("GET", "/calls/records")) == ["made", "missed", "answered"]


async def test_an_application_names_whose_records_it_hides(
    api: Api, mint: Mint, people: People, desk: Api, record: Record
) -> None:
    await record(people.desk, inbound("c1"))
    application = api.of(await mint.client(people.account.account_id))

    assert (await application("PUT", "/calls/records", {"hide": True})).status == 400
    of_desk = f"contains(principal, '{people.desk.principal_id}')"
    assert (await application("PUT", "/calls/records", {"hide": True}, filter=of_desk)).status == 200
    assert ids(await desk("GET", "/calls/records")) == []


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"hide": "yes"}', "application/json", 400),
        (b'{"hide": 1}', "application/json", 400),
        (b'{"hide": true, "more": 1}', "application/json", 400),
        ('{"hide": true}'.encode("utf-16"), "application/json", 400),
        (b'{"hide": "\xff"}', "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b" " * 70_000, "application/json", 413),
        (b"hide=true", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_refuses_bodies_that_are_none(desk: Api, data: bytes, kind: str, status: int) -> None:
    answer = await desk("PUT", "/calls/records", data=data, headers={"Content-Type": kind})
    assert answer.status == status
    assert set(answer.body) == {"name", "message"}


async def test_line_state_by_the_id_of_a_device_or_its_user(
    desk: Api, admin: Api, people: People, database: Database, clock: SteppedClock
) -> None:
    await show_line(database, people.desk, clock(), state=CallState.RINGING)

    told = (await desk("GET", f"/endpoints/{people.desk.principal_id}")).body

    assert (told["name"], told["state"], told["userAvailability"], told["dnd"]) == (
        "201",
        "ringing",
        "available",
        False,
    )
    assert (await admin("GET", f"/endpoints/{told['endpointId']}")).body == told


async def test_nobody_elses_line_is_seen(desk: Api, stranger: Api, people: People) -> None:
    for asker, whose in ((stranger, people.desk), (desk, people.warehouse)):
        assert (await asker("GET", f"/endpoints/{whose.principal_id}")).status == 404


async def test_what_needs_control_of_calls_says_so(desk: Api, people: People, record: Record) -> None:
    here = f"/endpoints/{people.desk.principal_id}"
    await record(people.desk, inbound("c1"))

    for method, path, body in (
        ("POST", f"{here}/calls", {"to": "tel:+33199000001"}),
        ("PUT", f"{here}/calls/c1", {"action": "redirect", "destination": "203"}),
        ("PUT", here, {"action": "dnd", "userAvailability": "busy", "enabled": True}),
        ("GET", f"{here}/calls", None),
    ):
        answer = await desk(method, path, body)
        assert (answer.status, answer.body["message"].partition(":")[0]) == (403, "Feature not allowed"), path
    assert (await desk("GET", f"{here}/calls/c1")).body["state"] == "completed"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/calls", {}),
        ("POST", "/calls", {"to": ""}),
        ("POST", "/calls", {"to": "203", "originateTimeout": 121}),
        ("POST", "/calls", {"to": "203", "executeOnAnswer": "sing"}),
        ("PUT", "/calls/c1", {"action": "explode"}),
        ("PUT", "", {"action": "dnd"}),
        ("PUT", "", {"action": "dnd", "userAvailability": "busy", "timeoutMs": 2999}),
    ],
)
async def test_commands_are_checked_all_the_same(
    desk: Api, people: People, method: str, path: str, body: dict[str, Any]
) -> None:
    assert (await desk(method, f"/endpoints/{people.desk.principal_id}{path}", body)).status == 400


async def test_a_quiet_line_has_no_calls(desk: Api, people: People, database: Database, clock: SteppedClock) -> None:
    await show_line(database, people.desk, clock(), state=CallState.IDLE)
    assert ids(await desk("GET", f"/endpoints/{people.desk.principal_id}/calls")) == []
