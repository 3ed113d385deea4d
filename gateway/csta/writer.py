"""Messages that the gateway sends, as XML in the edition that the PBX uses.

Every function takes a namespace first and gives a UTF-8 document. Text is escaped, device identifiers too: unescaped,
``N<123!98>`` is no XML.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

SESSION_NAMESPACE = "http://www.ecma-international.org/standards/ecma-354/appl_session"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def monitor_start(namespace: str, device: str) -> bytes:
    """A monitor on a device, without a filter: what ``true`` means in one is disputed, so all events are taken."""
    body = f"<monitorObject><deviceObject>{escape(device)}</deviceObject></monitorObject>"
    return _document("MonitorStart", namespace, body + "<monitorType>device</monitorType>")


def monitor_stop(namespace: str, monitor: str) -> bytes:
    """Ends a monitor by its cross reference."""
    return _document("MonitorStop", namespace, f"<monitorCrossRefID>{escape(monitor)}</monitorCrossRefID>")


def snapshot_device(namespace: str, device: str) -> bytes:
    """Asks for the calls that a device has now."""
    return _document("SnapshotDevice", namespace, f"<snapshotObject>{escape(device)}</snapshotObject>")


def snapshot_call(namespace: str, call: str, device: str) -> bytes:
    """Asks who is calling whom in a call, named by one of its connections."""
    connection = f"<callID>{escape(call)}</callID><deviceID>{escape(device)}</deviceID>"
    return _document("SnapshotCall", namespace, f"<snapshotObject>{connection}</snapshotObject>")


def system_status(namespace: str) -> bytes:
    """Tells the PBX that we are well; sent as a sign of life."""
    return _document("SystemStatus", namespace, "<systemStatus>normal</systemStatus>")


def request_system_status(namespace: str) -> bytes:
    """Asks the PBX how it is; sent as a sign of life."""
    return _document("RequestSystemStatus", namespace, "")


def system_status_response(namespace: str) -> bytes:
    """Acknowledges the PBX's SystemStatus."""
    return _document("SystemStatusResponse", namespace, "")


def request_system_status_response(namespace: str) -> bytes:
    """Answers the PBX that we are well."""
    return _document("RequestSystemStatusResponse", namespace, "<systemStatus>normal</systemStatus>")


def refusal(namespace: str, category: str, value: str) -> bytes:
    """A negative answer to a request of the PBX."""
    return _document("CSTAErrorCode", namespace, f"<{category}>{escape(value)}</{category}>")


def start_session(namespace: str, application: str, information: str, duration: int) -> bytes:
    """Opens an ECMA-354 session of ``duration`` seconds. ``information`` carries credentials in the vendor's form."""
    specific = f"<applicationSpecificInfo>{escape(information)}</applicationSpecificInfo>" if information else ""
    return _document(
        "StartApplicationSession",
        SESSION_NAMESPACE,
        f"<applicationInfo><applicationID>{escape(application)}</applicationID>{specific}</applicationInfo>"
        f"<requestedProtocolVersions><protocolVersion>{escape(namespace)}</protocolVersion></requestedProtocolVersions>"
        f"<requestedSessionDuration>{duration}</requestedSessionDuration>",
    )


def renew_session(session: str, duration: int) -> bytes:
    """Asks for ``duration`` more seconds."""
    return _document(
        "ResetApplicationSessionTimer",
        SESSION_NAMESPACE,
        f"<sessionID>{escape(session)}</sessionID><requestedSessionDuration>{duration}</requestedSessionDuration>",
    )


def stop_session(session: str) -> bytes:
    """Ends a session for the ordinary reason."""
    return _document(
        "StopApplicationSession",
        SESSION_NAMESPACE,
        f"<sessionID>{escape(session)}</sessionID>"
        "<sessionEndReason><definedEndReason>normal</definedEndReason></sessionEndReason>",
    )


def _document(root: str, namespace: str, body: str) -> bytes:
    return f'{_DECLARATION}<{root} xmlns="{namespace}">{body}</{root}>'.encode()
