"""CSTA documents as a generator of faults makes them, from names and contents that the gateway looks for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from gateway.csta.messages import EventKind

if TYPE_CHECKING:
    from collections.abc import Sequence

ED5 = "http://www.ecma-international.org/standards/ecma-323/csta/ed5"

ROOTS = [
    *(kind.value for kind in EventKind),
    "TransferredEvent", "DoNotDisturbEvent", "MessageWaitingEvent", "BackInServiceEvent", "ForwardingEvent",
    "MonitorStartResponse", "SnapshotDeviceResponse", "SnapshotDeviceData", "SnapshotCallResponse", "SnapshotCallData",
    "MakeCallResponse", "GetDoNotDisturbResponse", "SystemRegisterResponse", "StartApplicationSessionPosResponse",
    "StartApplicationSessionNegResponse", "ResetApplicationSessionTimerPosResponse", "ApplicationSessionTerminated",
    "SystemStatus", "RequestSystemStatus", "MonitorStop", "CSTAErrorCode", "MakeCall", "a",
]  # fmt: skip
CHILDREN = [
    "monitorCrossRefID", "connection", "establishedConnection", "droppedConnection", "primaryOldCall",
    "secondaryOldCall", "clearedCall", "alertingDevice", "answeringDevice", "releasingDevice", "callingDevice",
    "calledDevice", "lastRedirectionDevice", "newDestination", "transferredConnections", "conferenceConnections",
    "localConnectionInfo", "cause", "doNotDisturbOn", "correlatorData", "crossRefIDorSnapshotData", "snapshotData",
    "serviceCrossRefID", "lastSegment", "sessionID", "actualSessionDuration", "sessionTermReason", "errorCode",
    "systemStatus", "operation", "extensions", "b",
]  # fmt: skip
IDENTIFIERS = ["201", "N&lt;201!98&gt;Front", "N&lt;+33199000142&gt;;noa=nk", "N&lt;&gt;", "N&lt;", ";", "202"]
CONTENTS = [
    "", "0", "true", "alerting", "connected", "null", "hold", "normal", "transfer", "callForwardNoAnswer", "9" * 400,
    *IDENTIFIERS,
    *(f"<callID>{call}</callID><deviceID>{device}</deviceID>" for call in ("5", "") for device in IDENTIFIERS),
    *(f"<deviceIdentifier>{device}</deviceIdentifier>" for device in IDENTIFIERS),
    '<deviceIdentifier privateNumber="true">201</deviceIdentifier>', "<restricted/>", "<notKnown/>", "<callID/>",
    "<connectionListItem><newConnection><callID>6</callID><deviceID>201</deviceID></newConnection><oldConnection>"
    "<callID>5</callID></oldConnection><endpoint><deviceID>202</deviceID></endpoint></connectionListItem>",
    "<snapshotData><snapshotDeviceResponseInfo><connectionIdentifier><callID>5</callID></connectionIdentifier>"
    "<localCallState><compoundCallState><localConnectionState>hold</localConnectionState></compoundCallState>"
    "</localCallState></snapshotDeviceResponseInfo></snapshotData>",
    "<snapshotDeviceResponseInfo/>", "<snapshotCallResponseInfo><deviceOnCall>201</deviceOnCall>"
    "</snapshotCallResponseInfo>", "<!-- a comment -->", "<?an instruction?>", "<![CDATA[<201>]]>",
]  # fmt: skip
_texts = st.text(max_size=12).map(escape)
_children = st.lists(st.tuples(st.sampled_from(CHILDREN), st.sampled_from(CONTENTS) | _texts), max_size=9)


def _written(root: str, children: Sequence[tuple[str, str]], style: int) -> str:
    """Prefixed, in a default namespace, or in none; most with a cross reference."""
    prefix, declared = (("c:", f' xmlns:c="{ED5}"'), ("", f' xmlns="{ED5}"'), ("", ""))[style % 3]
    reference = f"<{prefix}monitorCrossRefID>0</{prefix}monitorCrossRefID>" if style < 8 else ""
    body = "".join(f"<{prefix}{name}>{content}</{prefix}{name}>" for name, content in children)
    return f"<{prefix}{root}{declared}>{reference}{body}</{prefix}{root}>"


sound = st.builds(_written, st.sampled_from(ROOTS), _children, st.integers(0, 9))


def _encoded(document: str, told: str, encoding: str) -> bytes:
    declaration = f'<?xml version="1.0" encoding="{told}"?>' if told else ""
    return (declaration + document).encode(encoding, "xmlcharrefreplace" if encoding == "latin-1" else "replace")


_encodings = ["utf-8", "utf-8", "utf-8", "utf-16", "latin-1"]
encoded = st.builds(
    _encoded, sound, st.sampled_from(["", "UTF-8", "UTF-16", "ISO-8859-1", "UTF-7", "x"]), st.sampled_from(_encodings)
)


def _spoilt(document: bytes, at: float, until: float, put: bytes) -> bytes:
    start, end = sorted((int(at * len(document)), int(until * len(document))))
    return document[:start] + put + document[min(end, start + 8) :]


_share = st.floats(0, 1)
spoilt = st.builds(_spoilt, encoded, _share, _share, st.binary(max_size=6))

documents = encoded | spoilt | st.binary(max_size=60)

_BOMB = '<!DOCTYPE a [<!ENTITY l0 "ha">{entities}]>'
_DECLARATIONS = [
    _BOMB.format(entities="".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 20))),
    '<!DOCTYPE a [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>',
    '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
    '<!DOCTYPE a [<!ENTITY % l9 SYSTEM "http://127.0.0.1:9/"> %l9;]>',
    "<!DOCTYPE a>",
]


def _bomb(document: str, declared: str, told: str) -> bytes:
    document = document.replace("</", "&l9;</", 1) if "ENTITY" in declared else document
    encoding = told.lower() if told in {"UTF-16", "UTF-7", "UTF-32"} else "utf-8"
    return (f'<?xml version="1.0" encoding="{told}"?>' + declared + document).encode(encoding, "replace")


bombs = st.builds(
    _bomb, sound, st.sampled_from(_DECLARATIONS), st.sampled_from(["UTF-8", "UTF-16", "UTF-7", "UTF-32", "ISO-8859-1"])
)
