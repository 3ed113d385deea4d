"""Telephony presence in Teams, of every account that has switched it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composition.workers import run_along
from graph.budget import Rate, Service
from graph.client import Graph
from graph.session import microsoft_session
from graph.tokens import known_by
from presence.keeper import Microsoft
from presence.steering import Following
from presence.watching import Watching
from presence.worker import PresenceWorker

if TYPE_CHECKING:
    from cloudlink.service.call_control import CallControl
    from composition.parts import Parts
    from graph.client import TenantGraph
    from presence.model import Switched


async def add_presence(parts: Parts, control: CallControl) -> PresenceWorker:
    """Runs it as long as the server does; ``control`` is the server's, which knows the gateways that are linked."""
    settings = parts.settings
    # A tenant may have some connections at once; those of another, which answers slowly, are never among them.
    session = await parts.resources.enter_async_context(microsoft_session(connections=0))
    rates = {Service.PRESENCE_WRITES: write_rate(settings.presence_writes_per_second)}

    def graph_of(switched: Switched) -> TenantGraph:
        registration = known_by(switched.application_id, settings.entra_url, switched.credential)
        return Graph(session, registration, settings.graph_url, rates=rates).tenant(switched.tenant_id)

    following = Following(control, settings.presence_read_seconds)
    worker = PresenceWorker(parts.database, parts.outbox, parts.vault, graph_of, following, now=parts.now)
    run_along(parts.app, "presence", worker.run)
    microsoft = Microsoft(session, settings.entra_url, settings.graph_url, parts.public_url)
    watching = Watching(parts.database, parts.vault, worker, microsoft, now=parts.now)
    parts.app.add_routes(watching.routes())
    run_along(parts.app, "watching presence", watching.run)
    return worker


def write_rate(per_second: int) -> Rate:
    """With as many at once as half of what Microsoft's window of 30 seconds leaves beside them: 1,500 in all, or 10,000
    in the newer table, which whoever sets more than the usual rate goes by.
    """
    older, newer = (1_500 - 30 * per_second) // 2, (10_000 - 30 * per_second) // 2
    return Rate(per_second, min(older, 30) if older > 0 else min(newer, 2 * per_second))
