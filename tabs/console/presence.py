"""Presence in Teams of an account: how it fares, whose telephone is not shown and why, and looking for them again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.port import UnknownId
from presence.model import NotSynced, People
from tabs.console.forms import search_text
from tabs.console.presence_sentences import ADVICE, REASONS, limits, standing
from tabs.console.visit import see

if TYPE_CHECKING:
    from collections.abc import Iterator

    from presence.model import Overview, PresenceSyncs
    from tabs.console.services import Services
    from tabs.console.visit import Visit

_PAGE = 50
# Counting more users than these every other second would keep the server from its work.
_FOLLOWED = 5000
_EVERYBODY = "all"


class PresencePages:
    """``/console/accounts/{account_id}/presence``. Nothing to see on a server without an application at Entra ID."""

    def __init__(self, services: Services) -> None:
        self._found = services.presence

    @property
    def _presence(self) -> PresenceSyncs:
        if self._found is None:
            raise UnknownId("no presence on this server")
        return self._found

    async def show(self, visit: Visit) -> web.StreamResponse:
        """``show`` is a ``NotSynced`` or ``all``, else whoever is not in sync; ``q`` a text, ``after`` a cursor."""
        visit.require_administrator()
        if visit.account.partner:
            raise Refused(Reason.PARTNER_ACCOUNT)
        if self._found is None:
            return visit.page("presence.html", "presence", overview=None)
        shown, text = visit.request.query.get("show", ""), search_text(visit.request)
        if shown not in {"", _EVERYBODY, *NotSynced}:
            raise web.HTTPNotFound
        overview = await self._presence.overview(visit.actor, visit.account_id)
        people = await self._people(visit, shown, text) if overview.enabled else People([])
        intent, sentence = standing(overview, visit)
        return visit.page(
            "presence.html",
            "presence",
            overview=overview,
            intent=intent,
            sentence=sentence,
            settings=visit.path("integrations", IntegrationKind.TEAMS_PRESENCE),
            followed=_is_followed(overview),
            filters=list(_filters(visit, overview, shown, text)),
            shown=shown,
            text=text,
            people=[(each, *_why(each.reason, visit)) for each in people.people],
            first=_path(visit, shown, text) if "after" in visit.request.query else "",
            next=_path(visit, shown, text, people.next_cursor) if people.next_cursor else "",
            limits=limits(visit.say),
        )

    async def match_again(self, visit: Visit) -> web.StreamResponse:
        """Has the users looked for in the tenant."""
        await self._presence.match_again(visit.actor, visit.account_id)
        raise see(visit.path("presence"), "matching-begun")

    async def _people(self, visit: Visit, shown: str, text: str) -> People:
        reason = NotSynced(shown) if shown not in {"", _EVERYBODY} else None
        try:
            return await self._presence.people(
                visit.actor,
                visit.account_id,
                reason=reason,
                all_=shown == _EVERYBODY,
                text=text,
                cursor=visit.request.query.get("after"),
                limit=_PAGE,
            )
        except ValueError:
            raise web.HTTPNotFound from None


def _is_followed(overview: Overview) -> bool:
    """Whether the page is to renew itself while the users are looked for, which some server has to do."""
    users = overview.in_sync + sum(overview.not_synced.values())
    return overview.matching and overview.attended and users <= _FOLLOWED


def _filters(visit: Visit, overview: Overview, shown: str, text: str) -> Iterator[tuple[str, str, int, bool]]:
    """Address, name and number of each list that there is, and whether it is the one that is shown."""
    missing = sum(overview.not_synced.values())
    yield _path(visit, "", text), visit.say("Not in sync"), missing, not shown
    for reason in NotSynced:
        if number := overview.not_synced.get(reason, 0):
            yield _path(visit, reason, text), REASONS[reason](visit.say), number, shown == reason
    yield _path(visit, _EVERYBODY, text), visit.say("All users"), missing + overview.in_sync, shown == _EVERYBODY


def _why(reason: NotSynced | None, visit: Visit) -> tuple[str, str]:
    return ("", "") if reason is None else (REASONS[reason](visit.say), ADVICE[reason](visit.say))


def _path(visit: Visit, shown: str, text: str, cursor: str = "") -> str:
    query = {"show": shown, "q": text, "after": cursor}
    told = urlencode({name: value for name, value in query.items() if value})
    return visit.path("presence") + (f"?{told}" if told else "")
