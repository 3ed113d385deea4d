"""``settings``: what one is told and when, one's language and clocks, by which each turn is answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.cards.desk_phone import with_desk_phone
from bot.cards.settings import NONE, SettingsView, chosen, settings
from bot.features import OutOfDate
from bot.turn import Reply
from i18n import LANGUAGES, is_zone, language_name, translator
from store.preferences import DESK_PHONE, MICOLLAB, Preferences, clock_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.cards import Card
    from bot.commands import Command
    from bot.turn import Answering, Turn
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from store.directory import Directory
    from store.preferences import PreferenceStore


class Settings:
    """Shows and keeps them."""

    def __init__(self, cloudlink: CloudLink, preferences: PreferenceStore) -> None:
        self._cloudlink = cloudlink
        self._preferences = preferences

    async def said(self, turn: Turn, who: Principal, command: Command) -> Reply:
        """The form as it is now."""
        return Reply(card=await self._card(turn, who, await self._preferences.of(who)))

    async def pressed(self, turn: Turn, who: Principal, data: Mapping[str, Any]) -> Card:
        """Keeps what was chosen. Raises ``OutOfDate`` for what the form does not offer."""
        try:
            wanted = Preferences.read(chosen(data), languages=LANGUAGES, is_zone=is_zone)
        except ValueError:
            raise OutOfDate("no such setting") from None
        zone = wanted.time_zone or await self._zone(who)
        await self._preferences.save(who, wanted, zone=zone)
        spoken = replace(turn, say=translator(wanted.language)) if wanted.language else turn
        return await self._card(spoken, who, wanted, saved=True)

    async def _card(self, turn: Turn, who: Principal, now: Preferences, *, saved: bool = False) -> Card:
        say = turn.say
        own = {NONE: say("As in the telephone account ({zone})", zone=await self._zone(who))}
        zones = {zone: zone.replace("_", " ") for zone in (turn.zone, now.time_zone) if zone and is_zone(zone)}
        ours = {tag: language_name(tag) for tag in LANGUAGES}
        view = SettingsView(
            missed_calls=now.missed_calls,
            daily_summary=now.daily_summary,
            report_news=now.report_news,
            quiet=now.quiet,
            starts=clock_text(now.quiet_hours.start),
            ends=clock_text(now.quiet_hours.end),
            days=sorted(now.quiet_hours.days),
            language=now.language or "",
            languages={NONE: say("As in Teams and the telephone account")} | ours,
            zone=now.time_zone or "",
            zones=own | zones,
            call_with=DESK_PHONE if now.desk_phone else MICOLLAB,
            ways_to_call=await self._ways_to_call(turn, who),
            saved=saved,
        )
        return settings(view, say)

    async def _ways_to_call(self, turn: Turn, who: Principal) -> dict[str, str]:
        """A choice only where the telephone system can."""
        if not await self._cloudlink.can_place_calls(who):
            return {}
        return {
            MICOLLAB: turn.say("MiCollab on this device"),
            DESK_PHONE: turn.say("My desk phone, which rings first"),
        }

    async def _zone(self, who: Principal) -> str:
        """That of the telephone account."""
        return (await self._cloudlink.user(who)).time_zone or (await self._cloudlink.account(who)).time_zone


class AsTheyChose:
    """Fulfils ``Answering``: in a personal chat ``answering`` goes by the settings.

    These are the language, the clocks, and the telephone that call buttons use. ``dial_address`` is what the address of
    each dial page begins with.
    """

    def __init__(
        self, answering: Answering, directory: Directory, preferences: PreferenceStore, dial_address: str
    ) -> None:
        self._dial_address = dial_address
        self._answering = answering
        self._directory = directory
        self._preferences = preferences

    async def welcome(self, turn: Turn) -> Sequence[Reply]:
        turn, chosen = await self._theirs(turn)
        return self._replies(await self._answering.welcome(turn), chosen)

    async def message(self, turn: Turn) -> Sequence[Reply]:
        turn, chosen = await self._theirs(turn)
        return self._replies(await self._answering.message(turn), chosen)

    async def action(self, turn: Turn) -> Card:
        turn, chosen = await self._theirs(turn)
        return self._card(await self._answering.action(turn), chosen)

    async def code(self, turn: Turn, code: str) -> Sequence[Reply]:
        turn, chosen = await self._theirs(turn)
        return self._replies(await self._answering.code(turn, code), chosen)

    async def token(self, turn: Turn, token: str) -> Sequence[Reply] | None:
        turn, chosen = await self._theirs(turn)
        replies = await self._answering.token(turn, token)
        return None if replies is None else self._replies(replies, chosen)

    def _replies(self, replies: Sequence[Reply], chosen: Preferences) -> Sequence[Reply]:
        return [replace(reply, card=self._card(reply.card, chosen)) if reply.card else reply for reply in replies]

    def _card(self, card: Mapping[str, Any], chosen: Preferences) -> Card:
        return with_desk_phone(dict(card), self._dial_address) if chosen.desk_phone else dict(card)

    async def _theirs(self, turn: Turn) -> tuple[Turn, Preferences]:
        who = await self._directory.principal_of(turn.user) if turn.personal else None
        if who is None:
            return turn, Preferences()
        chosen = await self._preferences.of(who)
        say = translator(chosen.language) if chosen.language else turn.say
        return replace(turn, say=say, zone=chosen.time_zone or turn.zone), chosen
