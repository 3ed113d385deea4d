"""A user as a form, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from cloudlink.administration.users import NewUser
from cloudlink.model import Role
from tabs.console.forms import Form

if TYPE_CHECKING:
    from cloudlink.administration.users import UserChanges, UserRecord
    from tabs.console.forms import Sent

_REQUIRED = ("given_name", "family_name", "email")
_OPTIONAL = ("extension", "mobile", "phone", "telephony_role", "language_code", "time_zone")
FIELDS = ("name", *_REQUIRED, "login_id", *_OPTIONAL, "role")


def empty_form(role: str) -> Form:
    """Of a user to be made, with the role that is offered first."""
    return Form({**dict.fromkeys(FIELDS, ""), "role": role, "invite": True})


def form_of(record: UserRecord) -> Form:
    """Of a user who is there."""
    user = record.user
    return Form(
        {
            "name": user.name,
            "given_name": record.given_name,
            "family_name": record.family_name,
            "email": user.email,
            "login_id": record.login_id,
            "extension": user.extension,
            "mobile": user.mobile,
            "phone": record.phone,
            "telephony_role": record.telephony_role,
            "language_code": user.language_code,
            "time_zone": user.time_zone,
            "role": user.role,
        }
    )


def again(form: Form, sent: Sent) -> Form:
    """The form with what was sent in it."""
    values: dict[str, object] = {
        name: sent.fields.get(name, value) if name != "invite" else sent.checked("invite")
        for name, value in form.values.items()
    }
    return Form(values)


def new_user(sent: Sent) -> NewUser:
    """Who is to be made."""
    return NewUser(
        given_name=sent.text("given_name"),
        family_name=sent.text("family_name"),
        email=sent.text("email"),
        login_id=sent.optional("login_id"),
        role=sent.text("role") or Role.USER,
        extension=sent.optional("extension"),
        mobile=sent.optional("mobile"),
        phone=sent.optional("phone"),
        telephony_role=sent.optional("telephony_role"),
        language_code=sent.optional("language_code"),
        time_zone=sent.optional("time_zone"),
    )


def changes(sent: Sent, record: UserRecord) -> UserChanges:
    """What the form asks for that is not so already; a field that was not sent stays."""
    before = form_of(record).values
    wanted: dict[str, Any] = {}
    for name in FIELDS:
        if name in sent.fields and sent.text(name) != (before[name] or ""):
            wanted[name] = sent.optional(name) if name in _OPTIONAL else sent.text(name)
    return cast("UserChanges", wanted)
