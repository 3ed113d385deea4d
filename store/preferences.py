"""What a person has chosen in *Settings*: what they are told and when, their language and their clocks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, select, update

from cloudlink.model import Principal
from store.clock import Clock, utc_now
from store.local_times import QuietHours, next_morning
from store.schema import accounts, preferences, users
from store.upsert import insert

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from typing import Any, Self

    from sqlalchemy import Connection

    from store.database import Database

# Teams leaves the seconds out of a time; some browsers send them.
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::\d\d)?", re.ASCII)
_ON = frozenset({"1", "true", "on"})
_LONGEST_ZONE = 64
MICOLLAB, DESK_PHONE = "micollab", "deskPhone"
"""What people may call with."""

_c = preferences.c
_OWN = and_(_c.account_id == bindparam("account_id"), _c.principal_id == bindparam("principal_id"))
_OF = select(
    _c.missed_calls,
    _c.daily_summary,
    _c.report_news,
    _c.quiet,
    _c.quiet_start,
    _c.quiet_end,
    _c.quiet_days,
    _c.language_code,
    _c.time_zone,
    _c.desk_phone,
).where(_OWN)
_SAVE = insert(preferences)
_SAVE = _SAVE.on_conflict_do_update(
    index_elements=list(preferences.primary_key),
    set_={
        column.name: _SAVE.excluded[column.name]
        for column in preferences.columns
        if not column.primary_key and column.name != "summarised_until"
    },
)
_DUE = (
    select(
        _c.account_id,
        _c.principal_id,
        _c.summary_at,
        _c.summarised_until,
        _c.time_zone,
        users.c.time_zone,
        accounts.c.time_zone,
        users.c.active,
        accounts.c.active,
    )
    .join(users, and_(users.c.account_id == _c.account_id, users.c.principal_id == _c.principal_id))
    .join(accounts, accounts.c.account_id == _c.account_id)
    .where(_c.summary_at <= bindparam("now"))
    .order_by(_c.summary_at, _c.account_id, _c.principal_id)
    .limit(bindparam("limit"))
)
_PASS = (
    update(preferences)
    .where(
        _c.account_id == bindparam("of_account"),
        _c.principal_id == bindparam("of_principal"),
        _c.summary_at == bindparam("was"),
    )
    .values(summary_at=bindparam("next_at"), summarised_until=bindparam("told_until"))
)


@dataclass(frozen=True, slots=True)
class Preferences:
    """As they are for whoever has never changed them.

    ``language`` is one of ours and ``time_zone`` an IANA name; ``None`` leaves them to the user and their account.
    ``quiet_hours`` are remembered while ``quiet`` is off. With ``desk_phone`` call buttons ring the desk phone.
    """

    missed_calls: bool = True
    daily_summary: bool = False
    report_news: bool = True
    quiet: bool = False
    quiet_hours: QuietHours = field(default_factory=QuietHours)
    language: str | None = None
    time_zone: str | None = None
    desk_phone: bool = False

    @classmethod
    def read(cls, sent: Mapping[str, str], *, languages: Collection[str], is_zone: Callable[[str], bool]) -> Self:
        """From the fields of a form or a card: switches (``"1"`` or ``"true"``), ``from`` and ``until`` (``HH:MM``),
        ``days`` (``"0,1"``) or a switch for each ``day0``, ``language``, ``time_zone`` (empty: none of one's own),
        ``call_with`` (``DESK_PHONE``, or anything else for MiCollab).

        Raises ``ValueError`` for what no field of ours holds.
        """
        language, zone = sent.get("language", ""), sent.get("time_zone", "")
        if (language and language not in languages) or (zone and not (len(zone) <= _LONGEST_ZONE and is_zone(zone))):
            raise ValueError("no such language or time zone")
        hours = QuietHours(_minutes(sent.get("from", "")), _minutes(sent.get("until", "")), _days(sent))
        on = {name: sent.get(name, "") in _ON for name in ("missed_calls", "daily_summary", "report_news", "quiet")}
        return cls(
            **on,
            quiet_hours=hours,
            language=language or None,
            time_zone=zone or None,
            desk_phone=sent.get("call_with") == DESK_PHONE,
        )

    def quiet_until(self, moment: datetime, zone: str) -> datetime | None:
        """When the quiet at ``moment`` is over; ``None`` when it is not quiet."""
        return self.quiet_hours.until(moment, zone) if self.quiet else None


@dataclass(frozen=True, slots=True)
class DueSummary:
    """A daily summary whose time has come. ``told_until`` is the end of the one before; ``zone`` is the person's."""

    who: Principal
    due_at: datetime
    told_until: datetime | None
    zone: str
    active: bool


class PreferenceStore:
    """Preferences by principal. They go with the user."""

    def __init__(self, database: Database, now: Clock = utc_now) -> None:
        self._database = database
        self._now = now

    async def of(self, who: Principal) -> Preferences:
        """What the person has chosen, or what is given to everybody."""
        rows = await self._database.read(_OF, _key(who))
        return _preferences(rows[0]) if rows else Preferences()

    async def save(self, who: Principal, chosen: Preferences, *, zone: str) -> None:
        """Keeps the choice. ``zone`` is that of the person's clocks from now on, by which their next morning comes."""
        now = self._now()
        row = {
            **_key(who),
            "missed_calls": chosen.missed_calls,
            "daily_summary": chosen.daily_summary,
            "report_news": chosen.report_news,
            "quiet": chosen.quiet,
            "quiet_start": chosen.quiet_hours.start,
            "quiet_end": chosen.quiet_hours.end,
            "quiet_days": sum(1 << day for day in chosen.quiet_hours.days),
            "language_code": chosen.language,
            "time_zone": chosen.time_zone,
            "desk_phone": chosen.desk_phone,
            "summary_at": next_morning(now, zone) if chosen.daily_summary else None,
            "changed_on": now,
        }
        await self._database.write(lambda connection: connection.execute(_SAVE, row))

    async def due_summaries(self, limit: int) -> Sequence[DueSummary]:
        """The longest due first, of every account: the worker's own question."""
        rows = await self._database.read(_DUE, {"now": self._now(), "limit": limit})
        return [
            DueSummary(Principal(row[0], row[1]), row[2], row[3], row[4] or row[5] or row[6], bool(row[7] and row[8]))
            for row in rows
        ]


def pass_summary(connection: Connection, due: DueSummary, next_at: datetime, told_until: datetime | None) -> bool:
    """Moves a person's summary on to its next time; whether nobody had done so before, so that one server tells it."""
    parameters = {
        "of_account": due.who.account_id,
        "of_principal": due.who.principal_id,
        "was": due.due_at,
        "next_at": next_at,
        "told_until": told_until,
    }
    return connection.execute(_PASS, parameters).rowcount == 1


def _preferences(row: Sequence[Any]) -> Preferences:
    missed, summary, news, quiet, start, end, days, language, zone, desk_phone = row
    hours = QuietHours(start, end, frozenset(day for day in range(7) if days >> day & 1))
    return Preferences(missed, summary, news, quiet, hours, language, zone, desk_phone)


def clock_text(minutes: int) -> str:
    """Minutes after midnight as ``HH:MM``, which is what time fields of pages and cards hold."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _minutes(text: str) -> int:
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError("no time of day")
    return int(found[1]) * 60 + int(found[2])


def _days(sent: Mapping[str, str]) -> frozenset[int]:
    if "days" not in sent:
        return frozenset(day for day in range(7) if sent.get(f"day{day}", "") in _ON)
    chosen = [day for day in sent["days"].split(",") if day]
    if not set(chosen) <= set("0123456"):
        raise ValueError("no such day")
    return frozenset(map(int, chosen))


def _key(who: Principal) -> dict[str, object]:
    return {"account_id": who.account_id, "principal_id": who.principal_id}
