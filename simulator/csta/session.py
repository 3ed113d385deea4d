"""Application sessions (ECMA-354) and system services (ECMA-323): who is there, and is all well."""

from uuid import uuid4

from simulator.csta.document import Document, Xml, document, element
from simulator.csta.office import Client, Office, Session
from simulator.csta.reading import Request
from simulator.settings import EDITIONS


def start(office: Office, client: Client, request: Request) -> Document:
    """Grant a session in our edition, never longer than the settings allow; a second one replaces the first."""
    wanted = request.texts("requestedProtocolVersions/protocolVersion")
    actual = EDITIONS[office.settings.edition]
    if wanted and actual not in wanted:
        return _negative("StartApplicationSession", "requestedProtocolVersionNotSupported")
    credentials = office.settings.credentials
    if credentials and request.text("applicationInfo/applicationSpecificInfo") != credentials:
        return _negative("StartApplicationSession", "invalidApplicationInfo")
    _end(client)
    seconds = _granted(office, request)
    ends = office.timeline.after(seconds, lambda: expire(office, client))
    client.session = Session(uuid4().hex, ends)
    return _document(
        "StartApplicationSessionPosResponse",
        _element("sessionID", client.session.id),
        _element("actualProtocolVersion", actual),
        _element("actualSessionDuration", str(seconds)),
    )


def reset_timer(office: Office, client: Client, request: Request) -> Document:
    """The session runs anew from now."""
    if client.session is None or client.session.id != request.text("sessionID"):
        return _negative("ResetApplicationSessionTimer", "invalidSessionID")
    seconds = _granted(office, request)
    client.session.ends.cancel()
    client.session.ends = office.timeline.after(seconds, lambda: expire(office, client))
    return _document("ResetApplicationSessionTimerPosResponse", _element("actualSessionDuration", str(seconds)))


def stop(office: Office, client: Client, request: Request) -> Document:
    """The monitors end with the session."""
    if client.session is None or client.session.id != request.text("sessionID"):
        return _negative("StopApplicationSession", "invalidSessionID")
    _end(client)
    office.monitors.stop_all(client)
    return _document("StopApplicationSessionPosResponse")


def expire(office: Office, client: Client) -> None:
    """The client has not renewed its session in time."""
    terminate(office, client, "sessionTimerExpired")


def terminate(office: Office, client: Client, reason: str) -> None:
    """The client loses its session, if it has one, and its monitors, and is told why."""
    if client.session is None:
        return
    client.session.ends.cancel()
    term = _element("sessionTermReason", _element("definedTermReason", reason))
    session, client.session = client.session, None
    office.monitors.stop_all(client)
    client.notify(_document("ApplicationSessionTerminated", _element("sessionID", session.id), term))


def system_register(_: Office, client: Client, __: Request) -> Document:
    """A registration only gives the id that SystemStatus then carries: all clients are told alike."""
    client.status_register = uuid4().hex[:8]
    return document("SystemRegisterResponse", element("sysStatRegisterID", client.status_register))


def request_system_status(_: Office, __: Client, ___: Request) -> Document:
    """A PBX that can answer is well."""
    return document("RequestSystemStatusResponse", element("systemStatus", "normal"))


def system_status(_: Office, __: Client, ___: Request) -> Document:
    """Acknowledge a client's own status."""
    return document("SystemStatusResponse")


def status(client: Client, value: str) -> Document:
    """The SystemStatus request that this PBX sends to a client: ``normal``, ``messagesLost`` and so on."""
    register = element("sysStatRegisterID", client.status_register) if client.status_register else None
    return document("SystemStatus", register, element("systemStatus", value))


def _granted(office: Office, request: Request) -> int:
    wanted = request.text("requestedSessionDuration")
    longest = office.settings.session_seconds
    return min(int(wanted), longest) if wanted.isdigit() and int(wanted) else longest


def _negative(service: str, reason: str) -> Document:
    return _document(f"{service}NegResponse", _element("errorCode", _element("definedError", reason)))


def _element(name: str, *content: str) -> Xml:
    return element(name, *content, prefix="sess")


def _document(name: str, *content: Xml) -> Document:
    return Document(name, "".join(content), "sess")


def _end(client: Client) -> None:
    if client.session is not None:
        client.session.ends.cancel()
        client.session = None
