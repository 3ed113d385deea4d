"""Call control and telephone features."""

from simulator.csta.document import Document, boolean, document
from simulator.csta.elements import connection
from simulator.csta.office import Client, Office
from simulator.csta.reading import Request
from simulator.switch import Call, ConnectionId, Refused


def make_call(office: Office, _: Client, request: Request) -> Document:
    """Lift up at once; the rest of the call follows as the caller and the called party act."""
    caller, digits = request.device("callingDevice"), request.device("calledDirectoryNumber")
    if caller not in office.switch.extensions:
        raise Refused("operation", "invalidCallingDeviceID")
    if not digits.lstrip("+").isdigit():
        raise Refused("operation", "invalidCalledDeviceID")
    call = office.switch.seize(caller, "makeCall")
    office.place_call(call, digits, request.text("autoOriginate") != "doNotPrompt")
    return document("MakeCallResponse", connection("callingDevice", ConnectionId(call.id, caller)))


def answer_call(office: Office, _: Client, request: Request) -> Document:
    """Answer what rings at the named connection."""
    office.switch.answer(*_connection(office, request, "callToBeAnswered"))
    return document("AnswerCallResponse")


def clear_connection(office: Office, _: Client, request: Request) -> Document:
    """Hang up at the named connection; the other parties follow as the call model has it."""
    office.switch.clear(*_connection(office, request, "connectionToBeCleared"))
    return document("ClearConnectionResponse")


def hold_call(office: Office, _: Client, request: Request) -> Document:
    """Put the named connection on hold."""
    office.switch.hold(*_connection(office, request, "callToBeHeld"))
    return document("HoldCallResponse")


def retrieve_call(office: Office, _: Client, request: Request) -> Document:
    """Take a held connection back."""
    office.switch.retrieve(*_connection(office, request, "callToBeRetrieved"))
    return document("RetrieveCallResponse")


def set_do_not_disturb(office: Office, _: Client, request: Request) -> Document:
    """Every monitor on the device hears of it, the asking client included."""
    office.switch.set_do_not_disturb(request.device("device"), on=request.true("doNotDisturbOn"))
    return document("SetDoNotDisturbResponse")


def get_do_not_disturb(office: Office, _: Client, request: Request) -> Document:
    """Origins and lists of callers are not kept: the feature is on for all or off."""
    extension = office.switch.extension(request.device("device"))
    return document("GetDoNotDisturbResponse", boolean("doNotDisturbOn", value=extension.do_not_disturb))


def set_message_waiting(office: Office, _: Client, request: Request) -> Document:
    """Switch the lamp of a telephone."""
    office.switch.set_message_waiting(request.device("device"), on=request.true("messageWaitingOn"))
    return document("SetMessageWaitingIndicatorResponse")


def get_message_waiting(office: Office, _: Client, request: Request) -> Document:
    """Whether the lamp is lit."""
    extension = office.switch.extension(request.device("device"))
    return document("GetMessageWaitingIndicatorResponse", boolean("messageWaitingOn", value=extension.message_waiting))


def _connection(office: Office, request: Request, path: str) -> tuple[Call, str]:
    """The call and the device of a ConnectionID. A device in exactly one call needs no call id."""
    call_id, device = request.connection(path)
    office.switch.extension(device)
    if call_id:
        return office.switch.call(call_id), device
    match office.switch.calls_of(device):
        case [call]:
            return call, device
        case []:
            raise Refused("stateIncompatibility", "noActiveCall")
        case _:
            raise Refused("operation", "invalidConnectionID")
