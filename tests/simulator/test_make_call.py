"""MakeCall: the response names a connection, and the called party acts by itself."""

from simulator.simulator import Simulator
from simulator.timeline import Timeline
from tests.simulator.client import Client, request


def make_call(caller: str, called: str, origin: str = "doNotPrompt") -> str:
    return request(
        "MakeCall",
        f"<callingDevice>N&lt;{caller}&gt;</callingDevice><calledDirectoryNumber>{called}</calledDirectoryNumber>"
        f"<autoOriginate>{origin}</autoOriginate>",
    )


async def names_after(client: Client, body: str) -> tuple[list[str], str]:
    """What comes before and with the response: event names, and the call id of the response."""
    invoke_id = client.send(body)
    names: list[str] = []
    while (message := await client.receive()).invoke_id != invoke_id:
        names.append(message.name)
    return names, message.text("callingDevice/callID") or message.name


async def test_an_outside_number_is_reached_rings_and_answers(
    pbx: Simulator, client: Client, timeline: Timeline
) -> None:
    await client.monitor("201")
    before, call_id = await names_after(client, make_call("201", "+442079460123"))
    timeline.advance(10)
    events = await client.events(4)
    assert [*before, *(event.name for event in events)] == [
        "ServiceInitiatedEvent",
        "OriginatedEvent",
        "NetworkReachedEvent",
        "DeliveredEvent",
        "EstablishedEvent",
    ]
    assert {event.text("calledDevice/deviceIdentifier") for event in events} == {"N<+442079460123>"}
    assert pbx.switch.call(call_id).legs["201"].state == "connected"


async def test_a_prompted_caller_lifts_up_first(pbx: Simulator, client: Client, timeline: Timeline) -> None:
    _, call_id = await names_after(client, make_call("201", "202", "prompt"))
    timeline.advance(1)
    assert pbx.switch.call(call_id).legs["201"].state == "initiated"
    timeline.advance(1)
    assert pbx.switch.call(call_id).legs["202"].state == "alerting"


async def test_a_busy_extension_fails_and_the_caller_hangs_up(
    pbx: Simulator, client: Client, timeline: Timeline
) -> None:
    pbx.ring("+33199001234", "202")
    await client.monitor("201")
    await names_after(client, make_call("201", "202"))
    timeline.advance(20)
    originated, failed, cleared = await client.events(3)
    assert originated.text("calledDevice/deviceIdentifier") == "N<202>Warehouse"
    assert (failed.name, failed.text("cause")) == ("FailedEvent", "busy")
    assert cleared.name == "ConnectionClearedEvent"
    assert pbx.switch.calls_of("201") == []
