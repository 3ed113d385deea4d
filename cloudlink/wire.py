"""The JSON of Mitel's public API and the nouns of ``cloudlink``, both ways.

Field names are those of ``media-api.swagger.json`` (calls, endpoints, collections) and of Mitel's SDK (accounts, users,
the claims of ``GET /token``); where neither names what we tell, the docstring says so. Whoever writes leaves out what
is unknown; whoever reads takes unknown enum values and further fields as they come, and raises ``Malformed`` for the
rest. Imports only ``cloudlink``'s contracts; the embedded API writes with it, ``hosted`` reads with it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cloudlink.model import Account, Call, Endpoint, Role, User, wire_name
from cloudlink.port import CloudLinkUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.administration.accounts import AccountRecord
    from cloudlink.administration.clients import Client
    from cloudlink.administration.users import UserRecord

Json = dict[str, Any]

VERSION = "2017-09-01"
"""The one version of the API: the first part of every path."""

_CALL_NAMES = {field.name: wire_name(field.name) for field in fields(Call)}
_CALL_DATES = ("created_on", "end_time")
_ENDPOINT_NAMES = {
    field.name: wire_name(field.name) for field in fields(Endpoint) if field.name not in {"account_id", "principal_id"}
}


class Malformed(CloudLinkUnavailable):
    """JSON that is not what the public API promises."""


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom a token names: the part of ``GET /token`` that we use. In our own service both ids of a user are equal."""

    account_id: str
    principal_id: str
    user_id: str


def time_to_wire(moment: datetime) -> str:
    """UTC in ISO 8601, to the millisecond as Mitel's samples have it, or finer where the moment is."""
    finest = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).isoformat(timespec=finest).removesuffix("+00:00") + "Z"


