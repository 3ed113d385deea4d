"""The first page: how full the PBXs are, how many users there are, and what waits for an administrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth.entra.integration_checks import SOON
from cloudlink.administration.mails import MailState
from cloudlink.administration.reports import ReportState
from cloudlink.administration.users import UserFilter
from tabs.console.gateway_conditions import troubled
from tabs.console.navigation import ADMINISTRATORS, PLACES
from tabs.console.sentences import FILTERS, INTEGRATIONS, label
from tabs.micollab import warnings_for_administrator

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from aiohttp import web

    from cloudlink.administration.gateways import Use
    from tabs.console.services import Services
    from tabs.console.visit import Visit

_COUNTED = (UserFilter.ALL, UserFilter.ADMINS, UserFilter.REGISTERED, UserFilter.UNREGISTERED, UserFilter.PBX_USERS)
_WAITING = frozenset({MailState.SHOWN, MailState.FAILED})
_MAILS_LOOKED_AT = 200
# From where on a meter warns, and from where on it alarms: parts of what is allowed.
_HIGH, _FULL = 0.8, 0.95


@dataclass(frozen=True, slots=True)
class Meter:
    """How much of a limit is used; ``low`` and ``high`` are HTML's, so that a fuller one looks worse."""

    used: int
    allowed: int

    @property
    def low(self) -> float:
        return _HIGH * self.allowed

    @property
    def high(self) -> float:
        return _FULL * self.allowed

    @property
    def shown(self) -> int:
        """At most the whole bar."""
        return min(self.used, self.allowed)


@dataclass(frozen=True, slots=True)
class Capacity:
    """A line of the capacity table."""

    name: str
    pbx: str
    users: Meter
    calls: Meter

    @classmethod
    def of(cls, use: Use) -> Capacity:
        most = use.capacity
        return cls(use.gateway.name, most.name, Meter(use.users, most.users), Meter(use.busiest_hour, most.bhcc))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something to do, and where."""

    sentence: str
    href: str


class Dashboard:
    """``/console`` and ``/console/accounts/{account_id}``."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def show(self, visit: Visit) -> web.StreamResponse:
        """The dashboard; for who administers nothing, what is known of them."""
        if visit.session.user.role not in ADMINISTRATORS:
            return visit.page("me.html", "", user=visit.session.user)
        counts = await self._counts(visit)
        lists = [
            (f"{visit.path('users')}?kind={kind}", label(FILTERS, kind, visit.say), n) for kind, n in counts.items()
        ]
        uses = await self._services.gateways.use(visit.actor, visit.account_id)
        return visit.page(
            "dashboard.html",
            "dashboard",
            counts=lists,
            capacity=[Capacity.of(use) for use in uses],
            roles=Meter(*await self._services.users.telephony_roles(visit.actor, visit.account_id)),
            waiting=await self._waiting(visit, counts),
        )

    async def _counts(self, visit: Visit) -> Mapping[UserFilter, int]:
        find = self._services.users.find
        return {kind: (await find(visit.actor, visit.account_id, kind=kind, limit=1)).total for kind in _COUNTED}

    async def _waiting(self, visit: Visit, counts: Mapping[UserFilter, int]) -> Sequence[Waiting]:
        """What an administrator should look at, with a link where the console has a page for it."""
        mails = await self._services.mails.recent(visit.actor, visit.account_id, limit=_MAILS_LOOKED_AT)
        gateways = await self._services.gateways.all(visit.actor, visit.account_id)
        conditions = await self._services.gateway_conditions.of(visit.actor, visit.account_id)
        reports = await self._services.reports.all(visit.actor, visit.account_id, state=ReportState.OPEN)
        plural = visit.say.plural
        pbx = {gateway.pbx for gateway in gateways}
        versions = warnings_for_administrator(visit.account.account.dialing.micollab_version, pbx, visit.say)
        unregistered = counts[UserFilter.UNREGISTERED]
        unsent = sum(mail.state in _WAITING for mail in mails)
        unpaired = sum(not gateway.paired for gateway in gateways)
        unwell = len(troubled(gateways, conditions, visit.say))
        passwords = plural("{n} user has set no password.", "{n} users have set no password.", unregistered)
        told = plural("{n} problem report is open.", "{n} problem reports are open.", len(reports))
        found = [
            (counts[UserFilter.ALL] == 0, visit.say("Nobody is here yet: add users or import a file."), "/users"),
            (unregistered, passwords, "/users?kind=unregistered"),
            (unsent, plural("{n} e-mail could not be sent.", "{n} e-mails could not be sent.", unsent), "/mails"),
            (unpaired, plural("{n} gateway is not paired.", "{n} gateways are not paired.", unpaired), "/gateways"),
            (unwell, plural("{n} gateway needs attention.", "{n} gateways need attention.", unwell), "/gateways"),
            (reports, told, "/reports?state=open"),
            *((True, sentence, "/settings") for sentence in versions),
        ]
        found += await self._ending(visit)
        presence = self._services.presence
        untold = presence is not None and await presence.trouble(visit.actor, visit.account_id)
        found.append((untold, visit.say("Presence in Teams needs attention."), "/presence"))
        return [Waiting(sentence, _page(visit, path)) for there, sentence, path in found if there]

    async def _ending(self, visit: Visit) -> list[tuple[object, str, str]]:
        """Secrets and certificates of integrations that are on, from 30 days ahead."""
        found = await self._services.integrations.all(visit.actor, visit.account_id)
        ends = [(each, each.secret_expires_on) for each in found if each.enabled and each.secret_expires_on]
        return [
            (day < visit.now + SOON, _end(each.kind, day, visit), f"/integrations/{each.kind}") for each, day in ends
        ]


def _end(kind: str, day: datetime, visit: Visit) -> str:
    name, told = label(INTEGRATIONS, kind, visit.say), visit.say.date(day, zone="UTC")
    if day <= visit.now:
        return visit.say("“{name}” does not work: its secret or certificate ended on {day}.", name=name, day=told)
    return visit.say("The secret or certificate of “{name}” ends on {day}.", name=name, day=told)


def _page(visit: Visit, path: str) -> str:
    known = {place.path for place in PLACES}
    page = path.partition("?")[0]
    return visit.path() + path if page in known or page.rpartition("/")[0] in known - {""} else ""
