"""Refusals of CloudLink as SCIM errors (RFC 7644, section 3.12)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from scim2_models import (
    ConflictException,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    SCIMException,
    UniquenessException,
)

from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.port import UnknownId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ATTRIBUTES: Mapping[str, str] = {
    "login_id": "userName",
    "email": "emails",
    "name": "displayName",
    "given_name": "name.givenName",
    "family_name": "name.familyName",
    "mobile": "phoneNumbers",
    "phone": "phoneNumbers",
}


@contextmanager
def as_scim_errors() -> Iterator[None]:
    """Turns what ``people`` raises into what a SCIM client understands."""
    try:
        yield
    except Refused as refusal:
        raise _of_refusal(refusal) from None
    except UnknownId:
        raise NotFoundException(detail="there is no such resource") from None
    except NotAllowed:
        raise ForbiddenException(detail="synchronisation may not do this") from None


def _of_refusal(refusal: Refused) -> SCIMException:
    attribute = _ATTRIBUTES.get(refusal.field, refusal.field)
    match refusal.reason:
        case Reason.IN_USE:
            return UniquenessException(detail=f"another user has this value of {attribute or 'a unique attribute'}")
        case Reason.LAST_ADMINISTRATOR:
            return ConflictException(detail="the account would be left without an administrator")
        case _:
            return InvalidValueException(detail=f"{attribute}: {refusal.reason}" if attribute else str(refusal.reason))
