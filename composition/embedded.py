"""The bot on the embedded CloudLink. What else this CloudLink has, ``composition.doors``, opens a moment later."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from auth.entra.routing import EntraRouting
from cloudlink.service.administration.tenants import AccountTenants
from cloudlink.service.call_control import CallControl
from cloudlink.service.commands import Commands
from cloudlink.service.embedded import EmbeddedCloudLink
from cloudlink.service.entra import EntraUsers
from composition.bot import add_teams, teams_sign_in
from composition.late import LateRoutes
from composition.reporting import embedded_desk
from composition.settings import AppType
from composition.sign_on import single_sign_on

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from aiohttp import web

    from auth.sign_in import SignIn
    from bot.connected_tenants import IsConnected
    from composition.parts import Parts


async def add_embedded(parts: Parts) -> LateRoutes:
    """Puts the bot into the server; answers the routes of all that has to do with accounts."""
    sign_in = teams_sign_in(parts)
    entra = EntraUsers(parts.database, parts.vault, parts.now)
    commands = Commands(parts.database, parts.now)
    control = CallControl(parts.database, commands, per_minute=parts.settings.calls_per_minute, now=parts.now)
    cloudlink = EmbeddedCloudLink(parts.database, parts.now, control=control)
    await add_teams(
        parts,
        cloudlink,
        sign_in,
        embedded_desk(parts, cloudlink),
        microsoft=None if parts.unauthenticated else EntraRouting(entra),
        single_sign_on=await single_sign_on(parts, entra, sign_in),
        is_connected=_connected(parts),
        reports=embedded_desk(parts, cloudlink).reports,
    )

    async def fill(app: web.Application) -> None:
        add_doors = await asyncio.to_thread(_imported)
        await add_doors(replace(parts, app=app), sign_in, commands, control)

    return LateRoutes(parts.app, fill)


def _connected(parts: Parts) -> IsConnected | None:
    """Which tenants the bot serves: ``REQUIRE_CONNECTED_TENANT``. The demo has none to connect."""
    settings = parts.settings
    if parts.unauthenticated or not settings.require_connected_tenant:
        return None
    tenants = AccountTenants(parts.database, parts.now)
    own = settings.app_tenant_id.lower() if settings.app_type is AppType.SINGLE_TENANT else None

    async def is_connected(tenant_id: str) -> bool:
        known = tenant_id.lower()
        return known == own or await tenants.account_of(known) is not None

    return is_connected


def _imported() -> Callable[[Parts, SignIn, Commands, CallControl], Awaitable[None]]:
    from composition.doors import add_doors  # noqa: PLC0415

    return add_doors
