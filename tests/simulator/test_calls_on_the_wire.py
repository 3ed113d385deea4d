"""What a client hears of calls."""

from simulator.simulator import Simulator
from tests.simulator.client import CSTA, Client, request, session_request


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


async def test_a_delivered_event_is_these_bytes(pbx: Simulator, client: Client) -> None:
    await client.monitor("202")
    pbx.ring("+33199001234", "202", "Réception de l'hôtel")
    (delivered,) = await client.events(1)
    assert delivered.octets.decode() == (
        f'<?xml version="1.0" encoding="UTF-8"?><csta:DeliveredEvent xmlns:csta="{CSTA}">'
        "<csta:monitorCrossRefID>0</csta:monitorCrossRefID>"
        "<csta:connection><csta:callID>1</csta:callID><csta:deviceID>N&lt;202&gt;</csta:deviceID></csta:connection>"
        "<csta:alertingDevice><csta:deviceIdentifier>N&lt;202&gt;Warehouse</csta:deviceIdentifier></csta:alertingDevice>"
        "<csta:callingDevice><csta:deviceIdentifier>N&lt;+33199001234&gt;Réception de l'hôtel</csta:deviceIdentifier>"
        "</csta:callingDevice>"
        "<csta:calledDevice><csta:deviceIdentifier>N&lt;202&gt;Warehouse</csta:deviceIdentifier></csta:calledDevice>"
        "<csta:lastRedirectionDevice><csta:notRequired/></csta:lastRedirectionDevice>"
        "<csta:originatingNIDConnection><csta:callID>1</csta:callID><csta:deviceID>N&lt;T1&gt;</csta:deviceID>"
        "</csta:originatingNIDConnection>"
        "<csta:localConnectionInfo>alerting</csta:localConnectionInfo><csta:cause>newCall</csta:cause>"
        "<csta:associatedCallingDevice><csta:deviceIdentifier>N&lt;T1&gt;</csta:deviceIdentifier>"
        "</csta:associatedCallingDevice>"
        "<csta:extensions><csta:privateData><csta:private>"
        '<eventNumber xmlns="urn:x-pbx-simulator">1</eventNumber>'
        "</csta:private></csta:privateData></csta:extensions></csta:DeliveredEvent>"
    )


async def test_caller_and_called_each_hear_the_same_event_with_their_own_state(pbx: Simulator, client: Client) -> None:
    states = {await client.monitor("201"): "connected", await client.monitor("202"): "alerting"}
    pbx.dial("201", "202")
    _initiated, _originated, *delivered = await client.events(4)
    assert {event.name for event in delivered} == {"DeliveredEvent"}
    assert {event.text("monitorCrossRefID"): event.text("localConnectionInfo") for event in delivered} == states


async def test_a_withheld_number_is_restricted(pbx: Simulator, client: Client) -> None:
    await client.monitor("201")
    pbx.ring("", "201", hidden=True)
    (delivered,) = await client.events(1)
    assert delivered.names("callingDevice/*") == ["restricted"]


async def test_a_diverted_call_tells_both_extensions_where_it_went_and_whence_it_came(
    pbx: Simulator, client: Client
) -> None:
    await client.monitor("201")
    await client.monitor("202")
    pbx.ring("+33199001234", "201").divert("202")
    _, diverted, delivered = await client.events(3)
    assert diverted.text("newDestination/deviceIdentifier") == "N<202>Warehouse"
    assert (diverted.text("localConnectionInfo"), diverted.text("cause")) == ("null", "callForwardNoAnswer")
    assert delivered.text("lastRedirectionDevice/numberDialed") == "N<201>"
    assert delivered.text("calledDevice/deviceIdentifier") == "N<201>Front Desk"


async def test_a_transfer_names_old_and_new_connections(pbx: Simulator, client: Client) -> None:
    held = pbx.ring("+33199001234", "201", "Supplier")
    held.answer()
    consulted = held.consult("202")
    consulted.answer()
    await client.monitor("202")
    old = consulted.id
    held.transfer(consulted)
    held.far_end_hangs_up()
    transfered, cleared, _ = await client.events(3)
    assert transfered.text("primaryOldCall/callID") == held.id
    assert transfered.text("secondaryOldCall/callID") == old
    assert transfered.text("transferringDevice/deviceIdentifier") == "N<201>Front Desk"
    item = "transferredConnections/connectionListItem"
    assert transfered.texts(f"{item}/endpoint/deviceID") == ["N<+33199001234>Supplier", "N<202>Warehouse"]
    assert transfered.texts(f"{item}/oldConnection/callID") == [held.id, old]
    assert transfered.texts(f"{item}/newConnection/callID") == [held.id, held.id]
    assert transfered.text("localConnectionInfo") == "connected"
    assert cleared.text("droppedConnection/callID") == held.id
