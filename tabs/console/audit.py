"""The audit log: who did what, when, from where, and what was different before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from tabs.console.audit_sentences import said
from tabs.console.sentences import FIELDS, ROLES, TELEPHONY_ROLES, label
from tabs.console.visit import checked_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from cloudlink.administration.audit import Entry
    from i18n import Translator
    from tabs.console.services import Services
    from tabs.console.visit import Visit

_LONGEST_VALUE = 200
_NAMED = {"role": ROLES, "telephony_role": TELEPHONY_ROLES}


@dataclass(frozen=True, slots=True)
class Change:
    """A field, before and after as people read them."""

    field: str
    before: str
    after: str


class AuditPages:
    """``/console/accounts/{account_id}/audit``."""

    def __init__(self, services: Services) -> None:
        self._audit = services.audit

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """The entries, newest first; ``subject`` keeps those about one thing, ``after`` is a cursor."""
        cursor, subject = visit.request.query.get("after"), visit.request.query.get("subject")
        try:
            found = await self._audit.entries(
                visit.actor, visit.account_id, subject_id=checked_id(subject) if subject else None, cursor=cursor
            )
        except ValueError:
            raise web.HTTPNotFound from None
        return visit.page(
            "audit.html",
            "audit",
            entries=[(entry, said(entry, visit.say), _changes(entry, visit.say)) for entry in found.items],
            subject=subject,
            first=_path(visit, subject) if cursor else "",
            next=_path(visit, subject, found.next_cursor) if found.next_cursor else "",
        )


def _path(visit: Visit, subject: str | None, cursor: str | None = None) -> str:
    query = {name: value for name, value in (("subject", subject), ("after", cursor)) if value}
    return visit.path("audit") + (f"?{urlencode(query)}" if query else "")


def _changes(entry: Entry, say: Translator) -> Sequence[Change]:
    before, after = _flat(entry.before or {}), _flat(entry.after or {})
    changes = (
        Change(label(FIELDS, name, say), _shown(name, before.get(name), say), _shown(name, after.get(name), say))
        for name in dict.fromkeys([*before, *after])
        if not name.endswith("_id") or name in FIELDS
    )
    return [change for change in changes if change.before or change.after]


def _flat(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """With the parts of groups, such as dialling's, beside the others."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= value if isinstance(value, dict) else {name: value}
    return flat


def _shown(name: str, value: Any, say: Translator) -> str:
    """A value as people read it; nothing for one that is not there."""
    match value:
        case None:
            return ""
        case bool():
            return say("yes") if value else say("no")
        case list():
            return _cut(", ".join(_shown("", part, say) for part in value))
        case dict():
            return _cut(", ".join(text for part in value.values() if (text := _shown("", part, say))))
        case _:
            return label(_NAMED.get(name, {}), _cut(str(value)), say)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
