"""Parts that many messages share."""

from xml.sax.saxutils import escape

from simulator.csta.document import Document, Xml, document, element
from simulator.switch import Call, ConnectionId, Party, Refused, State


def device_id(number: str, name: str = "") -> str:
    """The switching-function form of a device id, ``N<201>Name``, unescaped."""
    return f"N<{number}>{name}"


def device(name: str, party: Party | None) -> Xml:
    """A device reference: an identifier, ``notKnown`` or ``restricted``."""
    if party is None:
        return element(name, element("notKnown"))
    if party.hidden:
        return element(name, element("restricted"))
    return _identified(name, device_id(party.number, party.name))


def trunk(name: str, party: Party | None) -> Xml | None:
    """The trunk by which an outsider is connected; nothing for an extension."""
    if party is None or not party.trunk:
        return None
    return _identified(name, device_id(party.trunk))


def connection(name: str, which: ConnectionId) -> Xml:
    """A ConnectionID. Its device has no name: only references to people have."""
    return Xml(
        f"<csta:{name}><csta:callID>{which.call}</csta:callID>"
        f"<csta:deviceID>{escape(device_id(which.device))}</csta:deviceID></csta:{name}>"
    )


def _identified(name: str, device: str) -> Xml:
    return Xml(f"<csta:{name}><csta:deviceIdentifier>{escape(device)}</csta:deviceIdentifier></csta:{name}>")


def error(refused: Refused) -> Document:
    """The negative answer to any request."""
    return document("CSTAErrorCode", element(refused.category, refused.value))


def device_snapshot(calls: list[Call], number: str) -> list[Xml]:
    """One entry a call; the first local state is the device's own, the others' follow."""
    return [
        element(
            "snapshotDeviceResponseInfo",
            connection("connectionIdentifier", ConnectionId(call.id, number)),
            element("localCallState", element("compoundCallState", *_states(call, number))),
        )
        for call in calls
    ]


def _states(call: Call, number: str) -> list[Xml]:
    states: list[State] = [call.legs[number].state, *(leg.state for leg in call.others(number))]
    return [element("localConnectionState", state) for state in states]


def call_snapshot(call: Call) -> list[Xml]:
    """One entry a connection."""
    return [
        element(
            "snapshotCallResponseInfo",
            device("deviceOnCall", leg.party),
            connection("callIdentifier", call.connection(leg.party)),
            element("localConnectionInfo", leg.state),
        )
        for leg in call.legs.values()
    ]
