"""Who is told: where they can be reached, in which language, by which clocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from i18n import translator

if TYPE_CHECKING:
    from bot.connected_tenants import IsConnected
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink
    from i18n import Translator
    from store.conversations import Conversation, Conversations
    from store.directory import Directory
    from store.identity import TeamsUser
    from store.preferences import Preferences, PreferenceStore


@dataclass(frozen=True, slots=True)
class Reader:
    """``zone`` is the IANA name of the person's clocks."""

    user: TeamsUser
    who: Principal
    conversation: Conversation
    preferences: Preferences
    say: Translator
    zone: str


class Clocks:
    """By which clocks somebody lives."""

    def __init__(self, preferences: PreferenceStore, cloudlink: CloudLink) -> None:
        self._preferences = preferences
        self._cloudlink = cloudlink

    async def zone(self, who: Principal) -> str:
        """Their own choice, else their telephone account's. Raises ``CloudLinkError``."""
        chosen = (await self._preferences.of(who)).time_zone
        return chosen or (await self._cloudlink.user(who)).time_zone or (await self._cloudlink.account(who)).time_zone


class Readers:
    """Finds them. ``is_connected`` tells whether a tenant is served, as in the chat; ``None``: each is."""

    def __init__(
        self,
        directory: Directory,
        conversations: Conversations,
        preferences: PreferenceStore,
        cloudlink: CloudLink,
        is_connected: IsConnected | None = None,
    ) -> None:
        self._directory = directory
        self._conversations = conversations
        self._preferences = preferences
        self._cloudlink = cloudlink
        self._is_connected = is_connected

    async def of(self, user: TeamsUser) -> Reader | None:
        """The Teams user; ``None`` when they have signed out, were deactivated, or removed the app, or when their
        tenant is no longer connected.

        Raises ``CloudLinkError``.
        """
        if self._is_connected is not None and not await self._is_connected(user.tenant_id):
            return None
        who = await self._directory.principal_of(user)
        conversation = await self._conversations.of(user)
        if who is None or conversation is None:
            return None
        preferences = await self._preferences.of(who)
        person, account = await self._cloudlink.user(who), await self._cloudlink.account(who)
        spoken = conversation.reference.get("locale")
        language = preferences.language or spoken or person.language_code or account.language_code
        zone = preferences.time_zone or person.time_zone or account.time_zone
        return Reader(user, who, conversation, preferences, translator(language), zone)
