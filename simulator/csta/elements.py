"""Parts that many messages share."""

from simulator.csta.document import Element, element
from simulator.switch import Call, ConnectionId, Party, Refused, State


def device_id(number: str, name: str = "") -> str:
    """The switching-function form of a device id, ``N<201>Name``, unescaped."""
    return f"N<{number}>{name}"


def device(name: str, party: Party | None) -> Element:
    """A device reference: an identifier, ``notKnown`` or ``restricted``."""
    if party is None:
        return element(name, Element("notKnown"))
    if party.hidden:
        return element(name, Element("restricted"))
    return element(name, element("deviceIdentifier", device_id(party.number, party.name)))


def trunk(name: str, party: Party | None) -> Element | None:
    """The trunk by which an outsider is connected; nothing for an extension."""
    if party is None or not party.trunk:
        return None
    return element(name, element("deviceIdentifier", device_id(party.trunk)))


def connection(name: str, which: ConnectionId) -> Element:
    """A ConnectionID. Its device has no name: only references to people have."""
    return element(name, element("callID", which.call), element("deviceID", device_id(which.device)))


def error(refused: Refused) -> Element:
    """The negative answer to any request."""
    return element("CSTAErrorCode", element(refused.category, refused.value))


def device_snapshot(calls: list[Call], number: str) -> list[Element]:
    """One entry a call; the first local state is the device's own, the others' follow."""
    return [
        element(
            "snapshotDeviceResponseInfo",
            connection("connectionIdentifier", ConnectionId(call.id, number)),
            element("localCallState", element("compoundCallState", *_states(call, number))),
        )
        for call in calls
    ]


def _states(call: Call, number: str) -> list[Element]:
    states: list[State] = [call.legs[number].state, *(leg.state for leg in call.others(number))]
    return [element("localConnectionState", state) for state in states]


def call_snapshot(call: Call) -> list[Element]:
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
