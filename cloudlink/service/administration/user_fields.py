"""From what is asked of a user to the columns of their row, each cleaned by ``fields``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudlink.administration.refusals import Reason, Refused
from cloudlink.administration.users import Source, TelephonyRole
from cloudlink.model import Role
from cloudlink.service.administration import fields
from cloudlink.service.administration.user_rows import value_of
from store.directory import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cloudlink.administration.users import NewUser, UserRecord

_LONGEST_NAME = 200
_LONGEST_PART = 100
_LONGEST_LOGIN = 320
_ROLES = frozenset(Role)
_TELEPHONY_ROLES = frozenset(TelephonyRole)
_SOURCES = frozenset(Source)
# ``name`` comes last: it follows from the others.
_CLEANERS: Mapping[str, Callable[[Any, str], Any]] = {
    "given_name": lambda value, _: fields.text(value, "given_name", _LONGEST_PART, required=False),
    "family_name": lambda value, _: fields.text(value, "family_name", _LONGEST_PART, required=False),
    "name": lambda value, _: fields.text(value, "name", _LONGEST_NAME),
    "email": lambda value, _: fields.email(value),
    "login_id": lambda value, _: fields.text(value, "login_id", _LONGEST_LOGIN),
    "role": lambda value, _: fields.one_of(value, "role", _ROLES),
    "extension": lambda value, _: fields.extension(value),
    "mobile": fields.mobile,
    "phone": lambda value, _: fields.phone(value),
    "telephony_role": lambda value, _: (value and fields.one_of(value, "telephony_role", _TELEPHONY_ROLES)) or None,
    "language_code": lambda value, _: fields.language(value) if value else None,
    "time_zone": lambda value, _: fields.time_zone(value) if value else None,
    "active": lambda value, _: fields.flag(value, "active"),
    "source": lambda value, _: fields.one_of(value, "source", _SOURCES),
}
_OF_NEW = (
    "given_name", "family_name", "email", "role", "extension", "mobile", "phone", "telephony_role", "language_code",
    "time_zone", "source",
)  # fmt: skip


def of_new(new: NewUser, region: str) -> dict[str, Any]:
    """The columns that a new user decides. ``region`` is where the account's numbers are. Raises ``Refused``."""
    cleaned = {name: _CLEANERS[name](getattr(new, name), region) for name in _OF_NEW}
    cleaned["login_id"] = cleaned["email"] if new.login_id is None else _CLEANERS["login_id"](new.login_id, region)
    if new.name is not None:
        cleaned["name"] = _CLEANERS["name"](new.name, region)
    else:
        _require_both(cleaned)
        cleaned["name"] = _derived(cleaned)
    return {**cleaned, **_folded(cleaned)}


def of_changes(changes: Mapping[str, Any], old: UserRecord, region: str) -> dict[str, Any]:
    """The columns that will differ. Raises ``Refused``, for a field that nobody can change too."""
    if unknown := changes.keys() - _CLEANERS.keys() | changes.keys() & {"source"}:
        raise Refused(Reason.UNKNOWN_VALUE, min(unknown))
    cleaned = {name: _CLEANERS[name](value, region) for name, value in changes.items()}
    _follow_name(cleaned, old)
    if "email" in cleaned and "login_id" not in cleaned and fold(old.login_id) == fold(old.user.email):
        cleaned["login_id"] = cleaned["email"]
    differing = {name: value for name, value in cleaned.items() if value != value_of(old, name)}
    return {**differing, **_folded(differing)}


def _follow_name(cleaned: dict[str, Any], old: UserRecord) -> None:
    parts = {name: cleaned.get(name, value_of(old, name)) for name in ("given_name", "family_name")}
    changed = any(parts[name] != value_of(old, name) for name in parts)
    if not changed or "name" in cleaned:
        return
    _require_both(parts)
    before = _joined(old.given_name, old.family_name)
    if before in {"", old.user.name}:
        cleaned["name"] = _derived(parts)


def _require_both(cleaned: Mapping[str, Any]) -> None:
    for name in ("given_name", "family_name"):
        if not cleaned[name]:
            raise Refused(Reason.REQUIRED, name)


def _derived(cleaned: Mapping[str, Any]) -> str:
    return fields.text(_joined(cleaned["given_name"], cleaned["family_name"]), "family_name", _LONGEST_NAME)


def _joined(given_name: str, family_name: str) -> str:
    return f"{given_name} {family_name}".strip()


def _folded(cleaned: Mapping[str, Any]) -> dict[str, str]:
    return {f"{name}_folded": fold(cleaned[name]) for name in ("name", "email", "login_id") if name in cleaned}
