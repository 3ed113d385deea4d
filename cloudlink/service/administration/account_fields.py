"""From what is asked of an account to the columns of its row, each cleaned by ``fields``.

Bounds that Mitel does not publish are ours: an access token lives at most a day, a refresh token at most 90 days. An
account has Mitel's 1,000 telephony roles unless its partner raises that, to the users of the largest PBX at most: how
1,000 roles and 5,000 users go together Mitel does not say. ``dialing`` is stored as given: see ``NewAccount``.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cloudlink.administration.accounts import Contact, Location
from cloudlink.administration.gateways import CAPACITY
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.model import DialSettings
from cloudlink.service.administration import fields
from store.directory import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloudlink.administration.accounts import NewAccount

PARTNERS_ALONE = frozenset({"access_token_expiry_hours", "refresh_token_expiry_hours", "telephony_role_limit"})

MOST_TELEPHONY_ROLES = max(capacity.users for capacity in CAPACITY.values() if capacity.telephony_role)

_LONGEST = 200
_MOST_CONTACTS = 20


def _location(value: Any) -> dict[str, str]:
    if not isinstance(value, Location):
        raise Refused(Reason.UNKNOWN_VALUE, "location")
    return {name: fields.text(text, name, _LONGEST, required=False) for name, text in asdict(value).items()}


def _contacts(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, (tuple, list)) or len(value) > _MOST_CONTACTS:
        raise Refused(Reason.UNKNOWN_VALUE, "contacts")
    return [_contact(one) for one in value]


def _contact(value: Any) -> dict[str, str]:
    if not isinstance(value, Contact):
        raise Refused(Reason.UNKNOWN_VALUE, "contacts")
    return {
        "contact_id": fields.text(value.contact_id, "contacts", 36, required=False) or str(uuid4()),
        "name": fields.text(value.name, "contacts", _LONGEST),
        "email": fields.email(value.email, "contacts"),
        "contact_type": fields.text(value.contact_type, "contacts", 32),
    }


def _dialing(value: Any) -> dict[str, Any]:
    if not isinstance(value, DialSettings):
        raise Refused(Reason.UNKNOWN_VALUE, "dialing")
    return asdict(value)


def _hours(field: str, most: int) -> Callable[[Any], int]:
    return lambda value: fields.whole_number(value, field, 1, most)


_CLEANERS: Mapping[str, Callable[[Any], Any]] = {
    "name": lambda value: fields.text(value, "name", _LONGEST),
    "language_code": fields.language,
    "time_zone": fields.time_zone,
    "account_number": lambda value: fields.optional_text(value, "account_number", 64),
    "location": _location,
    "contacts": _contacts,
    "dialing": _dialing,
    "mitel_credentials": lambda value: fields.flag(value, "mitel_credentials"),
    "guest_access": lambda value: fields.flag(value, "guest_access"),
    "access_token_expiry_hours": _hours("access_token_expiry_hours", 24),
    "refresh_token_expiry_hours": _hours("refresh_token_expiry_hours", 24 * 90),
    "telephony_role_limit": lambda value: fields.whole_number(value, "telephony_role_limit", 0, MOST_TELEPHONY_ROLES),
}
_OF_NEW = ("name", "language_code", "time_zone", "account_number", "location", "dialing")


def of_new(new: NewAccount) -> dict[str, Any]:
    """The columns that a new account decides. Raises ``Refused``."""
    return _cleaned({name: getattr(new, name) for name in _OF_NEW})


def of_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that are to be otherwise. Raises ``Refused``."""
    if unknown := changes.keys() - _CLEANERS.keys():
        raise Refused(Reason.UNKNOWN_VALUE, min(unknown))
    return _cleaned(changes)


def _cleaned(given: Mapping[str, Any]) -> dict[str, Any]:
    cleaned = {name: _CLEANERS[name](value) for name, value in given.items()}
    return cleaned | ({"name_folded": fold(cleaned["name"])} if "name" in cleaned else {})
