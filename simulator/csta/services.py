"""Every request this PBX answers, by the name of its root element."""

import logging
from collections.abc import Callable

from simulator.csta import call_control, monitoring, session
from simulator.csta.document import Document
from simulator.csta.elements import error
from simulator.csta.office import Client, Office
from simulator.csta.reading import Request
from simulator.switch import Refused

logger = logging.getLogger(__name__)

Service = Callable[[Office, Client, Request], Document]

SERVICES: dict[str, Service] = {
    "MonitorStart": monitoring.monitor_start,
    "MonitorStop": monitoring.monitor_stop,
    "ChangeMonitorFilter": monitoring.change_monitor_filter,
    "SnapshotDevice": monitoring.snapshot_device,
    "SnapshotCall": monitoring.snapshot_call,
    "MakeCall": call_control.make_call,
    "AnswerCall": call_control.answer_call,
    "ClearConnection": call_control.clear_connection,
    "HoldCall": call_control.hold_call,
    "RetrieveCall": call_control.retrieve_call,
    "SetDoNotDisturb": call_control.set_do_not_disturb,
    "GetDoNotDisturb": call_control.get_do_not_disturb,
    "SetMessageWaitingIndicator": call_control.set_message_waiting,
    "GetMessageWaitingIndicator": call_control.get_message_waiting,
    "StartApplicationSession": session.start,
    "ResetApplicationSessionTimer": session.reset_timer,
    "StopApplicationSession": session.stop,
    "SystemRegister": session.system_register,
    "RequestSystemStatus": session.request_system_status,
    "SystemStatus": session.system_status,
}
_WITHOUT_SESSION = {"StartApplicationSession", "SystemRegister", "RequestSystemStatus", "SystemStatus"}


def answer(office: Office, client: Client, request: Request) -> Document:
    """Carry out one request. What cannot be done is answered with a CSTAErrorCode, never with silence."""
    try:
        return _service(office, client, request.service)(office, client, request)
    except Refused as refused:
        logger.info("request refused", extra={"service": request.service, "reason": str(refused)})
        return error(refused)


def _service(office: Office, client: Client, name: str) -> Service:
    if name not in SERVICES:
        raise Refused("operation", "generic")
    if office.settings.require_session and client.session is None and name not in _WITHOUT_SESSION:
        raise Refused("security", "generic")
    return SERVICES[name]
