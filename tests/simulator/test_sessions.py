"""Application sessions (ECMA-354), and the status that both sides ask of each other."""

from simulator.settings import SimulatorSettings
from simulator.simulator import Simulator
from simulator.timeline import Timeline
from tests.simulator.client import CSTA, SESSION, Client, monitor_start, request, session_request


async def start(client: Client, seconds: int) -> str:
    version = f"<requestedProtocolVersions><protocolVersion>{CSTA}</protocolVersion></requestedProtocolVersions>"
    duration = f"<requestedSessionDuration>{seconds}</requestedSessionDuration>"
    answer = await client.ask(session_request("StartApplicationSession", version + duration))
    assert answer.root.nsmap[answer.root.prefix] == SESSION
    assert answer.children == ["sessionID", "actualProtocolVersion", "actualSessionDuration"]
    return answer.text("sessionID") or ""


async def test_a_session_lasts_as_long_as_asked_but_never_longer_than_allowed(client: Client) -> None:
    for asked, granted in ((60, "60"), (86_400, "600"), (0, "600")):
        body = f"<requestedSessionDuration>{asked}</requestedSessionDuration>"
        answer = await client.ask(session_request("StartApplicationSession", body))
        assert answer.text("actualSessionDuration") == granted


async def test_another_edition_is_refused(client: Client) -> None:
    version = "<requestedProtocolVersions><protocolVersion>urn:x</protocolVersion></requestedProtocolVersions>"
    answer = await client.ask(session_request("StartApplicationSession", version))
    assert answer.name == "StartApplicationSessionNegResponse"
    assert answer.text("errorCode/definedError") == "requestedProtocolVersionNotSupported"


async def test_a_session_that_is_not_renewed_is_terminated_with_its_monitors(
    pbx: Simulator, client: Client, timeline: Timeline
) -> None:
    session = await start(client, 20)
    await client.monitor("201")
    timeline.advance(20)
    (terminated,) = await client.events(1)
    assert terminated.name == "ApplicationSessionTerminated"
    assert terminated.text("sessionID") == session
    assert terminated.text("sessionTermReason/definedTermReason") == "sessionTimerExpired"
    pbx.ring("+33199001234", "201")
    assert (await client.ask(request("RequestSystemStatus"))).name == "RequestSystemStatusResponse"


async def test_a_renewed_session_goes_on(pbx: Simulator, client: Client, timeline: Timeline) -> None:
    session = await start(client, 20)
    await client.monitor("201")
    timeline.advance(15)
    renewal = f"<sessionID>{session}</sessionID><requestedSessionDuration>20</requestedSessionDuration>"
    renewed = await client.ask(session_request("ResetApplicationSessionTimer", renewal))
    assert renewed.text("actualSessionDuration") == "20"
    timeline.advance(14)
    pbx.ring("+33199001234", "201")
    assert (await client.events(1))[0].name == "DeliveredEvent"


async def test_a_foreign_session_is_neither_renewed_nor_stopped(client: Client) -> None:
    await start(client, 20)
    for service in ("ResetApplicationSessionTimer", "StopApplicationSession"):
        answer = await client.ask(session_request(service, "<sessionID>other</sessionID>"))
        assert answer.name == f"{service}NegResponse"
        assert answer.text("errorCode/definedError") == "invalidSessionID"


async def test_a_stopped_session_hears_nothing_more(pbx: Simulator, client: Client) -> None:
    session = await start(client, 20)
    await client.monitor("201")
    stopped = await client.ask(session_request("StopApplicationSession", f"<sessionID>{session}</sessionID>"))
    assert stopped.name == "StopApplicationSessionPosResponse"
    pbx.ring("+33199001234", "201")
    assert (await client.ask(request("RequestSystemStatus"))).name == "RequestSystemStatusResponse"


async def test_a_switch_may_demand_a_session(timeline: Timeline) -> None:
    async with Simulator(SimulatorSettings(port=0, require_session=True), timeline) as pbx:
        client = await Client.connect(pbx.port)
        assert (await client.ask(monitor_start("201"))).text("security") == "generic"
        await start(client, 60)
        await client.monitor("201")
        await client.close()


async def test_a_client_that_answers_the_status_stays(client: Client, timeline: Timeline) -> None:
    for _ in range(3):
        timeline.advance(30)
        status = await client.receive()
        assert (status.name, status.text("systemStatus")) == ("SystemStatus", "normal")
        client.send(request("SystemStatusResponse"), invoke_id=status.invoke_id)
        await client.ask(request("RequestSystemStatus"))


async def test_a_client_that_does_not_answer_the_status_is_dropped(client: Client, timeline: Timeline) -> None:
    timeline.advance(30)
    assert (await client.receive()).name == "SystemStatus"
    timeline.advance(30)
    assert await client.at_end() == b""


async def test_a_registered_client_is_told_its_register_id_with_the_status(pbx: Simulator, client: Client) -> None:
    registered = await client.ask(
        request("SystemRegister", "<requestTypes><systemStatus>true</systemStatus></requestTypes>")
    )
    pbx.tell_status("messagesLost")
    status = await client.receive()
    assert status.children == ["sysStatRegisterID", "systemStatus"]
    assert status.text("sysStatRegisterID") == registered.text("sysStatRegisterID")
    assert status.text("systemStatus") == "messagesLost"


async def test_a_clients_own_status_is_acknowledged(client: Client) -> None:
    answer = await client.ask(request("SystemStatus", "<systemStatus>normal</systemStatus>"))
    assert answer.name == "SystemStatusResponse"
