"""The call log as a card: filters, up to ten rows, paging."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.cards.vocabulary import brief, buttons, card, columns, execute, line, open_url, paragraph, plain, title
from cloudlink.model import Direction
from cloudlink.port import CallKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.cards.repeats import CallRow
    from bot.cards.vocabulary import Card, Part
    from i18n import Translator

CALL_LOG_VERB = "callLog"


@dataclass(frozen=True, slots=True)
class CallLogView:
    """A page of a call log. ``now`` is aware; ``zone`` is the IANA zone of the person who reads it."""

    kind: CallKind
    rows: Sequence[CallRow]
    next_cursor: str | None
    is_first_page: bool
    now: datetime
    zone: str


def call_log(view: CallLogView, say: Translator) -> Card:
    """The page, newest call first. Its buttons carry the list and the place in it, and nothing about anybody."""
    rows = [call_row(row, view.now, view.zone, say) for row in view.rows] or [paragraph(_nothing(view, say))]
    summary = say("Call log") + " · " + _kinds(say)[view.kind]
    return card([*_head(view.kind, say), *rows], actions=_paging(view, say), lang=say.language, summary=summary)


def call_log_button(text: str, kind: CallKind = CallKind.ALL, cursor: str | None = None) -> Part:
    """A button whose card is replaced by a page of the call log."""
    return execute(text, {"verb": CALL_LOG_VERB, "kind": kind.value, "cursor": cursor})


# The same few parts stand on every page: they are built once for each language, and never changed afterwards.
@lru_cache(maxsize=1024)
def _head(current: CallKind, say: Translator) -> tuple[Part, ...]:
    filters = [call_log_button(f"✓ {text}" if kind is current else text, kind) for kind, text in _kinds(say).items()]
    return title(say("Call log")), buttons(*filters)


@lru_cache(maxsize=256)
def _kinds(say: Translator) -> Mapping[CallKind, str]:
    return {
        CallKind.ALL: say("All"),
        CallKind.MISSED: say("Missed"),
        CallKind.INCOMING: say("Incoming"),
        CallKind.OUTGOING: say("Outgoing"),
    }


def call_row(row: CallRow, now: datetime, zone: str, say: Translator) -> Part:
    """A row of any card that lists calls: who, how, when, and a button that calls back."""
    who = brief(row.name or row.number or say("Unknown number"))
    party = [plain(who, weight="bolder")]
    if row.name and row.number:
        party.append(plain(f" {brief(row.number)}", isSubtle=True))
    text = [line(*party), line(*_how_and_when(row, now, zone, say), spacing="none")]
    if row.dial_url is None:
        return columns(text, separator=True)
    call = open_url(say("Call"), row.dial_url, tooltip=say("Call {who}", who=who))
    return columns(text, [buttons(call)], separator=True)


def _how_and_when(row: CallRow, now: datetime, zone: str, say: Translator) -> tuple[Part, Part]:
    details = [say.when(row.started, now=now, zone=zone)]
    if row.duration_s is not None:
        details.append(say.duration(row.duration_s))
    elif not row.missed:
        details.append(say("no answer"))
    if row.times > 1:
        details.append(say.plural("{n} time", "{n} times", row.times))
    return _fate(row.direction, row.missed, say), plain(f" · {' · '.join(details)}", isSubtle=True)


@lru_cache(maxsize=512)
def _fate(direction: str, missed: bool, say: Translator) -> Part:
    """Direction and fate in a sign and in words: colour only repeats them."""
    if missed:
        return plain("✕ " + say("Missed call"), color="attention")
    if direction == Direction.INBOUND:
        return plain("↙ " + say("Incoming call"))
    return plain("↗ " + say("Outgoing call"))


def _nothing(view: CallLogView, say: Translator) -> str:
    if not view.is_first_page:
        return say("There are no older calls.")
    match view.kind:
        case CallKind.MISSED:
            return say("You have no missed calls.")
        case CallKind.INCOMING:
            return say("You have no incoming calls yet.")
        case CallKind.OUTGOING:
            return say("You have no outgoing calls yet.")
        case _:
            return say("You have no calls yet.")


def _paging(view: CallLogView, say: Translator) -> list[Part]:
    """The newest page again, freshly read, and the next one if there is one."""
    newest = call_log_button(say("Refresh") if view.is_first_page else say("Newest calls"), view.kind)
    older = [call_log_button(say("Older calls"), view.kind, view.next_cursor)] if view.next_cursor else []
    return [newest, *older]
