"""The personal tabs and their ways in, on either CloudLink."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.tab_session import TabSessions
from auth.tab_sign_in import TabSignIns
from composition.settings import CloudLinkKind
from composition.workers import run_along
from store.attempts import Attempts
from store.entra_states import EntraStates
from tabs.personal import add_personal_tabs

if TYPE_CHECKING:
    from auth.entra.routing import EntraRouting
    from cloudlink.identity import Sessions
    from cloudlink.port import CloudLink
    from composition.parts import Parts
    from reporting.desk import Desk, NoDesk

# Refused codes of one address before each further one has to wait: a company's people often share an address.
_ALLOWANCE = 100


def add_tabs(
    parts: Parts,
    cloudlink: CloudLink,
    sessions: Sessions,
    desk: Desk | NoDesk,
    microsoft: EntraRouting | None = None,
) -> None:
    """Puts them into the server; ``desk`` is where problems are reported, ``microsoft`` another way to sign in."""
    signing_in = TabSignIns(EntraStates(parts.database, parts.vault, parts.now))
    attempts = Attempts(parts.database, "tab code", _ALLOWANCE, parts.now)
    parts.app.add_routes(TabSessions(signing_in, sessions, attempts).routes())
    live = add_personal_tabs(
        parts.app,
        cloudlink,
        sessions,
        parts.database,
        parts.outbox,
        desk,
        public_url=parts.public_url,
        user_guide_url=parts.settings.user_guide_url,
        microsoft=microsoft,
        forgot=parts.settings.cloudlink is CloudLinkKind.EMBEDDED,
        now=parts.now,
    )
    run_along(parts.app, "live calls", live.run)
