"""Watchers of presence, on the page of its integration."""

from __future__ import annotations

import math
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.administration.integrations import IntegrationKind
from cloudlink.port import TooManyAttempts, UnknownId
from presence.model import WatcherState
from tabs.console.visit import see

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from i18n import Translator
    from presence.model import Watcher
    from tabs.console.sentences import Sentence
    from tabs.console.services import Services
    from tabs.console.visit import Visit


@dataclass(frozen=True, slots=True)
class ToldWatcher:
    """As the page shows one."""

    watcher_id: str
    object_id: str
    added: str
    state: str


class WatcherPages:
    """What is done with them."""

    def __init__(self, services: Services) -> None:
        self._watchers = services.watchers
        self._entra = services.entra

    async def connect(self, visit: Visit) -> web.StreamResponse:
        """To Microsoft, where somebody of the tenant signs in, and from there back to the integration.

        A link, since a form may send nobody to another site (``form-action`` of our policy). Nothing is changed before
        somebody has chosen an account there.
        """
        visit.require_administrator()
        if self._entra is None or not visit.csrf:
            raise web.HTTPNotFound
        response = web.Response(status=HTTPStatus.SEE_OTHER)
        browser = self._entra.cookie.give(visit.request, response)
        try:
            response.headers["Location"] = await self._entra.watching.begin(browser, visit.actor, visit.account_id)
        except TooManyAttempts as refusal:
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(math.ceil(refusal.retry_after))}) from None
        return response

    async def remove(self, visit: Visit) -> web.StreamResponse:
        """Forgets their sign-in."""
        if self._watchers is None:
            raise UnknownId("no such watcher")
        await self._watchers.remove(visit.actor, visit.account_id, visit.id("watcher_id"))
        raise see(visit.path("integrations", IntegrationKind.TEAMS_PRESENCE), "watcher-removed")


async def told_watchers(services: Services, visit: Visit) -> Sequence[ToldWatcher] | None:
    """``None`` on a server without Microsoft."""
    if services.watchers is None:
        return None
    return [
        ToldWatcher(each.watcher_id, each.object_id, visit.when(each.added_on), _state(each, visit.say))
        for each in await services.watchers.all(visit.actor, visit.account_id)
    ]


def _state(watcher: Watcher, say: Translator) -> str:
    if watcher.state == WatcherState.WATCHING:
        return say.plural("Watches {n} person.", "Watches {n} people.", watcher.people)
    return _STATES[watcher.state](say)


_STATES: Mapping[str, Sentence] = {
    WatcherState.NEW: lambda say: say("Has just signed in."),
    WatcherState.IDLE: lambda say: say("There is nobody left to watch."),
    WatcherState.SIGNED_OUT: lambda say: say("Microsoft takes the sign-in no longer. Have this person sign in again."),
    WatcherState.NOT_PERMITTED: lambda say: say(
        "Microsoft does not permit it. Add the permission to the application, and have them sign in again."
    ),
    WatcherState.NOT_REACHED: lambda say: say(
        "Microsoft refuses. It has to reach this server by https from the internet."
    ),
    WatcherState.UNREACHABLE: lambda say: say("Microsoft did not answer; it is tried again in a few minutes."),
}
