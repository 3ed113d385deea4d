"""Every event keeps the element order of ECMA-323, written down here from the standard's tables."""

from collections.abc import AsyncIterator

import pytest

from simulator.settings import GroupSettings, SimulatorSettings
from simulator.simulator import Simulator
from simulator.timeline import Timeline
from tests.simulator.client import Client, Message

LCI = "localConnectionInfo correlatorData"
NET4 = "networkCallingDevice networkCalledDevice associatedCallingDevice associatedCalledDevice"
MED = "mediaCallCharacteristics callCharacteristics"
SUBJ = "subjectOfCall messageInfo"
END = "languagePreferences locationInfoList extensions"
HIST_END = "languagePreferences deviceHistory locationInfoList extensions"
PARTIES = "callingDevice calledDevice lastRedirectionDevice"

ORDER = {
    "ServiceInitiatedEvent": f"initiatedConnection initiatingDevice calledDevice {LCI} cause servicesPermitted {MED} "
    "initiatedConnectionInfo networkCallingDevice networkCalledDevice associatedCallingDevice callLinkageData "
    f"{SUBJ} {END}",
    "OriginatedEvent": f"originatedConnection callingDevice calledDevice originatingDevice {LCI} cause "
    f"servicesPermitted {NET4} {MED} originatedConnectionInfo callLinkageData {SUBJ} {END}",
    "NetworkReachedEvent": f"outboundConnection networkInterfaceUsed {PARTIES} originatingNIDConnection {LCI} userData "
    f"networkCapability cause servicesPermitted {MED} outboundConnectionInfo networkCallingDevice networkCalledDevice "
    f"associatedCallingDevice callLinkageData {HIST_END}",
    "OfferedEvent": f"offeredConnection offeredDevice {PARTIES} originatingNIDConnection {LCI} userData cause "
    f"servicesPermitted {NET4} {MED} offeredConnectionInfo callLinkageData {SUBJ} {HIST_END}",
    "QueuedEvent": f"queuedConnection queue {PARTIES} numberQueued callsInFront "
    f"{LCI} userData cause servicesPermitted {NET4} {MED} queuedConnectionInfo callLinkageData {SUBJ} {HIST_END}",
    "DeliveredEvent": f"connection alertingDevice {PARTIES} originatingNIDConnection {LCI} userData cause "
    f"servicesPermitted {NET4} {MED} connectionInfo callLinkageData {SUBJ} {HIST_END}",
    "EstablishedEvent": f"establishedConnection answeringDevice {PARTIES} originatinNIDConnection {LCI} userData cause "
    f"servicesPermitted {NET4} {MED} establishedConnectionInfo callLinkageData {SUBJ} {HIST_END}",
    "HeldEvent": f"heldConnection holdingDevice {LCI} cause servicesPermitted {MED} heldConnectionInfo "
    f"callLinkageData {END}",
    "RetrievedEvent": f"retrievedConnection retrievingDevice {LCI} cause servicesPermitted {MED} "
    f"retrievedConnectionInfo callLinkageData {END}",
    "DivertedEvent": f"connection divertingDevice newDestination {PARTIES} {LCI} userData cause servicesPermitted "
    f"{MED} connectionInfo {NET4} callLinkageData {SUBJ} {HIST_END}",
    "FailedEvent": f"failedConnection failingDevice {PARTIES} originatingNIDConnection {LCI} userData cause "
    f"servicesPermitted {NET4} {MED} failedConnectionInfo callLinkageData {SUBJ} {HIST_END}",
    "TransferedEvent": "primaryOldCall secondaryOldCall transferringDevice transferredToDevice transferredConnections "
    f"{LCI} userData chargingInfo cause servicesPermitted {MED} callLinkageDataList {HIST_END}",
    "ConferencedEvent": "primaryOldCall secondaryOldCall conferencingDevice addedParty conferenceConnections "
    f"{LCI} userData cause servicesPermitted {MED} callLinkageDataList {HIST_END}",
    "ConnectionClearedEvent": f"droppedConnection releasingDevice {LCI} userData chargingInfo cause servicesPermitted "
    f"{MED} droppedConnectionInfo callLinkageData {HIST_END}",
    "CallClearedEvent": f"clearedCall correlatorData userData cause {MED} callLinkageData {END}",
    "DoNotDisturbEvent": "device doNotDisturbOn callOrigination callingDeviceList extensions",
    "ForwardingEvent": "device forwardingType forwardStatus forwardTo forwardDefault ringCount ringDuration extensions",
    "MessageWaitingEvent": "targetDevice deviceForMessage messageWaitingOn extensions",
    "BackInServiceEvent": "device cause extensions",
    "OutOfServiceEvent": "device cause extensions",
}


