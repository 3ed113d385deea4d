"""Every operation of the public API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.service.api.admin.bodies import (
    AccountToChange,
    ClientToMake,
    ForgottenPassword,
    UserToChange,
    UserToMake,
)
from cloudlink.service.api.media.bodies import CallAction, EndpointAction, Hide, NewCall
from cloudlink.service.api.notifications.bodies import NewSubscription

if TYPE_CHECKING:
    from cloudlink.service.api.bodies import Body


@dataclass(frozen=True, slots=True)
class Operation:
    """``answer`` names a schema and is empty where there is no body; ``status`` is ``None`` when it never succeeds."""

    service: str
    method: str
    path: str
    name: str
    summary: str
    answer: str = ""
    status: int | None = 200
    body: type[Body] | None = None
    errors: tuple[int, ...] = (403, 404)
    query: tuple[str, ...] = ()


_PAGED = ("$top", "$skip", "$skiptoken", "$filter")
_NO_CONTROL = "Checked, then refused: no gateway can do this yet"
_ENDPOINT = "/endpoints/{endpointId}"
_COMMAND_ERRORS = (403, 404, 422, 429, 503, 504)
_CALL = f"{_ENDPOINT}/calls/{{callId}}"
_ACCOUNT = "/accounts/{accountId}"
_ONE_SUBSCRIPTION = "/subscriptions/{subscriptionId}"

_MEDIA = (
    Operation("media", "get", "/calls/records", "getCallRecords", "Call history", "callCollection", query=_PAGED),
    Operation(
        "media", "put", "/calls/records", "updateCallRecords", "Hide what the filter finds", "nothing", body=Hide,
        query=("$filter",),
    ),
    Operation("media", "get", "/calls/{callId}/records", "getCallRecord", "A call's records", "callCollection"),
    Operation("media", "put", "/calls/{callId}/records", "updateCallRecord", "Hide a record", "nothing", body=Hide),
    Operation("media", "get", _ENDPOINT, "getEndpoint", "Line state, by a device's or its user's id", "endpoint"),
    Operation("media", "put", _ENDPOINT, "updateEndpoint", _NO_CONTROL, status=None, body=EndpointAction),
    Operation(
        "media", "get", f"{_ENDPOINT}/calls", "getEndpointCalls", "A telephone's calls now", "callCollection",
        query=("$top", "$skip"), errors=_COMMAND_ERRORS,
    ),
    Operation(
        "media", "post", f"{_ENDPOINT}/calls", "createEndpointCall", "Ring one's own device, then call", "call",
        body=NewCall, errors=_COMMAND_ERRORS,
    ),
    Operation("media", "get", _CALL, "getEndpointCall", "A call of the endpoint", "call", errors=_COMMAND_ERRORS),
    Operation(
        "media", "put", _CALL, "updateCallByEndpointId", "Answer or end a call on one's own device", "nothing",
        body=CallAction, errors=_COMMAND_ERRORS,
    ),
)  # fmt: skip
_ADMIN = (
    Operation("admin", "get", _ACCOUNT, "getAccount", "An account", "account"),
    Operation(
        "admin", "put", _ACCOUNT, "updateAccount", "Change what is sent", "account", body=AccountToChange,
        errors=(403, 404, 409),
    ),
    Operation("admin", "get", f"{_ACCOUNT}/contacts", "getContacts", "Its contacts", "contactCollection"),
    Operation("admin", "get", f"{_ACCOUNT}/contacts/{{contactId}}", "getContact", "One of them", "contact"),
    Operation(
        "admin", "post", f"{_ACCOUNT}/clients", "createClient", "An application; its secret is shown once", "client",
        201, ClientToMake, errors=(403, 404, 409),
    ),
    Operation("admin", "get", "/users", "getUsers", "Users by name", "userCollection", query=_PAGED),
    Operation(
        "admin", "post", "/users", "createUser", "A user, who gets the welcome mail", "user", 201, UserToMake,
        errors=(403, 404, 409),
    ),
    Operation("admin", "get", "/users/{userId}", "getUser", "A user", "user"),
    Operation(
        "admin", "put", "/users/{userId}", "updateUser", "Change what is sent", "user", body=UserToChange,
        errors=(403, 404, 409),
    ),
    Operation("admin", "delete", "/users/{userId}", "deleteUser", "End a user", status=204, errors=(403, 404, 409)),
    Operation(
        "admin", "put", "/users/{email}/password", "forgotPassword", "Send the mail for a new password", "nothing",
        body=ForgottenPassword, errors=(403, 404, 409),
    ),
)  # fmt: skip
_NOTIFICATIONS = (
    Operation(
        "notifications", "get", "/subscriptions", "getSubscriptions", "The account's subscriptions",
        "subscriptionCollection", errors=(403,),
    ),
    Operation(
        "notifications", "post", "/subscriptions", "createSubscription", "Be told of calls and lines", "subscription",
        201, NewSubscription, errors=(403, 409),
    ),
    Operation("notifications", "get", _ONE_SUBSCRIPTION, "getSubscription", "A subscription", "subscription"),
    Operation("notifications", "delete", _ONE_SUBSCRIPTION, "deleteSubscription", "End it", status=204),
)  # fmt: skip

OPERATIONS = (*_MEDIA, *_ADMIN, *_NOTIFICATIONS)