def time_from_wire(text: object) -> datetime:
    """Raises ``Malformed``."""
    try:
        moment = datetime.fromisoformat(str(text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed("a time is not in ISO 8601") from None


def collection(items: Sequence[Json], link: str, following: str | None = None) -> Json:
    """``count`` is the page's own; ``following`` is the address of the next page."""
    links = {"self": link} if following is None else {"self": link, "next": following}
    return {"count": len(items), "_links": links, "_embedded": {"items": list(items)}}


def items(told: object) -> Sequence[Json]:
    """The objects in a collection; one without ``_embedded`` is empty."""
    match told:
        case {"_embedded": {"items": list(found)}} if all(isinstance(item, dict) for item in found):
            return found
        case {"_embedded": _}:
            raise Malformed("a collection holds something else than objects")
        case dict():
            return []
    raise Malformed("no collection")


def call_to_wire(call: Call, link: str | None = None) -> Json:
    """``extraPbxData`` is JSON in a string, as the API's schema has it; notifications hold the object itself."""
    told = {name: getattr(call, field) for field, name in _CALL_NAMES.items()}
    for field in _CALL_DATES:
        moment = getattr(call, field)
        told[_CALL_NAMES[field]] = None if moment is None else time_to_wire(moment)
    told["extraPbxData"] = json.dumps(dict(call.extra_pbx_data)) if call.extra_pbx_data else None
    return _linked(_known(told), link)


def call_from_wire(told: object) -> Call:
    """A call without ``createdOn`` (only ``callId`` is required) has begun in 1970."""
    source = _object(told)
    call_id = _text(source, "callId")
    values = {
        field: source[name]
        for field, name in _CALL_NAMES.items()
        if source.get(name) is not None and field not in {"extra_pbx_data", *_CALL_DATES}
    }
    for field in _CALL_DATES:
        if (moment := source.get(_CALL_NAMES[field])) is not None:
            values[field] = time_from_wire(moment)
    _check_types(values)
    values |= {"call_id": call_id, "extra_pbx_data": _extra(source.get("extraPbxData"))}
    return Call(**{"direction": "", "created_on": datetime(1970, 1, 1, tzinfo=UTC), **values})


def endpoint_to_wire(endpoint: Endpoint, link: str | None = None) -> Json:
    """Line state. Without ``pstnRouting``, which is Mitel's internal use."""
    return _linked(_known({name: getattr(endpoint, field) for field, name in _ENDPOINT_NAMES.items()}), link)


def endpoint_from_wire(told: object) -> Endpoint:
    """The API does not tell whose it is: account and principal are empty."""
    source = _object(told)
    values = {field: source[name] for field, name in _ENDPOINT_NAMES.items() if source.get(name) is not None}
    return Endpoint(
        **{"name": "", **values, "endpoint_id": _text(source, "endpointId")}, account_id="", principal_id=None
    )


def account_to_wire(record: AccountRecord, link: str | None = None) -> Json:
    """Without ``domain``, ``source``, ``state`` and ``userLimit``, of which we know nothing.

    ``location.address`` is read as an object ``address`` in an object ``location``; ``timeZone`` is our own field.
    """
    account = record.account
    return _linked(
        _known(
            {
                "accountId": account.account_id,
                "accountNumber": record.account_number,
                "name": account.name,
                "active": account.active,
                "partnerId": record.partner_id,
                "languageCode": account.language_code,
                "timeZone": account.time_zone,
                "accessTokenExpiryHours": record.access_token_expiry_hours,
                "refreshTokenExpiryHours": record.refresh_token_expiry_hours,
                "policy": {"allowGuestAccess": record.guest_access},
                "location": {"address": {wire_name(name): text for name, text in asdict(record.location).items()}},
                "contacts": contacts_to_wire(record),
                **_made(record),
            }
        ),
        link,
    )


def contacts_to_wire(record: AccountRecord) -> list[Json]:
    """The account's contacts, each with the account's id."""
    return [
        {"accountId": record.account_id, **{wire_name(name): text for name, text in asdict(contact).items()}}
        for contact in record.contacts
    ]


def account_from_wire(told: object) -> Account:
    """How an account dials is not told: it has the defaults."""
    source = _object(told)
    return Account(
        account_id=_text(source, "accountId"),
        name=_text(source, "name", ""),
        language_code=_text(source, "languageCode", "en-US"),
        time_zone=_text(source, "timeZone", "UTC"),
        active=source.get("active") is not False,
    )


def user_to_wire(record: UserRecord, link: str | None = None) -> Json:
    """``userId`` is the principal's id. Never a SIP password.

    ``principalId``, ``firstName``, ``lastName``, ``loginId``, ``languageCode``, ``timeZone``, ``telephonyRole`` and
    ``active`` are our own fields: the SDK's user has no such thing.
    """
    user = record.user
    return _linked(
        _known(
            {
                "userId": user.principal_id,
                "uniqueUserId": record.unique_user_id or None,
                "principalId": user.principal_id,
                "accountId": user.account_id,
                "name": user.name,
                "displayName": user.name,
                "firstName": record.given_name or None,
                "lastName": record.family_name or None,
                "loginId": record.login_id or None,
                "email": user.email,
                "emailVerified": record.email_verified,
                "role": user.role,
                "extension": user.extension,
                "phone": record.phone,
                "mobile": user.mobile,
                "telephonyRole": record.telephony_role,
                "userVerified": record.registered_on is not None,
                "siteId": record.site_id,
                "source": record.source,
                "languageCode": user.language_code,
                "timeZone": user.time_zone,
                "active": user.active,
                **_made(record),
            }
        ),
        link,
    )


def user_from_wire(told: object) -> User:
    """A user whom the API does not call inactive is active; the principal's id, if it is not told, is the user's."""
    source = _object(told)
    user_id = _text(source, "userId")
    return User(
        account_id=_text(source, "accountId"),
        principal_id=_text(source, "principalId", user_id),
        name=_text(source, "name", _text(source, "displayName", "")),
        email=_text(source, "email", ""),
        role=_text(source, "role", Role.USER),
        extension=_text(source, "extension", "") or None,
        mobile=_text(source, "mobile", "") or None,
        language_code=_text(source, "languageCode", "") or None,
        time_zone=_text(source, "timeZone", "") or None,
        active=source.get("active") is not False,
    )


def claims_from_wire(told: object) -> Claims:
    """From ``GET /token``; a token that names no principal names them by their user id."""
    source = _object(told)
    user_id = _text(source, "userId", _text(source, "principalId", ""))
    if not user_id:
        raise Malformed("a token names no user")
    return Claims(_text(source, "accountId"), _text(source, "principalId", user_id), user_id)


def client_to_wire(client: Client, secret: str | None = None) -> Json:
    """An application. The body is not public: field names follow ``PUT /applications``; ``secret`` is shown once."""
    return _known(
        {
            "clientId": client.client_id,
            "clientSecret": secret,
            "accountId": client.account_id,
            "name": client.name,
            "description": client.description,
            "redirectUris": list(client.redirect_uris),
            "postLogoutRedirectUris": list(client.post_logout_redirect_uris),
            "grantTypes": list(client.grant_types),
            "role": client.role,
            "active": client.active,
            "createdOn": None if client.created_on is None else time_to_wire(client.created_on),
        }
    )


def _made(record: AccountRecord | UserRecord) -> Json:
    return {
        "createdOn": None if record.created_on is None else time_to_wire(record.created_on),
        "createdBy": record.created_by,
        "modifiedOn": None if record.modified_on is None else time_to_wire(record.modified_on),
        "modifiedBy": record.modified_by,
    }


def _known(told: Mapping[str, Any]) -> Json:
    return {name: value for name, value in told.items() if value is not None}


def _linked(told: Json, link: str | None) -> Json:
    return told if link is None else {**told, "_links": {"self": link}}


def _object(told: object) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise Malformed("no object where one was promised")
    return told


def _text(source: Mapping[str, Any], name: str, otherwise: str | None = None) -> str:
    """A text or a number as text. Raises ``Malformed`` when it is neither, or missing without an ``otherwise``."""
    value = source.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Malformed(f"{name} is missing or of the wrong type")
    return str(value)


def _check_types(values: dict[str, Any]) -> None:
    """The defaults of ``Call`` say which fields are no texts. Raises ``Malformed``."""
    for field in fields(Call):
        if field.name not in values or field.name in _CALL_DATES:
            continue
        wanted: Any = str
        if isinstance(field.default, bool):
            wanted = bool
        elif isinstance(field.default, float):
            wanted = int | float
        if not isinstance(values[field.name], wanted):
            raise Malformed(f"{_CALL_NAMES[field.name]} is of the wrong type")


def _extra(told: object) -> Mapping[str, Any]:
    """What the PBX told beside, which comes as an object or as JSON in a string; a text that is no JSON is kept."""
    if isinstance(told, str) and told:
        try:
            read = json.loads(told)
        except (ValueError, RecursionError):
            read = told
        return read if isinstance(read, dict) else {"text": told}
    return told if isinstance(told, dict) else {}
