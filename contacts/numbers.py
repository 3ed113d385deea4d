"""What somebody has typed as a number, as people are found and called by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.model import NumberKind, PersonNumber
from dialing import NumberError, normalise
from dialing.numbers import Kind
from store.people.index import Contact

if TYPE_CHECKING:
    from cloudlink.model import DialSettings
    from graph.contacts import Contact as Told

_LONGEST = 64
_LONGEST_ID = 64
_LONGEST_ADDRESS = 320


def to_contact(told: Told, tenant_id: str, plan: DialSettings) -> Contact | None:
    """``None`` for who has no number, or an id that is none of Microsoft's."""
    work = [_read(number, NumberKind.WORK, plan) for number in told.work if number.strip()]
    mobile = _read(told.mobile, NumberKind.MOBILE, plan) if told.mobile.strip() else None
    numbers = tuple(dict.fromkeys((*work, *((mobile,) if mobile else ()))))
    if not numbers or len(told.object_id) > _LONGEST_ID:
        return None
    extension = next((number.number for number in work if number.kind == NumberKind.EXTENSION), "")
    return Contact(
        told.object_id,
        told.name,
        told.mail[:_LONGEST_ADDRESS],
        told.login[:_LONGEST_ADDRESS],
        numbers,
        mobile.number if mobile and mobile.number.startswith("+") else "",
        extension,
        tenant_id,
    )


def _read(raw: str, kind: NumberKind, plan: DialSettings) -> PersonNumber:
    """One that is none, or that the account bars, stays as it is: it is shown, and not called."""
    try:
        number = normalise(raw, plan)
    except NumberError:
        return PersonNumber(raw.strip()[:_LONGEST], kind)
    return PersonNumber(number.dialled, NumberKind.EXTENSION if number.kind is Kind.EXTENSION else kind)
