"""Sessions, registrations and signs of life, on a PBX that has them, ends them, or knows nothing of them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest

from gateway.csta.session import Heartbeat, SessionRequest
from tests.fakes.csta_peer import CstaPeer, refusal, tagged
from tests.gateway.office import CLEARED, RINGING, RINGS_IN_SNAPSHOT, office

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.csta_peer import Request

SESSION = SessionRequest("MitelAssistant", "", 600, ("http://www.ecma-international.org/standards/ecma-323/csta/ed4",))
ED4 = SESSION.editions[0]


def started(session: str, edition: str = "") -> str:
    chosen = f"<actualProtocolVersion>{edition}</actualProtocolVersion>" if edition else ""
    return (
        f"<StartApplicationSessionPosResponse><sessionID>{session}</sessionID>{chosen}"
        "</StartApplicationSessionPosResponse>"
    )


def ended(session: str) -> str:
    return (
        f"<ApplicationSessionTerminated><sessionID>{session}</sessionID><sessionTermReason><definedTermReason>"
        "sessionTimerExpired</definedTermReason></sessionTermReason></ApplicationSessionTerminated>"
    )


def sessions(**answers: Callable[[Request], str | None]) -> CstaPeer:
    """A PBX that opens one session after the other: ``s1``, ``s2`` ..."""
    numbers = count(1)
    opens = {"StartApplicationSession": lambda _: started(f"s{next(numbers)}")}
    stops = {"StopApplicationSession": lambda _: "<StopApplicationSessionPosResponse/>"}
    return CstaPeer({**opens, **stops, **answers})


ANY_TIME = {"session": SESSION, "session_settled": 0.0}


async def test_a_session_that_ends_is_opened_again_on_the_same_connection() -> None:
    async with (
        sessions() as peer,
        office(peer, "201", connection=ANY_TIME) as us,
    ):
        await us.counters.until(lambda: us.counters["monitors"])
        assert us.exchange.monitoring().session == "s1"
        peer.event("DeliveredEvent", RINGING)
        await us.counters.until(lambda: ("201", "ringing") in us.shown)
        peer.answers["SnapshotDevice"] = lambda _: RINGS_IN_SNAPSHOT
        peer.monitors.clear()
        peer.send("0001", ended("s1"))
        await us.counters.until(lambda: us.shown.count(("201", "ringing")) == 2)
        assert us.exchange.monitoring().session == "s2"
        assert us.exchange.monitoring().error == "the PBX ended the session: sessionTimerExpired"
        assert (peer.connections, us.counters["sessions_reopened"], us.records) == (1, 1, [])
        peer.event("ConnectionClearedEvent", CLEARED)
        await us.counters.until(lambda: us.records)


async def test_a_late_word_of_a_former_session_ends_nothing() -> None:
    async with (
        sessions() as peer,
        office(peer, "201", connection=ANY_TIME) as us,
    ):
        await us.counters.until(lambda: us.counters["monitors"])
        peer.send("0001", ended("s0"))
        peer.event("DeliveredEvent", RINGING)
        await us.counters.until(lambda: ("201", "ringing") in us.shown)
        assert us.exchange.monitoring().session == "s1"


async def test_a_session_that_ends_at_once_costs_the_connection_and_its_pauses() -> None:
    async with sessions() as peer, office(peer, "201", connection={"session": SESSION}) as us:
        await us.counters.until(lambda: us.counters["monitors"])
        peer.send("0001", ended("s1"))
        await us.counters.until(lambda: us.counters["pbx_connections"] == 2)
        assert us.counters["sessions_reopened"] == 0


async def test_a_session_that_is_not_renewed_is_opened_again() -> None:
    denied = (
        "<ResetApplicationSessionTimerNegResponse><errorCode><definedError>serverCannotResetSessionTimer</definedError>"
        "</errorCode></ResetApplicationSessionTimerNegResponse>"
    )
    short = {"session": SessionRequest("MitelAssistant", "", 0), "session_settled": 0.0}
    async with (
        sessions(ResetApplicationSessionTimer=lambda _: denied) as peer,
        office(peer, "201", connection=short) as us,
    ):
        await us.counters.until(lambda: us.counters["sessions_reopened"] >= 2)
        assert peer.connections == 1


async def test_the_pbx_chooses_among_the_editions_that_are_offered() -> None:
    chooses = sessions(StartApplicationSession=lambda _: started("s1", ED4))
    async with chooses as peer, office(peer, "201", connection={"session": SESSION}):
        offer = (await peer.request("StartApplicationSession")).xml
        assert offer.count("<protocolVersion>") == 2
        assert ED4 in (await peer.request("MonitorStart")).xml


@pytest.mark.parametrize("answer", ["<SystemRegisterResponse/>", refusal("operation", "generic"), None])
async def test_a_registration_is_asked_for_and_may_be_refused_or_ignored(answer: str | None) -> None:
    async with (
        CstaPeer({"SystemRegister": lambda _: answer}) as peer,
        office(peer, "201", connection={"register": True}, request_timeout=0.05) as us,
    ):
        request = await peer.request("SystemRegister")
        assert tagged(request.xml, "systemStatus") == "true"
        await us.counters.until(lambda: us.counters["monitors"])
        peer.send("0007", "<SystemStatus><systemStatus>normal</systemStatus></SystemStatus>")
        assert (await peer.request("SystemStatusResponse")).invoke_id == "0007"
        assert peer.connections == 1


OFTEN = {"heartbeat": Heartbeat.REQUEST_SYSTEM_STATUS, "heartbeat_seconds": 0.001}


async def test_a_sign_of_life_that_the_pbx_does_not_know_is_replaced_by_one_that_it_answers() -> None:
    silent = {name: lambda _: None for name in ("RequestSystemStatus", "SystemStatus")}
    async with CstaPeer(silent) as peer, office(peer, "201", connection=OFTEN, request_timeout=0.05) as us:
        await us.counters.until(lambda: us.counters["monitors"])
        for name in ("RequestSystemStatus", "SystemStatus", "SnapshotDevice", "SnapshotDevice", "SnapshotDevice"):
            await peer.request(name)
        assert peer.connections == 1


async def test_a_pbx_that_shows_no_sign_of_life_any_more_is_connected_to_again() -> None:
    async with CstaPeer() as peer, office(peer, "201", connection=OFTEN, request_timeout=0.05) as us:
        await us.counters.until(lambda: us.counters["monitors"])
        await peer.request("RequestSystemStatus")
        peer.answers["RequestSystemStatus"] = lambda _: None
        await us.counters.until(lambda: us.counters["pbx_connections"] >= 2)
        assert us.exchange.monitoring().error in {None, "the PBX shows no sign of life"}