def everything_happens(pbx: Simulator) -> None:
    """Bring about every event that this PBX knows, at extension 201."""
    incoming = pbx.ring("+33199001234", "201", "Supplier")
    incoming.answer()
    incoming.hold()
    incoming.retrieve()
    consulted = incoming.consult("202")
    consulted.answer()
    incoming.transfer(consulted)
    incoming.end()
    conferenced = pbx.ring("+33199001234", "201")
    conferenced.answer()
    third = conferenced.consult("203")
    third.answer()
    conferenced.conference(third)
    conferenced.end()
    outgoing = pbx.dial("201", "+442079460123")
    outgoing.ring_out()
    outgoing.end()
    pbx.ring("", "201", hidden=True).divert("204")
    pbx.dial("201", "204").hang_up()
    pbx.switch.offers = True
    pbx.ring("+33199001234", "201").end()
    queued = pbx.dial("201", "502")
    queued.distribute()
    queued.end()
    pbx.switch.set_do_not_disturb("201", on=True)
    pbx.switch.forward("201", "202")
    pbx.switch.set_message_waiting("201", on=True)
    pbx.switch.set_in_service("201", on=False)
    pbx.switch.set_in_service("201", on=True)


@pytest.fixture
async def pbx(timeline: Timeline) -> AsyncIterator[Simulator]:
    """With a queue."""
    async with Simulator(SimulatorSettings(port=0, groups=GROUPS), timeline) as running:
        yield running


GROUPS = (GroupSettings("queue", "502", ("202", "203")),)


async def heard_until_back_in_service(client: Client) -> list[Message]:
    events: list[Message] = []
    while not events or events[-1].name != "BackInServiceEvent":
        events += await client.events(1)
    return events


async def test_each_event_keeps_that_order_with_all_details_too(timeline: Timeline) -> None:
    async with Simulator(SimulatorSettings(port=0, groups=GROUPS, event_details=True), timeline) as pbx:
        client = await Client.connect(pbx.port)
        await client.monitor("201")
        everything_happens(pbx)
        heard = await heard_until_back_in_service(client)
        for event in heard:
            allowed = ["monitorCrossRefID", *ORDER[event.name].split()]
            assert event.children == [name for name in allowed if name in event.children]
        delivered = next(event for event in heard if event.name == "DeliveredEvent")
        assert {"servicesPermitted", "mediaCallCharacteristics", "callLinkageData"} <= set(delivered.children)
        assert len(delivered.octets) > 2_300
        await client.close()


@pytest.mark.parametrize("extension", ["201", "202"])
async def test_each_event_keeps_the_order_of_the_schema(pbx: Simulator, client: Client, extension: str) -> None:
    await client.monitor(extension)
    await client.monitor("201")
    everything_happens(pbx)
    for event in await heard_until_back_in_service(client):
        allowed = ["monitorCrossRefID", *ORDER[event.name].split()]
        assert event.children == [name for name in allowed if name in event.children]


async def test_a_monitor_hears_every_kind_of_event_but_a_cleared_call(pbx: Simulator, client: Client) -> None:
    await client.monitor("201")
    everything_happens(pbx)
    heard = {event.name for event in await heard_until_back_in_service(client)}
    assert heard == ORDER.keys() - {"CallClearedEvent"}


async def test_the_parties_of_a_joined_call_are_listed_in_schema_order(pbx: Simulator, client: Client) -> None:
    await client.monitor("201")
    everything_happens(pbx)
    events = await heard_until_back_in_service(client)
    (transfered,) = (event for event in events if event.name == "TransferedEvent")
    assert (
        transfered.names("transferredConnections/connectionListItem/*")
        == [
            "newConnection",
            "oldConnection",
            "endpoint",
        ]
        * 2
    )
