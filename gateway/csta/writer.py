"""Messages that the gateway sends, as XML in the edition that the PBX uses.

Functions that take a namespace write in that edition; all give a UTF-8 document. Text is escaped, device identifiers
too: unescaped, ``N<123!98>`` is no XML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

SESSION_NAMESPACE = "http://www.ecma-international.org/standards/ecma-354/appl_session"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'


def monitor_start(namespace: str, device: str) -> bytes:
    """A monitor on a device, without a filter: what ``true`` means in one is disputed, so all events are taken."""
    body = f"<monitorObject><deviceObject>{escape(device)}</deviceObject></monitorObject>"
    return _document("MonitorStart", namespace, body + "<monitorType>device</monitorType>")


def monitor_stop(namespace: str, monitor: str) -> bytes:
    """Ends a monitor by its cross reference."""
    return _document("MonitorStop", namespace, f"<monitorCrossRefID>{escape(monitor)}</monitorCrossRefID>")


def monitor_stop_response(namespace: str) -> bytes:
    """Acknowledges that the PBX has ended a monitor."""
    return _document("MonitorStopResponse", namespace, "")


def snapshot_device(namespace: str, device: str) -> bytes:
    """Asks for the calls that a device has now."""
    return _document("SnapshotDevice", namespace, f"<snapshotObject>{escape(device)}</snapshotObject>")


def snapshot_call(namespace: str, call: str, device: str) -> bytes:
    """Asks who is calling whom in a call, named by one of its connections."""
    return _document("SnapshotCall", namespace, _connection("snapshotObject", call, device))


def make_call(namespace: str, device: str, number: str) -> bytes:
    """Calls ``number`` from a device, which rings first (``prompt``): nobody is put on a loudspeaker unasked."""
    parties = f"<callingDevice>{escape(device)}</callingDevice>"
    parties += f"<calledDirectoryNumber>{escape(number)}</calledDirectoryNumber>"
    return _document("MakeCall", namespace, f"{parties}<autoOriginate>prompt</autoOriginate>")


def answer_call(namespace: str, call: str, device: str) -> bytes:
    """Answers what rings at a device."""
    return _document("AnswerCall", namespace, _connection("callToBeAnswered", call, device))


def clear_connection(namespace: str, call: str, device: str) -> bytes:
    """Takes a device out of a call."""
    return _document("ClearConnection", namespace, _connection("connectionToBeCleared", call, device))


def set_do_not_disturb(namespace: str, device: str, *, on: bool) -> bytes:
    """For calls of every origin."""
    return _document(
        "SetDoNotDisturb", namespace, f"<device>{escape(device)}</device>" + _flag("doNotDisturbOn", on=on)
    )


def get_do_not_disturb(namespace: str, device: str) -> bytes:
    """Asks whether the device disturbs nobody."""
    return _document("GetDoNotDisturb", namespace, f"<device>{escape(device)}</device>")


def set_message_waiting(namespace: str, device: str, *, on: bool) -> bytes:
    """Lights the lamp of a device, or puts it out."""
    body = f"<device>{escape(device)}</device>" + _flag("messageWaitingOn", on=on)
    return _document("SetMessageWaitingIndicator", namespace, body)


def get_message_waiting(namespace: str, device: str) -> bytes:
    """Asks whether the lamp is lit."""
    return _document("GetMessageWaitingIndicator", namespace, f"<device>{escape(device)}</device>")


def system_register(namespace: str) -> bytes:
    """Asks to be told the PBX's status, and to be asked for ours."""
    types = _flag("systemStatus", on=True) + _flag("requestSystemStatus", on=True)
    return _document("SystemRegister", namespace, f"<requestTypes>{types}</requestTypes>")


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


def start_session(editions: Iterable[str], application: str, information: str, duration: int) -> bytes:
    """Opens an ECMA-354 session of ``duration`` seconds in one of the editions, the best first.

    ``information`` carries credentials in the vendor's form.
    """
    versions = "".join(f"<protocolVersion>{escape(namespace)}</protocolVersion>" for namespace in editions)
    specific = f"<applicationSpecificInfo>{escape(information)}</applicationSpecificInfo>" if information else ""
    return _document(
        "StartApplicationSession",
        SESSION_NAMESPACE,
        f"<applicationInfo><applicationID>{escape(application)}</applicationID>{specific}</applicationInfo>"
        f"<requestedProtocolVersions>{versions}</requestedProtocolVersions>"
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


def _connection(name: str, call: str, device: str) -> str:
    return f"<{name}><callID>{escape(call)}</callID><deviceID>{escape(device)}</deviceID></{name}>"


def _flag(name: str, *, on: bool) -> str:
    return f"<{name}>{'true' if on else 'false'}</{name}>"


def _document(root: str, namespace: str, body: str) -> bytes:
    return f'{_DECLARATION}<{root} xmlns="{namespace}">{body}</{root}>'.encode()
