"""``/tabs/settings``: what one is told and when, one's language and clocks, and whom the chat in Teams belongs to."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from i18n import LANGUAGES, is_zone, language_name
from store.preferences import DESK_PHONE, MICOLLAB, Preferences, clock_text
from tabs.console.choices import time_zones
from tabs.personal.navigation import SETTINGS

if TYPE_CHECKING:
    from cloudlink.port import CloudLink
    from store.directory import Directory
    from store.preferences import PreferenceStore
    from tabs.personal.frame import PersonalVisit


class SettingsPages:
    """Handlers."""

    def __init__(self, cloudlink: CloudLink, preferences: PreferenceStore, directory: Directory) -> None:
        self._cloudlink = cloudlink
        self._preferences = preferences
        self._directory = directory

    async def show(self, visit: PersonalVisit) -> web.StreamResponse:
        """The form; ``saved`` or ``disconnected`` says what has just been done."""
        return await self._page(visit, await self._preferences.of(visit.who))

    async def save(self, visit: PersonalVisit) -> web.StreamResponse:
        """Keeps what was chosen; 400 with the form for what it does not offer."""
        try:
            chosen = Preferences.read(visit.sent, languages=LANGUAGES, is_zone=is_zone)
        except ValueError:
            before = await self._preferences.of(visit.who)
            return await self._page(visit, before, status=HTTPStatus.BAD_REQUEST)
        zone = chosen.time_zone or await self._zone(visit)
        await self._preferences.save(visit.who, chosen, zone=zone)
        raise web.HTTPSeeOther(f"{SETTINGS.path}?saved=1")

    async def disconnect(self, visit: PersonalVisit) -> web.StreamResponse:
        """Signs out of the chat in Teams, wherever it is connected with this telephone account."""
        for user in await self._directory.teams_users_of(visit.who):
            await self._directory.disconnect(user)
        raise web.HTTPSeeOther(f"{SETTINGS.path}?disconnected=1")

    async def _zone(self, visit: PersonalVisit) -> str:
        """That of the telephone account."""
        return visit.user.time_zone or (await self._cloudlink.account(visit.who)).time_zone

    async def _page(
        self, visit: PersonalVisit, chosen: Preferences, *, status: HTTPStatus = HTTPStatus.OK
    ) -> web.Response:
        say = visit.say
        account = await self._cloudlink.account(visit.who)
        query = visit.request.query
        ours = [(tag, language_name(tag)) for tag in LANGUAGES]
        return visit.page(
            "settings.html",
            status=status,
            chosen=chosen,
            starts=clock_text(chosen.quiet_hours.start),
            ends=clock_text(chosen.quiet_hours.end),
            days=say.weekdays(),
            languages=[("", say("As in Teams and the telephone account")), *ours],
            zones=time_zones(
                chosen.time_zone, empty=say("As in the telephone account ({zone})", zone=await self._zone(visit))
            ),
            account=account.name,
            can_call=await self._cloudlink.can_place_calls(visit.who),
            MICOLLAB=MICOLLAB,
            DESK_PHONE=DESK_PHONE,
            connected=bool(await self._directory.teams_users_of(visit.who)),
            saved="saved" in query,
            disconnected="disconnected" in query,
            refused=status is HTTPStatus.BAD_REQUEST,
        )
