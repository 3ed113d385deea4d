"""The shapes of answers, as ``cloudlink.wire`` writes them.

States, causes and directions are texts without an ``enum``, as in Mitel's description: a reader survives new ones.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}
TIME: Schema = {"type": "string", "format": "date-time"}
LINKS: Schema = {"type": "object", "required": ["self"], "properties": {"self": TEXT, "next": TEXT}}


def _object(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "required": required.split(), "properties": properties, "additionalProperties": False}


def reference(name: str) -> Schema:
    """To a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def _collection(name: str) -> Schema:
    items = {"type": "array", "items": reference(name)}
    return _object(
        "count _links _embedded",
        count={"type": "integer", "minimum": 0},
        _links=LINKS,
        _embedded=_object("items", items=items),
    )


_PARTY = {
    f"{side}{part}": kind
    for side in ("from", "to")
    for part, kind in (("", TEXT), ("NumberE164", FLAG), ("Name", TEXT), ("PrincipalId", TEXT))
}
_MADE = {"createdOn": TIME, "createdBy": TEXT, "modifiedOn": TIME, "modifiedBy": TEXT}
_CONTACT = {"contactId": TEXT, "accountId": TEXT, "name": TEXT, "email": TEXT, "contactType": TEXT}
_USER_TEXTS = (
    "userId", "uniqueUserId", "principalId", "accountId", "name", "displayName", "firstName", "lastName", "loginId",
    "email", "role", "extension", "phone", "mobile", "telephonyRole", "siteId", "source", "languageCode", "timeZone",
)  # fmt: skip
_ADDRESS = dict.fromkeys(("country", "street", "city", "stateOrProvince", "zipCode"), TEXT)

SCHEMAS: dict[str, Schema] = {
    "error": _object("name message", name=TEXT, message=TEXT),
    "nothing": {"type": "object", "maxProperties": 0},
    "call": _object(
        "callId",
        callId=TEXT,
        siteId=TEXT,
        **_PARTY,
        state=TEXT,
        cause=TEXT,
        direction=TEXT,
        extraPbxData=TEXT,
        createdOn=TIME,
        endTime=TIME,
        completed=FLAG,
        ringTime=NUMBER,
        billingTime=NUMBER,
        _links=LINKS,
    ),
    "callCollection": _collection("call"),
    "endpoint": _object(
        "endpointId _links",
        endpointId=TEXT,
        name=TEXT,
        type=TEXT,
        state=TEXT,
        userAvailability=TEXT,
        messageWaiting=FLAG,
        dnd=FLAG,
        _links=LINKS,
    ),
    "contact": _object("contactId accountId", **_CONTACT, _links=LINKS),
    "contactCollection": _collection("contact"),
    "account": _object(
        "accountId name active _links",
        accountId=TEXT,
        accountNumber=TEXT,
        name=TEXT,
        active=FLAG,
        partnerId=TEXT,
        languageCode=TEXT,
        timeZone=TEXT,
        accessTokenExpiryHours={"type": "integer"},
        refreshTokenExpiryHours={"type": "integer"},
        policy=_object("", allowGuestAccess=FLAG),
        location=_object("", address=_object("", **_ADDRESS)),
        contacts={"type": "array", "items": reference("contact")},
        **_MADE,
        _links=LINKS,
    ),
    "user": _object(
        "userId principalId accountId name email role active _links",
        **dict.fromkeys(_USER_TEXTS, TEXT),
        emailVerified=FLAG,
        userVerified=FLAG,
        active=FLAG,
        **_MADE,
        _links=LINKS,
    ),
    "userCollection": _collection("user"),
    "client": _object(
        "clientId accountId name active",
        clientId=TEXT,
        clientSecret=TEXT,
        accountId=TEXT,
        name=TEXT,
        description=TEXT,
        redirectUris={"type": "array", "items": TEXT},
        postLogoutRedirectUris={"type": "array", "items": TEXT},
        grantTypes={"type": "array", "items": TEXT},
        role=TEXT,
        active=FLAG,
        createdOn=TIME,
    ),
    "subscription": _object(
        "subscriptionId accountId applicationId deviceId transport topic subjectFilter publicationFilter",
        subscriptionId=TEXT,
        accountId=TEXT,
        applicationId=TEXT,
        deviceId=TEXT,
        transport=TEXT,
        topic=TEXT,
        subjectFilter=TEXT,
        publicationFilter=TEXT,
    ),
    "subscriptionCollection": _collection("subscription"),
}
