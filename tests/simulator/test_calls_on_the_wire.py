"""What a client hears of calls."""

from simulator.simulator import Simulator
from tests.simulator.client import Client, request, session_request


async def test_an_incoming_call_is_told_from_session_to_end(pbx: Simulator, client: Client) -> None:
    session = await client.ask(session_request("StartApplicationSession"))
    assert session.name == "StartApplicationSessionPosResponse"
    reference = await client.monitor("201")
    snapshot = await client.ask(request("SnapshotDevice", "<snapshotObject>N&lt;201&gt;</snapshotObject>"))
    assert snapshot.text("crossRefIDorSnapshotData/snapshotData") == ""

    call = pbx.ring("+33199001234", "201", "Réception de l'hôtel")
    call.answer()
    call.far_end_hangs_up()

    delivered, established, far_cleared, own_cleared = await client.events(4)
    assert [event.name for event in (delivered, established, far_cleared, own_cleared)] == [
        "DeliveredEvent",
        "EstablishedEvent",
        "ConnectionClearedEvent",
        "ConnectionClearedEvent",
    ]
    assert delivered.text("monitorCrossRefID") == reference
    assert delivered.text("callingDevice/deviceIdentifier") == "N<+33199001234>Réception de l'hôtel"
    assert delivered.text("alertingDevice/deviceIdentifier") == "N<201>Front Desk"
    assert delivered.text("localConnectionInfo") == "alerting"
    assert established.text("establishedConnection/deviceID") == "N<201>"
    assert far_cleared.text("localConnectionInfo") == "connected"
    assert own_cleared.text("localConnectionInfo") == "null"
