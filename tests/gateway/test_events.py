"""Every call-control event in every edition, with all the elements that the schema gives it, in the schema's order.

The element names are those of ECMA-323, whose sixth edition only adds to the third one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.csta.devices import DeviceId
from gateway.csta.messages import CallEvent, ConnectionId, EventKind, FeatureEvent, Party
from gateway.csta.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable

EDITIONS = {
    "ed2": "http://www.ecma.ch/standards/ecma-323/csta/ed2",
    **{
        f"ed{number}": f"http://www.ecma-international.org/standards/ecma-323/csta/ed{number}" for number in range(3, 7)
    },
}

# Element names in order; what many events share is short for several, as in the tables above.
SHARED = {
    "LCI": "localConnectionInfo correlatorData",
    "NET": "networkCallingDevice networkCalledDevice associatedCallingDevice associatedCalledDevice",
    "MED": "servicesPermitted mediaCallCharacteristics callCharacteristics",
    "SUBJ": "callLinkageData subjectOfCall messageInfo",
    "END": "languagePreferences deviceHistory locationInfoList extensions",
    "SIDES": "callingDevice calledDevice lastRedirectionDevice",
    "NID": "originatingNIDConnection",
}
TABLE = {
    EventKind.SERVICE_INITIATED: """initiatedConnection initiatingDevice calledDevice LCI cause MED
        initiatedConnectionInfo NET SUBJ END""",
    EventKind.ORIGINATED: """originatedConnection callingDevice calledDevice originatingDevice LCI cause
        servicesPermitted NET MED originatedConnectionInfo SUBJ END""",
    EventKind.OFFERED: """offeredConnection offeredDevice SIDES NID LCI userData cause NET MED offeredConnectionInfo
        SUBJ END""",
    EventKind.DELIVERED: "connection alertingDevice SIDES NID LCI userData cause NET MED connectionInfo SUBJ END",
    EventKind.ESTABLISHED: """establishedConnection answeringDevice SIDES originatinNIDConnection LCI userData cause
        NET MED establishedConnectionInfo SUBJ END""",
    EventKind.QUEUED: """queuedConnection queue SIDES numberQueued callsInFront LCI userData cause NET MED
        queuedConnectionInfo SUBJ END""",
    EventKind.HELD: "heldConnection holdingDevice LCI cause MED heldConnectionInfo callLinkageData END",
    EventKind.RETRIEVED: """retrievedConnection retrievingDevice LCI cause MED retrievedConnectionInfo
        callLinkageData END""",
    EventKind.DIVERTED: """connection divertingDevice newDestination SIDES LCI userData cause MED connectionInfo NET
        SUBJ END""",
    EventKind.FAILED: """failedConnection failingDevice SIDES NID LCI userData cause NET MED failedConnectionInfo
        SUBJ END""",
    EventKind.TRANSFERRED: """primaryOldCall secondaryOldCall transferringDevice transferredToDevice
        transferredConnections LCI userData chargingInfo cause MED callLinkageDataList END""",
    EventKind.CONFERENCED: """primaryOldCall secondaryOldCall conferencingDevice addedParty conferenceConnections LCI
        userData cause MED callLinkageDataList END""",
    EventKind.CONNECTION_CLEARED: """droppedConnection releasingDevice LCI userData chargingInfo cause MED
        droppedConnectionInfo callLinkageData END""",
    EventKind.CALL_CLEARED: "clearedCall correlatorData userData cause MED callLinkageData END",
    EventKind.NETWORK_REACHED: """outboundConnection networkInterfaceUsed SIDES NID LCI userData networkCapability cause
        MED outboundConnectionInfo NET callLinkageData END""",
}
ELEMENTS = {kind: " ".join(SHARED.get(name, name) for name in names.split()).split() for kind, names in TABLE.items()}

CONNECTION = "<{p}callID>17</{p}callID><{p}deviceID>N&lt;201!98&gt;</{p}deviceID>"
CONTENTS = {
    "localConnectionInfo": "connected",
    "correlatorData": "\n 48 65\n 6c",
    "cause": "normal",
    "callingDevice": "<{p}deviceIdentifier>N&lt;+33199000142&gt;;noa=nk</{p}deviceIdentifier>",
    "calledDevice": "<{p}deviceIdentifier>N&lt;201!98&gt;Front Desk</{p}deviceIdentifier>",
    "lastRedirectionDevice": "<{p}numberDialed>N&lt;202&gt;</{p}numberDialed>",
    "networkCallingDevice": "<{p}deviceIdentifier>N&lt;900&gt;</{p}deviceIdentifier>",
    "extensions": '<{p}privateData><{p}private><x:cause xmlns:x="urn:x">busy</x:cause></{p}private></{p}privateData>',
    "transferredConnections": "<{p}connectionListItem/>",
    "newDestination": "<{p}deviceIdentifier>N&lt;203&gt;</{p}deviceIdentifier>",
}
SUBJECT_CONNECTIONS = {names[0] for names in ELEMENTS.values()} | {"secondaryOldCall"}
DEVICES = {
    "initiatingDevice", "originatingDevice", "offeredDevice", "alertingDevice", "answeringDevice", "queue",
    "holdingDevice", "retrievingDevice", "divertingDevice", "failingDevice", "transferringDevice",
    "transferredToDevice", "conferencingDevice", "addedParty", "releasingDevice",
}  # fmt: skip


def content(name: str, prefix: str) -> str:
    if name in SUBJECT_CONNECTIONS or name.endswith("NIDConnection"):
        return CONNECTION.format(p=prefix)
    if name in DEVICES:
        return f"<{prefix}deviceIdentifier>N&lt;201!98&gt;</{prefix}deviceIdentifier>"
    return CONTENTS.get(name, "").format(p=prefix)


def prefixed(root: str, namespace: str, names: list[str]) -> str:
    body = "".join(f"<c:{name}>{content(name, 'c:')}</c:{name}>" for name in names)
    return f'<c:{root} xmlns:c="{namespace}"><c:monitorCrossRefID>0</c:monitorCrossRefID>{body}</c:{root}>'


def in_the_default_namespace(root: str, namespace: str, names: list[str]) -> str:
    body = "".join(f"<{name}>{content(name, '')}</{name}>" for name in names)
    return f'<{root} xmlns="{namespace}"><monitorCrossRefID>0</monitorCrossRefID>{body}</{root}>'


def declared_and_not_used(root: str, namespace: str, names: list[str]) -> str:
    body = "".join(f"<{name}>{content(name, '')}</{name}>" for name in names)
    return f'<{root} xmlns:c="{namespace}"><monitorCrossRefID>0</monitorCrossRefID>{body}</{root}>'


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("spelt", [prefixed, in_the_default_namespace, declared_and_not_used])
def test_every_event_is_read_in_every_edition(edition: str, spelt: Callable[[str, str, list[str]], str]) -> None:
    for kind, names in ELEMENTS.items():
        event = parse(spelt(kind.value, EDITIONS[edition], names).encode())
        assert isinstance(event, CallEvent)
        assert (event.kind, event.monitor, event.cause) == (kind, "0", "normal")
        assert event.connection == ConnectionId("17", DeviceId("201", "98"))
        if "localConnectionInfo" in names:
            assert event.local_state == "connected"
        if "callingDevice" in names:
            assert event.calling == Party("+33199000142")
        if "calledDevice" in names:
            assert event.called == Party("201", "Front Desk")
        if "lastRedirectionDevice" in names:
            assert event.redirected_by == Party("202")
        assert (event.device is not None) == (kind not in {EventKind.CALL_CLEARED, EventKind.NETWORK_REACHED})
        assert (event.secondary is not None) == ("secondaryOldCall" in names)


@pytest.mark.parametrize("edition", EDITIONS)
def test_feature_events_are_read_in_every_edition(edition: str) -> None:
    reference = "<monitorCrossRefID>0</monitorCrossRefID>"
    device = "<device><deviceIdentifier>201</deviceIdentifier></device>"
    expected = {
        f"{device}<doNotDisturbOn>true</doNotDisturbOn><callOrigination/>|DoNotDisturbEvent": FeatureEvent(
            "0", do_not_disturb=True
        ),
        "<targetDevice/><deviceForMessage/><messageWaitingOn>1</messageWaitingOn>|MessageWaitingEvent": FeatureEvent(
            "0", message_waiting=True
        ),
        f"{device}<cause>normal</cause>|BackInServiceEvent": FeatureEvent("0", in_service=True),
        f"{device}<cause>normal</cause>|OutOfServiceEvent": FeatureEvent("0", in_service=False),
    }
    for told, event in expected.items():
        body, root = told.split("|")
        assert parse(f'<{root} xmlns="{EDITIONS[edition]}">{reference}{body}</{root}>'.encode()) == event
