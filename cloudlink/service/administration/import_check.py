"""Lines of a file of users, each checked as if its user were made: by itself, and against the lines before it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from cloudlink.administration.refusals import NotAllowed, Reason, Refused
from cloudlink.administration.users import NewUser, Source
from cloudlink.service.administration import roles, unique, user_fields
from cloudlink.service.administration.table_words import ROLES, plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cloudlink.administration.accounts import AccountRecord
    from cloudlink.administration.actor import Actor
    from cloudlink.service.administration.table_file import Line, TableFile

_TELEPHONY_ROLES = {"cti": "CTI", "user": "User", "utilisateur": "User"}


class Checked(NamedTuple):
    """A line with the columns that its user would have, unless it is refused."""

    line: Line
    columns: Mapping[str, Any] | None
    field: str | None = None
    reason: Reason | None = None


def to_user(values: Mapping[str, str]) -> NewUser:
    """The user that a line describes; what it says of roles in words of any language is understood."""
    known = dict(values)
    if "role" in known:
        known["role"] = ROLES.get(plain(known["role"]), known["role"])
    if "telephony_role" in known:
        known["telephony_role"] = _TELEPHONY_ROLES.get(plain(known["telephony_role"]), known["telephony_role"])
    names = {name: known.pop(name, "") for name in ("given_name", "family_name", "email")}
    return NewUser(**names, **known, source=Source.FILE)


class Checker:
    """Takes the lines of a file a piece at a time; holds of each no more than what may not stand there twice."""

    def __init__(self, table: TableFile, actor: Actor, account: AccountRecord, asked_for: frozenset[str]) -> None:
        self._lines = table.lines()
        self._actor = actor
        self._account = account
        self._asked_for = asked_for
        self._seen: set[tuple[str, str]] = set()

    def next(self, count: int) -> Sequence[Checked]:
        """The next ``count`` lines; none at the end. Takes long, so not for the event loop. ``UnreadableFile``."""
        return [self._check(line) for line in islice(self._lines, count)]

    def _check(self, line: Line) -> Checked:
        if line.reason is not None:
            return Checked(line, None, "", line.reason)
        try:
            return Checked(line, self._columns(line))
        except Refused as refusal:
            return Checked(line, None, refusal.field, refusal.reason)

    def _columns(self, line: Line) -> Mapping[str, Any]:
        columns = user_fields.of_new(to_user(line.values), self._account.account.dialing.region)
        try:
            roles.check_given(self._actor, columns["role"], partner_account=self._account.partner)
        except NotAllowed:
            raise Refused(Reason.UNKNOWN_VALUE, "role") from None
        if columns["telephony_role"] is not None and columns["telephony_role"] not in self._asked_for:
            raise Refused(Reason.PBX_NEEDS_NO_ROLE, "telephony_role")
        self._check_first(columns)
        return columns

    def _check_first(self, columns: Mapping[str, Any]) -> None:
        values = [(name, columns[name]) for name in unique.COLUMNS if columns[name] is not None]
        for name, value in values:
            if (name, value) in self._seen:
                raise Refused(Reason.TWICE_IN_FILE, unique.COLUMNS[name])
        self._seen.update(values)


def against_account(checked: Checked, taken: set[tuple[str, str]]) -> Checked:
    """The line, refused when somebody in the account has one of its values (``unique.taken``)."""
    for name, field in unique.COLUMNS.items():
        if checked.columns is not None and (name, checked.columns[name]) in taken:
            return Checked(checked.line, None, field, Reason.IN_USE)
    return checked
