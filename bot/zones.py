"""On whose clocks a card tells times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from i18n import is_zone

if TYPE_CHECKING:
    from bot.turn import Turn
    from cloudlink.model import Principal
    from cloudlink.port import CloudLink


async def zone_of(cloudlink: CloudLink, turn: Turn, who: Principal) -> str:
    """The client's time zone; of one that tells none, or a name of Windows, the user's or the account's."""
    if turn.zone and is_zone(turn.zone):
        return turn.zone
    return (await cloudlink.user(who)).time_zone or (await cloudlink.account(who)).time_zone
