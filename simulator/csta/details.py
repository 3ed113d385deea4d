"""What events may say beside the call itself: services that are permitted now, media, and the linkage of calls.

All of it is optional in the schema. With it an event has about two and a half times as many octets, and a client as
much more to read.
"""

from simulator.csta.document import boolean, element
from simulator.switch import CallEvent

_PERMITTED = {
    "alternateCall": False,
    "answerCall": True,
    "callBack": False,
    "clearConnection": True,
    "conferenceCall": True,
    "consultationCall": True,
    "deflectCall": True,
    "holdCall": True,
    "reconnectCall": False,
    "retrieveCall": False,
    "singleStepTransfer": True,
    "transferCall": True,
}
_SERVICES = element(
    "servicesPermitted",
    element("callControlServices", *(boolean(name, value=value) for name, value in _PERMITTED.items())),
)
_MEDIA = "".join(
    (
        element(
            "mediaCallCharacteristics",
            element("mediaClass", boolean("voice", value=True)),
            element("connectionRate", "64"),
        ),
        element("callCharacteristics", boolean("acdCall", value=False), boolean("priorityCall", value=False)),
    )
)


def services(_: CallEvent) -> str:
    """``servicesPermitted``."""
    return _SERVICES


def media(_: CallEvent) -> str:
    """``mediaCallCharacteristics`` and ``callCharacteristics``."""
    return _MEDIA


def linkage(event: CallEvent) -> str:
    """``callLinkageData``: the call's name in the whole network."""
    unique = element("globallyUniqueCallLinkageID", f"{int(event.connection.call):016X}")
    domain = element("globalCallSwitchingSubDomainName", "simulated")
    return element("callLinkageData", element("globalCallData", domain, element("globalCallLinkageID", unique)))


DETAILS = frozenset({services, media, linkage})
"""What is left out unless it is asked for."""
